using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Hocon;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>
/// Which class fills a role: from <c>akkapaxos.role</c>, so that an experiment adds a role or replaces one by a configuration file. A role's
/// class is an actor with a public constructor that takes a <see cref="RoleContext"/>.
/// </summary>
public sealed class RoleRegistry
{
    private readonly SortedDictionary<string, Type> _classes = new(StringComparer.Ordinal);

    /// <summary>The roles in <paramref name="names"/>, which stand in the registry.</summary>
    /// <param name="registry">The section <c>akkapaxos.role</c>.</param>
    /// <param name="names">The roles that a node is to run.</param>
    /// <exception cref="ConfigurationException">A name is not in the registry, or its class is none that can fill a role.</exception>
    public RoleRegistry(Config registry, IEnumerable<string> names)
    {
        var section = new Section(registry, "akkapaxos.role");
        var known = section.Names();
        foreach (var name in names)
        {
            if (!known.Contains(name))
                throw new SettingException("akkapaxos.roles",
                    $"akkapaxos.roles: there is no role \"{name}\"; known roles: {string.Join(", ", known)}");
            var key = HoconText.Key(name);
            _classes[name] = Load(section.Text(key), section.KeyOf(key), typeof(ActorBase));
            if (_classes[name].GetConstructor([typeof(RoleContext)]) is null)
                throw new SettingException(section.KeyOf(key),
                    $"{section.KeyOf(key)}: class {_classes[name].FullName} has no public constructor that takes a RoleContext");
        }
    }

    /// <summary>How to create the role.</summary>
    /// <exception cref="KeyNotFoundException">The role is not one that this registry was made for.</exception>
    public Props Props(string name, RoleContext context) => Akka.Actor.Props.Create(_classes[name], context);

    internal static Type Load(string className, string key, Type kind)
    {
        if (string.IsNullOrWhiteSpace(className))
            throw new SettingException(key, $"{key} is not set; name a class, as \"Namespace.Class, Assembly\"");
        Type? type;
        try
        {
            type = Type.GetType(className, throwOnError: false);
        }
        catch (Exception e) when (e is IOException or BadImageFormatException or TypeLoadException or ArgumentException)
        {
            throw new SettingException(key, $"{key}: class \"{className}\" cannot be loaded: {e.Message}", e);
        }
        if (type is null) throw new SettingException(key, $"{key}: class \"{className}\" is not found; write it as \"Namespace.Class, Assembly\"");
        if (!kind.IsAssignableFrom(type) || type.IsAbstract) throw new SettingException(key, $"{key}: class {type.FullName} is not a {kind.Name}");
        return type;
    }
}
