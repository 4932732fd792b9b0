using System.ComponentModel;
using System.Diagnostics;
using System.Net.NetworkInformation;
using AkkaPaxos.Cli;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>
/// A network namespace for each node, all on one bridge of this machine, so that this process reaches every node while packets between nodes can
/// be made to vanish. Nothing leads out of it: the namespaces have no route but to each other and to the bridge's own address.
/// </summary>
/// <remarks>
/// A cut is a routing rule at the receiver, which drops what comes from the sender's address. To the sender it looks like a wire that loses
/// everything, whereas a route that is taken from the sender would be an error that its system calls return at once.
/// </remarks>
internal sealed class NetworkNamespaces : IDisposable
{
    // Interface names end at 15 characters: "apx4194304-3".
    private const string Prefix = "apx";
    private const int LocalTable = 100;
    private const int CutRule = 10;

    private readonly string _name = $"{Prefix}{Environment.ProcessId}";
    private readonly string _subnet;
    private readonly HashSet<(int From, int To)> _cuts = [];

    /// <summary>Makes <paramref name="size"/> namespaces, all linked; what killed runs left behind is removed first.</summary>
    /// <exception cref="InvalidOperationException">One of the commands failed; the message has its words.</exception>
    public NetworkNamespaces(int size)
    {
        RemoveLeftovers();
        _subnet = FreeSubnet();
        Hosts = [.. Enumerable.Range(1, size).Select(n => new LocalHost(Address(n), ["ip", "netns", "exec", Namespace(n)]))];
        try
        {
            Ip($"link add name {_name} type bridge");
            Ip($"addr add {_subnet}.254/24 dev {_name}");
            Ip($"link set {_name} up");
            for (var node = 1; node <= size; node++) Add(node);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>Where the nodes of a <see cref="LocalCluster"/> are to run, node 1 first.</summary>
    public IReadOnlyList<LocalHost> Hosts { get; }

    /// <summary>Drops what <paramref name="from"/> sends to <paramref name="to"/>, one way.</summary>
    public void CutOneWay(LocalNode from, LocalNode to)
    {
        if (_cuts.Add((from.Id, to.Id))) Ip($"-n {Namespace(to.Id)} rule add pref {CutRule} from {Address(from.Id)} blackhole");
    }

    /// <summary>Drops what two nodes send each other.</summary>
    public void Cut(LocalNode one, LocalNode other)
    {
        CutOneWay(one, other);
        CutOneWay(other, one);
    }

    /// <summary>Cuts a node off from all <paramref name="others"/>, both ways.</summary>
    public void Isolate(LocalNode node, IEnumerable<LocalNode> others)
    {
        foreach (var other in others.Where(o => o != node)) Cut(node, other);
    }

    /// <summary>Ends every cut.</summary>
    public void Heal()
    {
        foreach (var (from, to) in _cuts) Ip($"-n {Namespace(to)} rule del pref {CutRule} from {Address(from)} blackhole");
        _cuts.Clear();
    }

    /// <summary>Takes everything down; the nodes must have ended.</summary>
    public void Dispose() => Remove(_name);

    /// <summary>Why namespaces cannot be made here; null where they can.</summary>
    public static string? WhyNotPermitted()
    {
        try
        {
            using var one = new NetworkNamespaces(1);
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return $"a partition is made between network namespaces, which cannot be made here: {e.Message}";
        }
    }

    private string Address(int node) => $"{_subnet}.{node}";

    private string Namespace(int node) => $"{_name}-{node}";

    private void Add(int node)
    {
        var name = Namespace(node);
        Ip($"netns add {name}");
        Ip($"link add {name} type veth peer name eth0 netns {name}");
        Ip($"link set {name} master {_name} up");
        Ip($"-n {name} addr add {Address(node)}/24 dev eth0");
        Ip($"-n {name} link set lo up");
        Ip($"-n {name} link set eth0 up");
        // The local table's rule is the first of all; a cut has to come before it.
        Ip($"-n {name} rule add pref {LocalTable} lookup local");
        Ip($"-n {name} rule del pref 0");
    }

    /// <summary>10.213.x of an x that no interface here uses.</summary>
    private static string FreeSubnet()
    {
        var used = NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => a.Address.ToString())
            .ToList();
        return Enumerable.Range(0, 256)
            .Select(i => $"10.213.{(Environment.ProcessId + i) % 256}")
            .FirstOrDefault(subnet => !used.Any(address => address.StartsWith($"{subnet}.", StringComparison.Ordinal)))
            ?? throw new InvalidOperationException("every subnet of 10.213.0.0/16 is in use");
    }

    /// <summary>Names carry the process id of the run that made them: those of runs that are over go, also of one whose id this process now has.</summary>
    private static void RemoveLeftovers()
    {
        var ours = Interfaces().Concat(Namespaces()).Where(n => n.StartsWith(Prefix, StringComparison.Ordinal));
        foreach (var name in ours.Select(n => n.Split('-')[0]).Distinct())
            if (int.TryParse(name[Prefix.Length..], out var id) && (id == Environment.ProcessId || !Directory.Exists($"/proc/{id}"))) Remove(name);
    }

    private static void Remove(string name)
    {
        foreach (var space in Namespaces().Where(n => n.StartsWith($"{name}-", StringComparison.Ordinal)))
        {
            // Only nodes of these tests run in it; one that outlived its test would keep the namespace.
            foreach (var id in Ip($"netns pids {space}").Split('\n', StringSplitOptions.RemoveEmptyEntries)) Kill(int.Parse(id));
            // Deleting the namespace would end the veth pair some time later, and its name is wanted again by the next test.
            if (Interfaces().Contains(space)) Ip($"link del {space}");
            Ip($"netns del {space}");
        }
        if (Interfaces().Contains(name)) Ip($"link del {name}");
    }

    private static List<string> Interfaces() => [.. NetworkInterface.GetAllNetworkInterfaces().Select(i => i.Name)];

    private static void Kill(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It has just ended.
        }
    }

    private static IEnumerable<string> Namespaces() =>
        Ip("netns list").Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(' ')[0]);

    private static string Ip(string arguments)
    {
        var start = new ProcessStartInfo("ip", arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"ip {arguments}: {error.Result.Trim()}");
    }
}

/// <summary>A test that needs <see cref="NetworkNamespaces"/>.</summary>
internal sealed class FactWhereNamespacesArePermittedAttribute : FactAttribute
{
    private static readonly Lazy<string?> WhyNot = new(NetworkNamespaces.WhyNotPermitted);

    public FactWhereNamespacesArePermittedAttribute() => Skip = WhyNot.Value;
}
