using AkkaPaxos.Journal;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Mutants;

/// <summary>
/// A faulty variant of the product's roles, or of its journal's log, with one rule of the protocol broken: shows whether a simulation notices. Run one by
/// <see cref="SimulationSettings.Roles"/>; no node can run one, as they are not in the library.
/// </summary>
/// <param name="Name">What tables call it, for example <c>decides-on-minority</c>.</param>
/// <param name="Rule">What it breaks, as <see cref="Violation.Invariant"/> names it.</param>
/// <param name="Flaw">What is wrong with it, in one sentence.</param>
/// <param name="Roles">Its roles by name, in place of the product's; see <see cref="SimulationSettings.Roles"/>.</param>
public sealed record Mutant(string Name, string Rule, string Flaw, IReadOnlyDictionary<string, Type> Roles)
{
    /// <summary>Makes a faulty folder for the journal's log of a good one; null: it is the roles that are faulty.</summary>
    internal Func<ILogFolder, ILogFolder>? LogFlaw { get; init; }

    /// <summary>What a run needs for the rule to matter; null: nothing but what a seed draws.</summary>
    internal Func<SimulationSettings, SimulationSettings>? Under { get; init; }

    /// <summary>Whether it is the journal's log that is faulty: it runs with <see cref="JournalModel.Log"/> only.</summary>
    public bool IsOfLog => LogFlaw is not null;

    /// <summary>All of them, in the order of the protocol: acceptor, scout, commander, leader, replica, snapshotter, fetcher; then those about the members, and of the journal's log.</summary>
    public static IReadOnlyList<Mutant> All { get; } =
    [
        Acceptor<PromisesBeforePersist>("promises-before-persist", "S1", "says Promise while the promise is on its way to the journal"),
        Acceptor<AcceptsBeforePersist>("accepts-before-persist", "S1", "says Accepted while the pvalue is on its way to the journal"),
        Acceptor<AcceptsLowerBallot>("accepts-lower-ballot", "A2", "accepts also under a ballot below its promise"),
        Acceptor<ForgetsPromise>("forgets-promise", "A1", "does not read its promises back at a restart"),
        Acceptor<ForgetsAccepted>("forgets-accepted", "A3", "does not read back at a restart what it has accepted"),
        Acceptor<KeepsFirstAccepted>("keeps-first-accepted", "A3", "reads back at a restart the first pvalue of a slot, where the last one counts"),
        Acceptor<PromisesWithoutAccepted>("promises-without-accepted", "A3", "promises without telling what it has accepted"),
        Acceptor<TruncatesTooFar>("truncates-too-far", "A3", "truncates a few slots more than a majority has snapshots of"),
        Acceptor<ForgetsTruncation>("forgets-truncation", "A3", "does not read its truncation point back at a restart"),
        Acceptor<ConfirmsAnyBallot>("confirms-any-ballot", "linearizability", "confirms a leader's ballot though it has promised a higher one"),
        Acceptor<BreaksItsLease>("breaks-its-lease", "linearizability", "promises another leader's ballot while it is bound by a lease") with { Under = Lease },
        Acceptor<ForgetsItsLease>("forgets-its-lease", "linearizability", "does not read back at a restart that it may be bound by a lease") with { Under = LeaseAndCrashes },
        Scout<AdoptsLowestBallot>("adopts-lowest-ballot", "C2", "the scout hands on the pvalue of a slot's lowest ballot, not the highest"),
        Scout<AdoptsOnMinority>("adopts-on-minority", "C2", "the scout takes n/2 of n promises for a majority"),
        Scout<AdoptsFirstPage>("adopts-first-page", "C2", "the scout takes the first page of a promise for all of it"),
        Scout<CountsRepeatedPromises>("counts-repeated-promises", "C2", "the scout counts promises, not who made them"),
        Scout<CountsRefusalsAsPromises>("counts-refusals-as-promises", "C2", "the scout takes an acceptor's refusal for its promise"),
        Commander<DecidesOnMinority>("decides-on-minority", "R2", "the commander takes n/2 of n acceptors for a majority"),
        Commander<CountsRepeatedAccepted>("counts-repeated-accepted", "R2", "the commander counts Accepted messages, not who sent them"),
        Commander<CountsRefusalsAsAccepted>("counts-refusals-as-accepted", "R2", "the commander takes an acceptor's refusal for its acceptance"),
        Commander<AsksAcceptorsOnce>("asks-acceptors-once", "liveness", "the commander does not ask again when no answer comes"),
        Confirmer<ConfirmsUnasked>("confirms-unasked", "linearizability", "the leader answers for reads without asking whether it still leads"),
        Confirmer<ConfirmsOnMinority>("confirms-on-minority", "linearizability", "the confirmer takes n/2 of n acceptors for enough"),
        Leader<TrustsItsClock>("trusts-its-clock", "linearizability", "makes nothing of the drift of clocks in its lease") with { Under = LeaseAndDrift },
        Leader<IgnoresFoundPValues>("ignores-found-pvalues", "C2", "proposes what replicas asked for, whatever its scout found"),
        Leader<PrefersOwnProposals>("prefers-own-proposals", "C2", "lets what a replica proposed win over what its scout found"),
        Leader<FillsFoundSlots>("fills-found-slots", "C2", "puts no-ops also where its scout found a pvalue"),
        Leader<IgnoresTruncation>("ignores-truncation", "C2", "proposes for slots whose pvalues acceptors have truncated"),
        Leader<ScoutsFromLaterSlot>("scouts-from-later-slot", "C2", "asks for pvalues from a later slot on than it proposes from"),
        Leader<ReusesRound>("reuses-round", "S2", "does not read its round back at a restart"),
        Leader<SkipsPhaseOne>("skips-phase-one", "C2", "answers a preemption by a higher round for its commanders, without a scout"),
        Leader<CommandsEveryProposal>("commands-every-proposal", "C1", "gives a slot's second proposal a commander too"),
        Replica<ExecutesWithoutSession>("executes-without-session", "R5", "executes a command each time it is decided"),
        Replica<ExecutesUnknownSessions>("executes-unknown-sessions", "R5", "executes commands of sessions that it does not know"),
        Replica<DeniesExecution>("denies-execution", "R5", "says of each command of a session that it does not know that it was not executed"),
        Replica<ForgetsAnswers>("forgets-answers", "R5", "forgets a client's answers up to its latest command"),
        Replica<SnapshotsLaterState>("snapshots-later-state", "failure", "encodes in a snapshot the state as it is by then, not as it was at its slot"),
        Replica<ExecutesAsTheyArrive>("executes-as-they-arrive", "R3", "executes decisions in the order in which they arrive"),
        Replica<SkipsGaps>("skips-gaps", "R3", "goes on past a slot whose decision it has missed"),
        Replica<DecidesWhatItLearned>("decides-what-it-learned", "R2", "takes what its own acceptor has accepted for decided"),
        Replica<ReadsLocally>("reads-locally", "linearizability", "answers questions from its own state, however far behind that is"),
        Replica<ReadsTooEarly>("reads-too-early", "linearizability", "asks the leader for the slot to wait for, and does not wait"),
        Replica<ProposesBeyondWindow>("proposes-beyond-window", "R4", "proposes for slots beyond the window"),
        Replica<ExecutesUnlikeOthers>("executes-unlike-others", "R3", "has a state machine whose outcome depends on the node"),
        Snapshotter<SnapshotsWithoutSessions>("snapshots-without-sessions", "R3", "leaves the sessions out of its snapshots"),
        Snapshotter<SnapshotsOneSlotLate>("snapshots-one-slot-late", "R3", "says that its snapshot holds one slot more than it does"),
        Snapshotter<TruncatesAtExecuted>("truncates-at-executed", "A3", "truncates what others have executed, and hold in no snapshot"),
        Fetcher<NeverCatchesUp>("never-catches-up", "liveness", "does not take the decisions that it asked others for"),
        Commander<CommandsFounders>("commands-founders", "M1", "the commander asks those that founded the cluster, whoever votes now") with { Under = Changes },
        Scout<ScoutsFounders>("scouts-founders", "M1", "the scout asks those that founded the cluster, whoever votes now") with { Under = Changes },
        Scout<ScoutsFirstConfiguration>("scouts-first-configuration", "M1", "the scout asks only who votes on the first of its slots") with { Under = Changes },
        Confirmer<ConfirmsByFounders>("confirms-by-founders", "linearizability", "the confirmer asks those that founded the cluster, whoever votes now") with { Under = Changes },
        Snapshotter<TruncatesByFounders>("truncates-by-founders", "A3", "truncates what those that founded the cluster have in snapshots, whoever votes now") with { Under = Changes },
        Commander<CountsAnyDisk>("counts-any-disk", "R2", "the commander counts what comes from a disk that the log does not know") with { Under = Changes },
        Scout<CountsPromisesOfAnyDisk>("counts-promises-of-any-disk", "M1", "the scout counts a promise from a disk that the log does not know") with { Under = Changes },
        Replica<GovernsAtOnce>("governs-at-once", "M1", "takes a configuration to govern from the next slot on") with { Under = Changes },
        Replica<ChangesOutOfTurn>("changes-out-of-turn", "M1", "takes a configuration that was made from an earlier one, too") with { Under = Changes },
        Replica<ReadmitsAsVoter>("readmits-as-voter", "M1", "lets a node vote with a new disk as soon as that is admitted") with { Under = Changes },
        Replica<AddsAsVoter>("adds-as-voter", "M1", "lets every learner vote as soon as it is added") with { Under = Changes },
        Replica<IgnoresConfigurations>("ignores-configurations", "M1", "lets those that founded the cluster govern for ever") with { Under = Changes },
        Log("log-syncs-later", "acknowledges a commit, and syncs it before it does the next thing", f => new SyncsLater(f)),
        Log("log-never-syncs", "acknowledges a commit without a sync", f => new NeverSyncs(f)),
        Log("log-never-syncs-names", "begins a segment without a sync of its folder", f => new NeverSyncsNames(f)),
        Log("log-begins-unsynced", "gives a segment its name before its head is on disk", f => new BeginsUnsynced(f)),
        Log("log-trusts-second-sync", "tries a sync that failed again, and believes what that says", f => new TrustsSecondSync(f)),
    ];

    /// <summary>
    /// Whether a violation shows that the rule is broken, and not only that the roles broke down: that alone is no merit of the checks.
    /// </summary>
    public bool IsCaughtBy(Violation? violation) =>
        violation is not null && (violation.Invariant == Rule || violation.Invariant is not ("failure" or "unhandled"));

    /// <summary>The one with this name.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public static Mutant Named(string name) =>
        All.FirstOrDefault(m => m.Name == name) ?? throw new KeyNotFoundException($"there is no mutant {name}");

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Mutant Acceptor<T>(string name, string rule, string flaw) where T : Acceptor => Of("acceptor", typeof(T), name, rule, flaw);

    private static Mutant Leader<T>(string name, string rule, string flaw) where T : Leader => Of("leader", typeof(T), name, rule, flaw);

    private static Mutant Replica<T>(string name, string rule, string flaw) where T : Replica => Of("replica", typeof(T), name, rule, flaw);

    private static Mutant Snapshotter<T>(string name, string rule, string flaw) where T : Snapshotter =>
        Of("snapshotter", typeof(T), name, rule, flaw);

    private static Mutant Fetcher<T>(string name, string rule, string flaw) where T : Fetcher => Of("fetcher", typeof(T), name, rule, flaw);

    private static Mutant Scout<T>(string name, string rule, string flaw) where T : Scout => Leader<LeaderWithScout<T>>(name, rule, flaw);

    private static Mutant Commander<T>(string name, string rule, string flaw) where T : Commander =>
        Leader<LeaderWithCommander<T>>(name, rule, flaw);

    private static Mutant Confirmer<T>(string name, string rule, string flaw) where T : Confirmer =>
        Leader<LeaderWithConfirmer<T>>(name, rule, flaw);

    // A lease, and leaders that are cut off from others and keep their clients.
    private static SimulationSettings Lease(SimulationSettings drawn) => (drawn with
    {
        ClockDrift = 0.02, Questions = Math.Max(drawn.Questions, 0.4), Sticky = true, Partitions = TimeSpan.FromSeconds(1.5), PartitionTime = TimeSpan.FromSeconds(4),
    }).WithReadLease(TimeSpan.FromSeconds(2.5));

    // And acceptors that start again at once.
    private static SimulationSettings LeaseAndCrashes(SimulationSettings drawn) =>
        Lease(drawn with { RoleCrashes = TimeSpan.FromSeconds(0.7), Crashes = null });

    // And clocks that drift.
    private static SimulationSettings LeaseAndDrift(SimulationSettings drawn) => (Lease(drawn) with { ClockDrift = 0.3 }).WithReadLease(TimeSpan.FromSeconds(2.5));

    // Members that change, and disks that are lost.
    private static SimulationSettings Changes(SimulationSettings drawn) => drawn with
    {
        Reconfigurations = TimeSpan.FromMilliseconds(500), LostDisks = TimeSpan.FromSeconds(1), Questions = Math.Max(drawn.Questions, 0.4),
        Protocol = (drawn.Protocol ?? MultiPaxosNode.Settings()) with { Window = Math.Min(drawn.Protocol?.Window ?? 8, 8) },
    };

    private static Mutant Log(string name, string flaw, Func<ILogFolder, ILogFolder> folder) =>
        new(name, "S1", $"the journal's log {flaw}", new Dictionary<string, Type>()) { LogFlaw = folder };

    private static Mutant Of(string role, Type type, string name, string rule, string flaw) =>
        new(name, rule, flaw, new Dictionary<string, Type> { [role] = type });
}
