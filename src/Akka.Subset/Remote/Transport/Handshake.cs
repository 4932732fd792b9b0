namespace Akka.Remote.Transport;

/// <summary>What both sides of a connection have to agree on before anything else.</summary>
internal static class Handshake
{
    /// <summary>"AkkR": tells a peer from a browser or a port scanner.</summary>
    public const uint Magic = 0x526B6B41;

    /// <summary>Grows when the frames change so that an older peer would misread them.</summary>
    public const uint Version = 1;
}
