using System.Text;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.Tests;

/// <summary>
/// The application of the tests: a list of lines. An operation appends its text and is answered with the number of lines then; a question,
/// whatever it says, is answered with all lines. What is executed twice shows.
/// </summary>
public sealed class ListMachine : IStateMachine
{
    private readonly List<string> _lines = [];
    private ulong _sum;

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<string> Lines => _lines;

    /// <inheritdoc/>
    public ulong Checksum => _sum;

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
    {
        var line = Encoding.UTF8.GetString(operation.Span);
        if (line == "throw") throw new InvalidOperationException("asked to throw");
        Append(line);
        return Encoding.UTF8.GetBytes($"{_lines.Count}");
    }

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => Encoding.UTF8.GetBytes(string.Join(',', _lines));

    /// <summary>Questions that are answered later; each waits until the test lets it go.</summary>
    public Queue<TaskCompletionSource> Long { get; } = new();

    /// <summary>Questions of this text are long.</summary>
    public static readonly byte[] LongQuestion = "long"u8.ToArray();

    /// <inheritdoc/>
    public Func<CancellationToken, ReadOnlyMemory<byte>>? LongQuery(ReadOnlyMemory<byte> query)
    {
        if (!query.Span.SequenceEqual(LongQuestion)) return null;
        var (answer, gate) = (Query(query), Long.Count > 0 ? Long.Peek() : null);
        return cancel =>
        {
            if (gate is null) return answer;
            Long.Dequeue();
            gate.Task.Wait(cancel);
            return answer;
        };
    }

    /// <inheritdoc/>
    public Func<byte[]> Snapshot()
    {
        var lines = string.Join('\n', _lines);
        return () => Encoding.UTF8.GetBytes(lines);
    }

    /// <inheritdoc/>
    public void Restore(ReadOnlyMemory<byte> snapshot)
    {
        _lines.Clear();
        _sum = 0;
        if (!snapshot.IsEmpty)
            foreach (var line in Encoding.UTF8.GetString(snapshot.Span).Split('\n')) Append(line);
    }

    private void Append(string line)
    {
        _lines.Add(line);
        foreach (var c in line) _sum = unchecked(_sum * 31 + c + 1);
    }
}
