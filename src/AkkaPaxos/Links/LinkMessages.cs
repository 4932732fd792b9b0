using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Links;

/// <summary>
/// To the introduction of a node, over Akka's remoting: where do you take direct connections? Answered with <see cref="LinkAt"/>, or not at all by a
/// node that takes none.
/// </summary>
public sealed record FindLink : IPaxosMessage;

/// <summary>The answer to <see cref="FindLink"/>: on this port, at the host of the node's address.</summary>
/// <param name="Port">The TCP port.</param>
public sealed record LinkAt(int Port) : IPaxosMessage;
