using System.CommandLine;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using Spectre.Console;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos member</c>: who takes part, and how that is changed, as etcdctl's command of that name.</summary>
internal static class MemberCommand
{
    public static Command Create(Terminal terminal) => new("member", "Shows who takes part, and changes it while the cluster serves.")
    {
        List(terminal), Add(terminal), Promote(terminal), Remove(terminal), Update(terminal), MemberReplacement.Create(terminal),
    };

    /// <summary>The number of a node on the command line.</summary>
    public static Argument<uint> Node(string name, string description) => new(name) { Description = description, HelpName = name.ToUpperInvariant() };

    /// <summary>The address of a node on the command line.</summary>
    public static Argument<string> Address() =>
        new("address") { Description = "Where its actor system is, as in its own file: akka.tcp://akkapaxos@10.0.0.4:4053.", HelpName = "ADDRESS" };

    /// <summary>The members as the node has it that knows of the latest change, and of those the one that is farthest.</summary>
    /// <exception cref="CliException">No endpoint answers.</exception>
    public static async Task<NodeReport> Members(Endpoints endpoints, CancellationToken cancel)
    {
        var answers = await endpoints.Status(cancel);
        return answers.Select(a => a.Answer).OfType<NodeReport>().OrderByDescending(a => a.Configuration).ThenByDescending(a => a.Leader == a.Node).ThenByDescending(a => a.SlotOut)
                .FirstOrDefault()
            ?? throw new CliException($"no endpoint answers: {string.Join("; ", answers.Select(a => $"{a.Endpoint}: {a.Failure ?? "no answer"}"))}");
    }

    private static Command List(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var command = new Command("list", "Shows the members, as the endpoint has it that knows of the latest change: how each votes, by which disk it is known, how far it is.");
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            Print(terminal, await Members(endpoints, cancel));
        });
        return command;
    }

    private static void Print(Terminal terminal, NodeReport report)
    {
        var table = new Table { Border = TableBorder.Ascii }.AddColumns("node", "address", "role", "disk", "slot", "behind", "");
        table.Columns[0].Alignment = table.Columns[4].Alignment = table.Columns[5].Alignment = Justify.Right;
        var farthest = report.Peers.Max(p => p.SlotOut);
        foreach (var peer in report.Peers)
        {
            var isKnown = peer.SlotOut > 0;
            table.AddRow(new[]
            {
                $"{peer.Node}",
                peer.Address,
                peer.Votes ? "voter" : "learner",
                peer.Disk ?? "-",
                isKnown ? $"{peer.SlotOut}" : "-",
                isKnown ? $"{farthest - peer.SlotOut}" : "-",
                peer.Node == report.Leader ? "leads" : peer.Reachable ? "" : "nothing is heard of it",
            }.Select(cell => new Text(cell)));
        }
        terminal.Write(table);
        terminal.Text.WriteLine($"configuration {report.Configuration}, as node {report.Node} has it");
    }

    private static Command Add(Terminal terminal)
    {
        var (endpointOptions, node, address) = (new EndpointOptions(), Node("node", "Its number, which no member has."), Address());
        var command = new Command("add", "Adds a node as a learner: it is sent what is decided, and does not vote. Start it after that, with itself in its file's akkapaxos.members.") { node, address };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            await Add(endpoints, terminal.Text, parsed.GetRequiredValue(node), parsed.GetRequiredValue(address), cancel);
        });
        return command;
    }

    /// <summary>Adds a learner.</summary>
    public static async Task Add(Endpoints endpoints, TextWriter output, uint node, string address, CancellationToken cancel)
    {
        var response = await endpoints.Write<MemberAddResponse>("/v3/cluster/member/add", new MemberAddRequest { ID = Positive(node), PeerURLs = { address }, IsLearner = true }, cancel);
        Say(output, $"node {node} is a learner", response.Members);
    }

    private static Command Promote(Terminal terminal)
    {
        var (endpointOptions, node) = (new EndpointOptions(), Node("node", "A learner."));
        var command = new Command("promote", "Lets a learner vote. Refused while it is silent or behind.") { node };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var number = parsed.GetRequiredValue(node);
            var response = await endpoints.Write<MemberPromoteResponse>("/v3/cluster/member/promote", new MemberPromoteRequest { ID = number }, cancel);
            Say(terminal.Text, $"node {number} votes", response.Members);
        });
        return command;
    }

    private static Command Remove(Terminal terminal)
    {
        var (endpointOptions, node) = (new EndpointOptions(), Node("node", "A member; it may be one that is gone, or that never was there."));
        var force = new Option<bool>("--force") { Description = "Also where no majority of those that are left is heard of. The cluster may stand still then until they are back." };
        var command = new Command("remove", "Takes a node out of the cluster. Where it leads, another one does first.") { node, force };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var number = parsed.GetRequiredValue(node);
            var request = new MemberRemoveRequest { ID = number, Force = parsed.GetValue(force) };
            Say(terminal.Text, $"node {number} is removed", (await endpoints.Write<MemberRemoveResponse>("/v3/cluster/member/remove", request, cancel)).Members);
        });
        return command;
    }

    private static Command Update(Terminal terminal)
    {
        var (endpointOptions, node, address) = (new EndpointOptions(), Node("node", "A member."), Address());
        var command = new Command("update", "Tells the cluster that a node is at another address.") { node, address };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var (number, where) = (parsed.GetRequiredValue(node), parsed.GetRequiredValue(address));
            var response = await endpoints.Write<MemberUpdateResponse>("/v3/cluster/member/update", new MemberUpdateRequest { ID = number, PeerURLs = { where } }, cancel);
            Say(terminal.Text, $"node {number} is at {where}", response.Members);
        });
        return command;
    }

    /// <summary>Says what was done, and who takes part then.</summary>
    public static void Say(TextWriter output, string done, IReadOnlyCollection<Member> members) =>
        output.WriteLine($"{done}; voters: {Numbers(members.Where(m => !m.IsLearner))}; learners: {Numbers(members.Where(m => m.IsLearner))}");

    private static string Numbers(IEnumerable<Member> members) => string.Join(", ", members.Select(m => $"{m.ID}").DefaultIfEmpty("none"));

    // 0 would let the gateway choose.
    private static uint Positive(uint node) => node > 0 ? node : throw new CliException("a node's number is positive, not 0", 2);
}
