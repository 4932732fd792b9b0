using Akka.Configuration;

namespace AkkaPaxos.Gateway;

/// <summary>The section <c>akkapaxos.gateway</c>; reference.conf says what each key means.</summary>
public sealed record GatewaySettings
{
    /// <summary>The defaults of reference.conf.</summary>
    public static Config DefaultConfig { get; } =
        ConfigurationFactory.FromResource("AkkaPaxos.Gateway.reference.conf", typeof(GatewaySettings).Assembly);

    /// <summary>Reads the settings of a whole configuration, such as that of an actor system.</summary>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public GatewaySettings(Config config)
    {
        var gateway = config.WithFallback(DefaultConfig).GetConfig("akkapaxos.gateway");
        Host = Read("host", key => gateway.GetString(key));
        Port = Read("port", key => gateway.GetInt(key));
        RequestTimeout = Read("request-timeout", key => gateway.GetTimeSpan(key));
        var size = Read("max-value-size", key => gateway.GetByteSize(key) ?? 0);
        if (Host.Length == 0) throw Wrong("host", "must not be empty");
        if (Port is < 0 or > 65535) throw Wrong("port", "must be from 0 to 65535");
        if (RequestTimeout <= TimeSpan.Zero || RequestTimeout > TimeSpan.FromDays(1))
            throw Wrong("request-timeout", "must be a duration above 0 and up to a day");
        if (size is <= 0 or > 512 << 20) throw Wrong("max-value-size", "must be a size above 0 and up to 512 MiB");
        MaxValueSize = (int)size;

        T Read<T>(string key, Func<string, T> get)
        {
            try
            {
                return get(key);
            }
            catch (Exception e) when (e is FormatException or OverflowException)
            {
                throw Wrong(key, e.Message);
            }
        }

        ConfigurationException Wrong(string key, string must) => new($"akkapaxos.gateway.{key} = {gateway.GetString(key)}: {must}");
    }

    /// <summary>The address to listen on, or a name of it.</summary>
    public string Host { get; init; }

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>How long a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>Bytes of the largest value.</summary>
    public int MaxValueSize { get; init; }

    /// <summary>Bytes of the largest request body: room for the largest value in base64, and for what is around it.</summary>
    public long MaxBodySize => (2L * MaxValueSize) + (64 << 10);
}
