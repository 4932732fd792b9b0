using AkkaPaxos.TestKit.Runner;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests;

/// <summary>
/// <c>dotnet AkkaPaxos.TestKit.Tests.dll FROM COUNT JOURNAL</c>: a line for each seed, with its trace hash. Tests compare such runs of several processes.
/// </summary>
public static class Program
{
    public static int Main(string[] args)
    {
        var (from, count) = (int.Parse(args[0]), int.Parse(args[1]));
        var journal = Enum.Parse<JournalModel>(args[2]);
        for (var seed = from; seed < from + count; seed++)
        {
            var run = new SimulationCase(seed) { Journal = journal }.Run();
            Console.WriteLine($"{seed} {run.TraceHash:x16} {run.Messages} messages, {run.Chosen} slots, {run.Answered} answered {run.Violation}");
        }
        return 0;
    }
}
