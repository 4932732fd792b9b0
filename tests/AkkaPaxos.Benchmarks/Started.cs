using System.Collections.Concurrent;
using System.Diagnostics;

namespace AkkaPaxos.Benchmarks;

/// <summary>The processes that this one has started: none of them outlives it, unless it is itself killed.</summary>
internal static class Started
{
    private static readonly ConcurrentDictionary<int, Process> Running = [];

    static Started() => AppDomain.CurrentDomain.ProcessExit += (_, _) => KillAll();

    /// <summary>Starts a program that writes what it says to a file.</summary>
    public static Process Start(string log, string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        // The shell opens the log and becomes the program: nobody need read its output.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "exec \"$@\" >>\"$LOG\" 2>&1 </dev/null", "sh", program, .. arguments]) { UseShellExecute = false };
        start.Environment["LOG"] = log;
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        return Add(Process.Start(start)!);
    }

    /// <summary>Counts a process among them.</summary>
    public static Process Add(Process process) => Running[process.Id] = process;

    /// <summary>Ends one with SIGKILL, and waits until it is gone.</summary>
    public static void Kill(Process process)
    {
        if (!Running.TryRemove(process.Id, out _)) return;
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>Ends all.</summary>
    public static void KillAll()
    {
        foreach (var process in Running.Values) Kill(process);
    }

    /// <summary>The end of what one said: why it ended.</summary>
    public static string LastLine(string log) => File.Exists(log) ? File.ReadLines(log).LastOrDefault(l => l.Length > 0) ?? "no output" : "no output";
}
