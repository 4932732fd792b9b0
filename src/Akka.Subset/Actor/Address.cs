// Akka.NET's public API carries no nullable annotations; the same must hold here, so that code compiles alike against both.
#nullable disable
using System.Text;

namespace Akka.Actor;

/// <summary>Where an actor system is: protocol, system name and, if it can be reached from outside, host and port.</summary>
public sealed class Address : IEquatable<Address>, IComparable<Address>, ICloneable
{
    private string _text;

    /// <summary>An address that matches every system.</summary>
    public static readonly Address AllSystems = new("akka", "all-systems");

    public Address(string protocol, string system, string host = null, int? port = null)
    {
        Protocol = protocol;
        System = system;
        Host = host?.ToLowerInvariant();
        Port = port;
    }

    public string Host { get; }
    public int? Port { get; }
    public string Protocol { get; }
    public string System { get; }
    public bool HasLocalScope => string.IsNullOrEmpty(Host);
    public bool HasGlobalScope => !string.IsNullOrEmpty(Host);

    public Address WithHost(string host = null) => new(Protocol, System, host, Port);
    public Address WithPort(int? port = null) => new(Protocol, System, Host, port);
    public Address WithProtocol(string protocol) => new(protocol, System, Host, Port);
    public Address WithSystem(string system) => new(Protocol, system, Host, Port);
    public object Clone() => new Address(Protocol, System, Host, Port);

    public override string ToString()
    {
        if (_text is { } text) return text;
        var sb = new StringBuilder(Protocol).Append("://").Append(System);
        if (!string.IsNullOrEmpty(Host)) sb.Append('@').Append(Host.Contains(':') && Host[0] != '[' ? $"[{Host}]" : Host);
        if (Port is { } port) sb.Append(':').Append(port);
        return _text = sb.ToString();
    }

    public string HostPort() => ToString()[(Protocol.Length + 3)..];

    public bool Equals(Address other) =>
        ReferenceEquals(this, other)
        || (other is not null && Port == other.Port && Host == other.Host && System == other.System && Protocol == other.Protocol);

    public override bool Equals(object obj) => obj is Address other && Equals(other);
    public override int GetHashCode() => HashCode.Combine(Host, Port, System, Protocol);

    public int CompareTo(Address other)
    {
        if (ReferenceEquals(this, other)) return 0;
        if (other is null) return 1;
        var c = string.CompareOrdinal(Protocol, other.Protocol);
        if (c == 0) c = string.CompareOrdinal(System, other.System);
        if (c == 0) c = string.CompareOrdinal(Host ?? "", other.Host ?? "");
        return c != 0 ? c : (Port ?? 0).CompareTo(other.Port ?? 0);
    }

    public static bool operator ==(Address left, Address right) => Equals(left, right);
    public static bool operator !=(Address left, Address right) => !Equals(left, right);

    public static Address Parse(string address) =>
        TryParse(address, out var parsed) ? parsed : throw new UriFormatException($"Not a valid address: {address}");

    public static bool TryParse(string path, out Address address) => TryParse(path, out address, out _);

    /// <summary>Parses <c>protocol://system[@host:port]</c>; what follows from the next slash on is left in <paramref name="absolutUri"/>.</summary>
    public static bool TryParse(string path, out Address address, out string absolutUri)
    {
        address = null;
        absolutUri = "/";
        if (path is null) return false;
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        if (scheme <= 0) return false;
        var start = scheme + 3;
        var slash = path.IndexOf('/', start);
        var authority = slash < 0 ? path[start..] : path[start..slash];
        if (slash >= 0) absolutUri = path[slash..];
        var at = authority.IndexOf('@');
        var protocol = path[..scheme];
        if (at < 0)
        {
            if (authority.Length == 0 || authority.Contains(':')) return false;
            address = new Address(protocol, authority);
            return true;
        }
        var hostPort = authority[(at + 1)..];
        var colon = hostPort.LastIndexOf(':');
        if (at == 0 || colon <= 0 || !int.TryParse(hostPort.AsSpan(colon + 1), out var port) || port is < 0 or > 65535) return false;
        var host = hostPort[..colon];
        if (host.Length > 2 && host[0] == '[' && host[^1] == ']') host = host[1..^1];
        address = new Address(protocol, authority[..at], host, port);
        return true;
    }
}
