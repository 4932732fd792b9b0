using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Hocon;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Links;

/// <summary>How messages travel between nodes: <c>akkapaxos.links</c>, and where a node listens.</summary>
/// <param name="IsDirect">Whether by direct links.</param>
/// <param name="Host">The host that a node listens at.</param>
/// <param name="Port">The port that a node listens at; 0: any free one.</param>
/// <param name="MaxFrameBytes">The largest message.</param>
/// <param name="WaitingBytes">Bytes of messages that may wait for one connection.</param>
internal sealed record LinkSettings(bool IsDirect, string Host, int Port, int MaxFrameBytes, long WaitingBytes)
{
    private const string Akka = "akka";
    private const string Direct = "direct";
    private const string Tcp = "akka.remote.dot-netty.tcp";

    /// <summary>The setting's value: akka or direct.</summary>
    public string Word => IsDirect ? Direct : Akka;

    /// <summary>Reads the settings.</summary>
    /// <param name="config">The whole configuration of an actor system, with reference.conf behind it.</param>
    /// <param name="ownAddress">The system's Akka address.</param>
    /// <param name="protocol">What it says of the protocol.</param>
    /// <exception cref="ConfigurationException">Something is wrong; one line that names the key.</exception>
    public static LinkSettings Read(Config config, string ownAddress, ProtocolSettings protocol)
    {
        var section = Section.Of(config, "akkapaxos");
        var isDirect = section.Text("links") switch
        {
            Akka => false,
            Direct => true,
            _ => throw section.Wrong("links", "akka or direct"),
        };
        var bindHost = config.GetString($"{Tcp}.bind-hostname");
        var host = string.IsNullOrEmpty(bindHost) ? Address.Parse(ownAddress).Host : bindHost;
        return new LinkSettings(
            isDirect, host, section.Whole("links-port", 0, 65535),
            (int)(config.GetByteSize($"{Tcp}.maximum-frame-size") ?? 0), protocol.UnderWayBytes);
    }
}
