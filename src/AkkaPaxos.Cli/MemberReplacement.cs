using System.CommandLine;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos member replace</c>: a new node takes the place of another one, with no moment at which fewer vote.</summary>
/// <remarks>What is done already is not done again, so one that was broken off is asked for once more.</remarks>
internal sealed class MemberReplacement(Terminal terminal, Endpoints endpoints, uint old, uint fresh, string address)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private string _said = "";

    public static Command Create(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var (old, fresh, address) = (MemberCommand.Node("old", "A voter, which may be gone for good."), MemberCommand.Node("new", "The number of the node that takes its place."), MemberCommand.Address());
        var timeout = new Option<TimeSpan?>("--timeout")
        {
            Description = "How long to wait for the new node to catch up. Default: 10m.", HelpName = "T", CustomParser = Parsers.Duration,
        };
        var command = new Command("replace",
            "Adds a node as a learner, waits until it has caught up, then lets it vote and removes the other one in one step. Where that is broken off it can be asked for again.")
        {
            old, fresh, address, timeout,
        };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var replacement = new MemberReplacement(terminal, endpoints, parsed.GetRequiredValue(old), parsed.GetRequiredValue(fresh), parsed.GetRequiredValue(address));
            await replacement.Run(parsed.GetValue(timeout) ?? TimeSpan.FromMinutes(10), cancel);
        });
        return command;
    }

    private async Task Run(TimeSpan timeout, CancellationToken cancel)
    {
        if (old == fresh) throw new CliException($"node {old} cannot take its own place: a node with a new disk is admitted without a command; to move one, use `akkapaxos member update`", 2);
        var members = await MemberCommand.Members(endpoints, cancel);
        if (IsDone(members))
        {
            terminal.Text.WriteLine($"node {fresh} votes in the place of node {old}");
            return;
        }
        if (Find(members, old) is not { } replaced) throw new CliException($"node {old} is no member; members are {string.Join(", ", members.Peers.Select(p => p.Node))}");
        if (!replaced.Votes) throw new CliException($"node {old} is a learner: remove it, there is no vote to hand over");
        if (Find(members, fresh) is not { Votes: false } learner || learner.Address != address) await MemberCommand.Add(endpoints, terminal.Error, fresh, address, cancel);
        await Promote(timeout, cancel);
    }

    // The leader knows best whether it may be: what it says against it is what there is to wait for.
    private async Task Promote(TimeSpan timeout, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(timeout);
        try
        {
            while (true)
            {
                try
                {
                    var response = await endpoints.Write<MemberPromoteResponse>("/v3/cluster/member/promote", new MemberPromoteRequest { ID = fresh, Replaces = old }, patience.Token);
                    MemberCommand.Say(terminal.Text, $"node {fresh} votes in the place of node {old}", response.Members);
                    return;
                }
                catch (CliException e)
                {
                    Say(e.Message);
                }
                await Task.Delay(Look, patience.Token);
                if (!await IsDone(patience.Token)) continue;
                terminal.Text.WriteLine($"node {fresh} votes in the place of node {old}");
                return;
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CliException($"node {fresh} has not taken the place of node {old} in {timeout.TotalSeconds:0.###} s (--timeout), and stays a learner; the last answer was: {_said}");
        }
    }

    // An answer may have been lost.
    private async Task<bool> IsDone(CancellationToken cancel)
    {
        try
        {
            return IsDone(await MemberCommand.Members(endpoints, cancel));
        }
        catch (CliException e)
        {
            Say(e.Message);
            return false;
        }
    }

    private bool IsDone(NodeReport members) => Find(members, fresh) is { Votes: true } now && now.Address == address && Find(members, old) is null;

    private static PeerReport? Find(NodeReport members, uint node) => members.Peers.FirstOrDefault(p => p.Node == node);

    private void Say(string what)
    {
        if (what != _said) terminal.Error.WriteLine($"waiting: {Program.OneLine(what)}");
        _said = what;
    }
}
