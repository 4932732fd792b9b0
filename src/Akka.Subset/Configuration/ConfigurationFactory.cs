using System.Reflection;
using Hocon;

namespace Akka.Configuration;

public class ConfigurationFactory
{
    internal ConfigurationFactory() { }

    public static Config Empty => Config.Empty;

    /// <exception cref="ConfigurationException">The text is not HOCON, or a substitution has no value.</exception>
    public static Config ParseString(string hocon)
    {
        if (string.IsNullOrWhiteSpace(hocon)) return Empty;
        try { return new Config(HoconParser.ParseTree(hocon)); }
        catch (HoconParserException e) { throw new ConfigurationException($"Error while parsing HOCON: {e.Message}", e); }
    }

    /// <summary>What an app.config would hold; a .NET program of today has none.</summary>
    public static Config Load() => Empty;

    /// <summary>Akka's own defaults.</summary>
    public static Config Default() => FromResource<ConfigurationFactory>("Akka.Actor.reference.conf");

    public static Config FromResource<TAssembly>(string resourceName) => FromResource(resourceName, typeof(TAssembly).Assembly);

    public static Config FromResource(string resourceName, Assembly assembly)
    {
        using var stream = assembly.GetManifestResourceStream(resourceName)
            ?? throw new ConfigurationException($"no resource '{resourceName}' in assembly {assembly.GetName().Name}");
        using var reader = new StreamReader(stream);
        return ParseString(reader.ReadToEnd());
    }
}
