using Akka.Actor;

namespace AkkaPaxos.MultiPaxos;

/// <summary>
/// A message that may cross the wire: <see cref="Wire.PaxosSerializer"/> writes it (reference.conf binds this interface to it).
/// </summary>
public interface IPaxosMessage;

/// <summary>What a role keeps in its journal or snapshot store: <see cref="Wire.PaxosSerializer"/> writes it too, with a checksum.</summary>
public interface IPaxosRecord;

/// <summary>
/// A message between the actors of one node. It is bound to <see cref="Wire.PaxosSerializer"/> as well, which refuses it: sent to another node or
/// journaled, Akka would write it as JSON, and what is read from that need not be what was written.
/// </summary>
public interface INodeMessage : INoSerializationVerificationNeeded;
