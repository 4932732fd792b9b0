using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>Asks those that founded the cluster to accept, whoever votes now (M1).</summary>
internal sealed class CommandsFounders(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context.OfFounders(), leader, pvalue);

/// <summary>Asks those that founded the cluster to promise, whoever votes now (M1).</summary>
internal sealed class ScoutsFounders(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot) : Scout(context.OfFounders(), leader, ballot, fromSlot);

/// <summary>Asks only who votes on the first of its slots to promise, not who votes on later ones (M1).</summary>
internal sealed class ScoutsFirstConfiguration(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot)
    : Scout(context with { Membership = new Membership(context.Membership.At(fromSlot)) }, leader, ballot, fromSlot);

/// <summary>Asks those that founded the cluster whether it still leads, whoever votes now (linearizability).</summary>
internal sealed class ConfirmsByFounders(RoleContext context, IActorRef leader, Ballot ballot, long id, long slot)
    : Confirmer(context.OfFounders(), leader, ballot, id, slot);

/// <summary>Truncates what those that founded the cluster have in snapshots, whoever votes now (A3).</summary>
internal sealed class TruncatesByFounders(RoleContext context) : Snapshotter(context.OfFounders());

/// <summary>Counts what an acceptor has accepted also from a disk that the log does not know (M2).</summary>
internal sealed class CountsAnyDisk(RoleContext context, IActorRef leader, PValue pvalue) : Commander(context, leader, pvalue)
{
    private readonly Configuration _governing = context.Membership.At(pvalue.Slot);

    protected override void OnReceive(object message) =>
        base.OnReceive(message is Accepted answer && _governing.Find(answer.From) is { } member ? answer with { Disk = member.Disk } : message);
}

/// <summary>Counts a promise also from a disk that the log does not know (M2).</summary>
internal sealed class CountsPromisesOfAnyDisk(RoleContext context, IActorRef leader, Ballot ballot, long fromSlot) : Scout(context, leader, ballot, fromSlot)
{
    private readonly Configuration _governing = context.Membership.At(fromSlot);

    protected override void OnReceive(object message) =>
        base.OnReceive(message is Promise answer && _governing.Find(answer.From) is { } member ? answer with { Disk = member.Disk } : message);
}

/// <summary>A replica that is right, but for what it makes of a decided configuration.</summary>
internal abstract class MisreadsConfigurations(RoleContext context) : Replica(context)
{
    protected override ReplicatedState NewState(IStateMachine application, int sessions, ConfigurationHistory founding) => new State(application, sessions, founding, Decided);

    protected abstract ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration);

    private sealed class State(
        IStateMachine application, int sessions, ConfigurationHistory founding, Func<ConfigurationHistory, long, Configuration, ConfigurationHistory> decided)
        : ReplicatedState(application, sessions, founding)
    {
        protected override ConfigurationHistory Reconfigure(long slot, Configuration configuration) => decided(Configurations, slot, configuration);
    }
}

/// <summary>Takes a configuration to govern from the next slot on (M1).</summary>
internal sealed class GovernsAtOnce(RoleContext context) : MisreadsConfigurations(context)
{
    protected override ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration) =>
        slot + 1 > before.LatestFrom ? before.Decided(slot + 1 - configuration.Window, configuration) : before.Decided(slot, configuration);
}

/// <summary>Takes a configuration that was made from an earlier one, too (M1).</summary>
internal sealed class ChangesOutOfTurn(RoleContext context) : MisreadsConfigurations(context)
{
    protected override ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration) =>
        before.Decided(slot, before.Latest.Next(configuration.Members));
}

/// <summary>Lets a node vote with a new disk as soon as that is admitted (M1).</summary>
internal sealed class ReadmitsAsVoter(RoleContext context) : MisreadsConfigurations(context)
{
    protected override ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration) => before.Decided(
        slot, new Configuration(configuration.Members.Select(m => m.Returns ? m with { Votes = true, Returns = false } : m), configuration.Version, configuration.Window));
}

/// <summary>Lets every learner vote as soon as it is added (M1).</summary>
internal sealed class AddsAsVoter(RoleContext context) : MisreadsConfigurations(context)
{
    protected override ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration) => before.Decided(
        slot, new Configuration(configuration.Members.Select(m => m with { Votes = true }), configuration.Version, configuration.Window));
}

/// <summary>Does not take part in any change: those that founded the cluster govern for ever (M1).</summary>
internal sealed class IgnoresConfigurations(RoleContext context) : MisreadsConfigurations(context)
{
    protected override ConfigurationHistory Decided(ConfigurationHistory before, long slot, Configuration configuration) => before;
}

internal static class Founders
{
    /// <summary>The same, where the members never change.</summary>
    public static RoleContext OfFounders(this RoleContext context) => context with { Membership = new Membership(context.Membership.Founding) };
}
