namespace AkkaPaxos.TestKit.Linearizability;

/// <summary>
/// What a history's answers can tell apart: for speed only. What nobody ever sees need not be tried in every order, and what is seen is a hint at the
/// order. By default everything may be seen.
/// </summary>
public class Observations<TState, TCall>
{
    /// <summary>
    /// The state after a call, or in its place another, the same for all states that no answer of the history can ever tell from it.
    /// </summary>
    public virtual TState Reduced(TCall call, TState next) => next;

    /// <summary>Whether somebody may have seen the state, or one that grew from it: such are tried first.</summary>
    public virtual bool IsSeen(TState state) => true;

    /// <summary>
    /// Whether it may be of use that an open operation takes effect. Where this is false, whatever an order explains that has it is explained by an
    /// order without it, too.
    /// </summary>
    public virtual bool MayHelp(TCall open, TState next) => true;
}
