using System.Text;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>A list of lines: an operation appends its text and is answered with the number of lines then; a question, with all lines.</summary>
public sealed class AppendMachine : IStateMachine
{
    private readonly List<string> _lines = [];
    private ulong _sum;

    public ulong Checksum => _sum;

    public ReadOnlyMemory<byte> Apply(ReadOnlyMemory<byte> operation)
    {
        Append(Encoding.UTF8.GetString(operation.Span));
        return Encoding.UTF8.GetBytes($"{_lines.Count}");
    }

    public ReadOnlyMemory<byte> Query(ReadOnlyMemory<byte> query) => Encoding.UTF8.GetBytes(string.Join(',', _lines));

    public Func<byte[]> Snapshot()
    {
        var bytes = Encoding.UTF8.GetBytes(string.Join('\n', _lines));
        return () => bytes;
    }

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
