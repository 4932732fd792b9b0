namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>What an object does when it is asked for one thing at a time: the sequential specification that a history is compared with.</summary>
/// <typeparam name="TState">The object's state; immutable.</typeparam>
/// <typeparam name="TCall">What can be asked for; immutable, with value equality.</typeparam>
/// <typeparam name="TResult">What it answers.</typeparam>
/// <remarks>A model keeps nothing between calls, so that one instance serves any number of checks.</remarks>
public abstract class Model<TState, TCall, TResult>
{
    /// <summary>The state before anything was asked for.</summary>
    public abstract TState Initial { get; }

    /// <summary>Compares states; by default with the type's own equality, which must be that of values.</summary>
    public virtual IEqualityComparer<TState> States => EqualityComparer<TState>.Default;

    /// <summary>Does what a call asks for. The same call in the same state gives the same, and never throws.</summary>
    public abstract (TState Next, TResult Result) Step(TState state, TCall call);

    /// <summary>Whether an observed answer is the one that the model gives; by default: whether they are equal.</summary>
    public virtual bool Matches(TCall call, TResult expected, TResult observed) => EqualityComparer<TResult>.Default.Equals(expected, observed);

    /// <summary>
    /// Whether a call that was answered so changes no state, whichever it was in: a read, or a comparison that failed. By default none. Only for
    /// speed: such an operation is put into the order as soon as its answer fits.
    /// </summary>
    public virtual bool IsReadOnly(TCall call, TResult observed) => false;

    /// <summary>
    /// The keys that a call touches: calls without a common key neither see nor change anything of each other, so that the histories of keys can be
    /// checked apart (Horn and Kroening, Faster linearizability checking via P-compositionality, 2015). A call with several keys joins their
    /// histories. Null, which is the default for all: the history is checked as a whole.
    /// </summary>
    public virtual IReadOnlyList<string>? Keys(TCall call) => null;

    /// <summary>What the answers of a history can tell apart; null, which is the default: everything.</summary>
    public virtual Observations<TState, TCall>? Observations(IReadOnlyList<Operation<TCall, TResult>> operations) => null;

    /// <summary>A call in a few words, for reports.</summary>
    public virtual string Describe(TCall call) => $"{call}";

    /// <summary>An answer in a few words, for reports; empty where it says nothing.</summary>
    public virtual string Describe(TCall call, TResult result) => $"{result}";
}
