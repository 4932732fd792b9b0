using Akka.Configuration;
using Akka.Event;

namespace Akka.Remote;

/// <summary>The <c>akka.remote</c> section, read once.</summary>
internal sealed class RemoteSettings
{
    public RemoteSettings(Config config)
    {
        var remote = config.GetConfig("akka.remote");
        ShutdownTimeout = remote.GetTimeSpan("shutdown-timeout");
        FlushWait = remote.GetTimeSpan("flush-wait-on-shutdown");
        RetryGateClosedFor = remote.GetTimeSpan("retry-gate-closed-for");
        QuarantineDuration = remote.GetTimeSpan("prune-quarantine-marker-after");
        SysMsgBufferSize = remote.GetInt("system-message-buffer-size");
        InitialSysMsgDeliveryTimeout = remote.GetTimeSpan("initial-system-message-delivery-timeout");
        LifecycleLogLevel = ParseLevel(remote.GetString("log-remote-lifecycle-events"));

        TransportFailureDetectorConfig = remote.GetConfig("transport-failure-detector");
        TransportFailureDetectorImplementationClass = TransportFailureDetectorConfig.GetString("implementation-class");
        TransportHeartBeatInterval = TransportFailureDetectorConfig.GetTimeSpan("heartbeat-interval");

        WatchFailureDetectorConfig = remote.GetConfig("watch-failure-detector");
        WatchFailureDetectorImplementationClass = WatchFailureDetectorConfig.GetString("implementation-class");
        WatchHeartBeatInterval = WatchFailureDetectorConfig.GetTimeSpan("heartbeat-interval");
        WatchUnreachableReaperInterval = WatchFailureDetectorConfig.GetTimeSpan("unreachable-nodes-reaper-interval");
        WatchHeartbeatExpectedResponseAfter = WatchFailureDetectorConfig.GetTimeSpan("expected-response-after");

        var tcp = remote.GetConfig("dot-netty.tcp");
        var hostname = tcp.GetString("hostname");
        Hostname = string.IsNullOrEmpty(hostname) ? "0.0.0.0" : hostname;
        Port = tcp.GetInt("port");
        var publicHostname = tcp.GetString("public-hostname");
        PublicHostname = string.IsNullOrEmpty(publicHostname) ? Hostname : publicHostname;
        var publicPort = tcp.GetInt("public-port");
        PublicPort = publicPort > 0 ? publicPort : null;
        UseIpv6 = tcp.GetBoolean("dns-use-ipv6");
        ConnectionTimeout = tcp.GetTimeSpan("connection-timeout");
        SendBufferSize = Size(tcp, "send-buffer-size", 0);
        ReceiveBufferSize = Size(tcp, "receive-buffer-size", 0);
        MaximumFrameSize = Size(tcp, "maximum-frame-size", 32000);
        Backlog = tcp.GetInt("backlog");
        NoDelay = tcp.GetBoolean("tcp-nodelay");
        KeepAlive = tcp.GetBoolean("tcp-keepalive");

        if (Port is < 0 or > 65535)
            throw new ConfigurationException($"akka.remote.dot-netty.tcp.port is {Port}: give a port from 0 to 65535.");
        if (tcp.GetBoolean("enable-ssl"))
            // Silently talking plain text where TLS was asked for would be worse than not starting.
            throw new ConfigurationException("akka.remote.dot-netty.tcp.enable-ssl is on: this runtime has no TLS yet; switch it off.");
    }

    public TimeSpan ShutdownTimeout { get; }
    public TimeSpan FlushWait { get; }
    public TimeSpan RetryGateClosedFor { get; }
    public TimeSpan QuarantineDuration { get; }
    public int SysMsgBufferSize { get; }
    public TimeSpan InitialSysMsgDeliveryTimeout { get; }

    /// <summary>Null: lifecycle events are not logged.</summary>
    public LogLevel? LifecycleLogLevel { get; }

    public Config TransportFailureDetectorConfig { get; }
    public string TransportFailureDetectorImplementationClass { get; }
    public TimeSpan TransportHeartBeatInterval { get; }
    public Config WatchFailureDetectorConfig { get; }
    public string WatchFailureDetectorImplementationClass { get; }
    public TimeSpan WatchHeartBeatInterval { get; }
    public TimeSpan WatchUnreachableReaperInterval { get; }
    public TimeSpan WatchHeartbeatExpectedResponseAfter { get; }

    public string Hostname { get; }
    public int Port { get; }
    public string PublicHostname { get; }
    public int? PublicPort { get; }
    public bool UseIpv6 { get; }
    public TimeSpan ConnectionTimeout { get; }
    public int SendBufferSize { get; }
    public int ReceiveBufferSize { get; }
    public int MaximumFrameSize { get; }
    public int Backlog { get; }
    public bool NoDelay { get; }
    public bool KeepAlive { get; }

    private static int Size(Config tcp, string key, long least)
    {
        var size = tcp.GetByteSize(key, null) ?? 0;
        if (size < least || size > int.MaxValue)
            throw new ConfigurationException($"akka.remote.dot-netty.tcp.{key} is {size} bytes: give at least {least} and at most {int.MaxValue}.");
        return (int)size;
    }

    private static LogLevel? ParseLevel(string? text) => text?.ToLowerInvariant() switch
    {
        null or "off" or "false" or "no" => null,
        "info" => LogLevel.InfoLevel,
        "warning" => LogLevel.WarningLevel,
        "error" => LogLevel.ErrorLevel,
        _ => LogLevel.DebugLevel, // "on", "debug"
    };
}
