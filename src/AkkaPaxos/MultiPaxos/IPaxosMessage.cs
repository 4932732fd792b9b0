namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// A message that may cross the wire: <see cref="Wire.PaxosSerializer"/> writes it (reference.conf binds this interface to it). A message
/// without it goes only between the actors of one node.
/// </summary>
public interface IPaxosMessage;

/// <summary>What a role keeps in its journal or snapshot store: <see cref="Wire.PaxosSerializer"/> writes it too, with a checksum.</summary>
public interface IPaxosRecord;
