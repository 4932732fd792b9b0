using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Node;

/// <summary>The members were not changed, by <see cref="Paxos.Reconfigure"/>.</summary>
/// <param name="message">Why, in one line.</param>
public sealed class ReconfigurationRefusedException(string message) : Exception(message);

/// <summary>One change of the members, asked for by way of the node's own replica until it is known what has become of it (PMMC 4.4).</summary>
internal sealed class Reconfiguring
{
    // An answer takes as long as a decision does, and longer where a quorum writes snapshots first: what is asked for twice is made once.
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan MovePatience = TimeSpan.FromSeconds(2);
    // For this node to execute what the leader's has.
    private static readonly TimeSpan LagPatience = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private readonly Paxos _paxos;
    private readonly Func<IActorRef> _replica;
    private readonly IReadOnlyList<MemberChange> _changes;
    private readonly bool _force;

    /// <summary>A change that nobody has been asked for yet.</summary>
    /// <exception cref="ArgumentException">As <see cref="Paxos.Reconfigure"/>'s.</exception>
    public Reconfiguring(Paxos paxos, Func<IActorRef> replica, IReadOnlyList<MemberChange> changes, bool force)
    {
        (_paxos, _replica, _force) = (paxos, replica, force);
        _changes = [.. changes.Select(WithPlainAddress)];
    }

    private Configuration Latest => _paxos.Settings.Membership.Latest;

    public async Task<Configuration> Run(CancellationToken cancellation)
    {
        for (var wasAsked = false; ;)
        {
            if (wasAsked && IsMade()) return Latest;
            await MoveLeaderAway(cancellation).ConfigureAwait(false);
            var answer = await Ask(cancellation).ConfigureAwait(false);
            if (answer.Configuration is { } made) return made;
            if (answer.Refusal == Reconfigured.LeadsNoMore) wasAsked = true; // what has become of it is not known
            else if (answer.Refusal != Reconfigured.Unled)
                return wasAsked && await IsMadeSoon(cancellation).ConfigureAwait(false) ? Latest : throw new ReconfigurationRefusedException(answer.Refusal);
            await Task.Delay(Look, cancellation).ConfigureAwait(false);
        }
    }

    private async Task<Reconfigured> Ask(CancellationToken cancellation)
    {
        var replica = _replica();
        if (replica is Nobody) return new Reconfigured(Reconfigured.Unled, null); // it does not run now
        try
        {
            return await replica.Ask<Reconfigured>(new Reconfigure(_changes, _force), AnswerPatience, cancellation).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return new Reconfigured(Reconfigured.LeadsNoMore, null); // nor is it here
        }
    }

    // A leader that votes no more is missed by the others for a time-out. Where nobody else can lead the change is asked for all the same.
    private async Task MoveLeaderAway(CancellationToken cancellation)
    {
        if (MemberChange.Apply(Latest, _changes, out _) is not { } next || Latest.Voters.All(next.HasVoter)) return;
        var status = await _paxos.Status(cancellation).ConfigureAwait(false);
        if (status.Leader == NodeId.None || next.HasVoter(status.Leader) || status.Successor(next) is not { Value: > 0 } successor) return;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(MovePatience);
        try
        {
            await _paxos.MoveLeader(successor, patience.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // It does not come to lead.
        }
        catch (ArgumentException)
        {
            // It has been removed meanwhile.
        }
    }

    private async Task<bool> IsMadeSoon(CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; !IsMade(); waited += Look)
        {
            if (waited >= LagPatience) return false;
            await Task.Delay(Look, cancellation).ConfigureAwait(false);
        }
        return true;
    }

    private bool IsMade()
    {
        var latest = Latest;
        return _changes.GroupBy(c => c.Node).All(of => IsMade(latest, of.Last()));
    }

    private static bool IsMade(Configuration latest, MemberChange change) => (change.Kind, latest.Find(change.Node)) switch
    {
        (MemberChangeKind.Remove, var member) => member is null,
        (_, null) => false,
        (MemberChangeKind.Promote, var member) => member.Votes,
        (MemberChangeKind.Readmit, var member) => member.Disk == change.Disk,
        (_, var member) => member.Address == change.Address,
    };

    private MemberChange WithPlainAddress(MemberChange change)
    {
        if (change.Kind is not (MemberChangeKind.Add or MemberChangeKind.Update)) return change;
        var own = Address.Parse(_paxos.Settings.Address);
        return Address.TryParse(change.Address, out var address) && (address.Protocol, address.System) == (own.Protocol, own.System) && address is { Host.Length: > 0, Port: > 0 }
            ? change with { Address = address.ToString() }
            : throw new ArgumentException($"\"{change.Address}\" is not an address like {own.Protocol}://{own.System}@10.0.0.4:4053");
    }
}
