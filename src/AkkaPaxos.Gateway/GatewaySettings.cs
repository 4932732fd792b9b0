using Akka.Configuration;
using AkkaPaxos.Hocon;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Gateway;

/// <summary>The section <c>akkapaxos.gateway</c>; reference.conf says what each key means.</summary>
public sealed record GatewaySettings
{
    /// <summary>The defaults of reference.conf.</summary>
    public static Config DefaultConfig { get; } =
        ConfigurationFactory.FromResource("AkkaPaxos.Gateway.reference.conf", typeof(GatewaySettings).Assembly);

    /// <summary>Reads the settings of a whole configuration, such as that of an actor system.</summary>
    /// <exception cref="ConfigurationException">A value is of the wrong kind or out of range; one line that names the key.</exception>
    public GatewaySettings(Config config)
    {
        var gateway = Section.Of(config.WithFallback(DefaultConfig), "akkapaxos.gateway");
        Host = gateway.Text("host");
        Port = gateway.Whole("port", min: 0, max: 65535);
        RequestTimeout = gateway.Duration("request-timeout");
        MaxBytesUnderWay = gateway.Size("max-bytes-under-way");
        MaxRequestBytes = new ProtocolSettings(config.WithFallback(PaxosSettings.DefaultConfig()).GetConfig("akkapaxos")).MaxRequestBytes;
        if (Host.Length == 0) throw gateway.Wrong("host", "an address or a name");
        if (RequestTimeout > TimeSpan.FromDays(1)) throw gateway.Wrong("request-timeout", "a duration up to a day");
    }

    /// <summary>The address to listen on, or a name of it.</summary>
    public string Host { get; init; }

    /// <summary>The port to listen on; 0 takes a free one.</summary>
    public int Port { get; init; }

    /// <summary>How long a request may take.</summary>
    public TimeSpan RequestTimeout { get; init; }

    /// <summary>Bytes of requests and answers that are worked on at once.</summary>
    public long MaxBytesUnderWay { get; init; }

    /// <summary>Bytes of the largest operation: <c>akkapaxos.max-request-bytes</c>.</summary>
    public int MaxRequestBytes { get; init; }

    /// <summary>Bytes of the largest request body: room for the largest operation in base64, and for what is around it.</summary>
    public long MaxBodySize => (2L * MaxRequestBytes) + (64 << 10);
}
