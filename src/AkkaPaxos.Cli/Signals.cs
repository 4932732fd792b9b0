using System.Globalization;
using System.Runtime.InteropServices;

namespace AkkaPaxos.Cli;

/// <summary>
/// SIGTERM, SIGHUP and SIGINT (Ctrl-C) cancel what the program does. One that was ignored when the process started stays so: that is how nohup works.
/// </summary>
internal sealed class Signals : IDisposable
{
    /// <summary>The exit code of a command that was cancelled: of one that Ctrl-C ended, as shells have it.</summary>
    public const int Ended = 130;

    private const int FromSignal = 128; // as the exit code of a signal begins

    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private readonly TimeSpan _patience;
    private Timer? _end;

    /// <param name="patience">After a signal the process ends when this has passed, whatever it does.</param>
    public Signals(TimeSpan patience)
    {
        _patience = patience;
        var ignored = Ignored();
        foreach (var (signal, number) in ((PosixSignal, int)[])[(PosixSignal.SIGHUP, 1), (PosixSignal.SIGINT, 2), (PosixSignal.SIGTERM, 15)])
            if ((ignored >> (number - 1) & 1) == 0)
                _registrations.Add(PosixSignalRegistration.Create(signal, context => Received(context, number)));
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>The exit code of a command that a signal ended.</summary>
    public int ExitCode { get; private set; } = Ended;

    private void Received(PosixSignalContext context, int number)
    {
        context.Cancel = true; // the default would be the end of the process, now
        if (_source.IsCancellationRequested) return;
        ExitCode = FromSignal + number;
        _end = new Timer(_ => Environment.Exit(ExitCode), null, _patience, Timeout.InfiniteTimeSpan);
        _source.Cancel();
    }

    /// <summary>The signals that this process was started to ignore, a bit each; none where the system does not say.</summary>
    private static ulong Ignored()
    {
        const string Line = "SigIgn:";
        try
        {
            var line = File.ReadLines("/proc/self/status").FirstOrDefault(l => l.StartsWith(Line, StringComparison.Ordinal));
            return line is null ? 0 : ulong.Parse(line.AsSpan(Line.Length).Trim(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
        _end?.Dispose();
        _source.Dispose();
    }
}
