using System.CommandLine;

namespace AkkaPaxos.Benchmarks;

internal static class Micro
{
    public static void AddTo(Command root) { }
}
