using Akka.Actor;

namespace Akka.Configuration;

/// <summary>A configuration is missing, malformed, or holds a value of the wrong type.</summary>
public class ConfigurationException : AkkaException
{
    public ConfigurationException(string message) : base(message, null) { }
    public ConfigurationException(string message, Exception exception) : base(message, exception) { }

    public static ConfigurationException NullOrEmptyConfig<T>(string? path = null)
    {
        var missing = string.IsNullOrWhiteSpace(path) ? "anything" : $"the section [{path}]";
        return new ConfigurationException($"Failed to instantiate {typeof(T).Name}: the configuration does not contain {missing}.");
    }
}
