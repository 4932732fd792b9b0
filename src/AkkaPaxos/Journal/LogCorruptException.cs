using System.Runtime.Serialization;

namespace AkkaPaxos.Journal;

/// <summary>
/// The log on disk is not what was written: its message names file and offset. It is final, as a record is that the disk has changed: another attempt
/// reads the same.
/// </summary>
public sealed class LogCorruptException : SerializationException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="file">The segment.</param>
    /// <param name="offset">Where in it, in bytes from its start.</param>
    /// <param name="found">What is wrong there.</param>
    public LogCorruptException(string file, long offset, string found)
        : base($"the journal's file {file} is not what was written, from offset {offset} on: {found}. Stop this node and check its disk; only an unharmed "
            + "copy of the same state will do, such as a mirror's: with an emptied disk or an older backup the node would forget what it has promised")
    {
    }
}
