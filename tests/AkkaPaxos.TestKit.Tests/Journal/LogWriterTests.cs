using AkkaPaxos.Journal;
using AkkaPaxos.TestKit.Simulation;

namespace AkkaPaxos.TestKit.Tests.Journal;

/// <summary>The thread that writes the log: one sync for all that waits, and no answer before it.</summary>
public sealed class LogWriterTests : IDisposable
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);

    private readonly Random _random = new(1);
    private readonly SimulatedFolder _folder = new();
    private readonly SemaphoreSlim _syncs = new(0); // let through
    private readonly LogWriter _writer;
    private volatile bool _isHeld;
    private volatile bool _fails;
    private int _asked;
    private readonly List<string> _corrupt = [];

    public LogWriterTests()
    {
        _writer = new LogWriter(() => LogModel.Open(_folder, _random), e => _corrupt.Add(e.Message));
        _writer.Ask(_ => 0).WaitAsync(InTime).GetAwaiter().GetResult(); // it is open
        _folder.Fault = call =>
        {
            if (call != "sync") return;
            Interlocked.Increment(ref _asked);
            if (_isHeld) Assert.True(_syncs.Wait(InTime));
            if (_fails) throw new IOException("the sync failed");
        };
    }

    public void Dispose()
    {
        _isHeld = _fails = false;
        _syncs.Release(1000);
        _writer.Dispose();
    }

    private Task Write(string id, long number, int size = 100) => _writer.Write([new LogEntry(id, number, 1, 1, "m", "", "w", new byte[size])]);

    private async Task Syncs(int count)
    {
        for (var end = DateTime.UtcNow + InTime; Volatile.Read(ref _asked) < count; await Task.Delay(5)) Assert.True(DateTime.UtcNow < end, $"{count} syncs");
    }

    [Fact]
    public async Task What_waits_while_the_disk_syncs_shares_the_next_sync_and_nothing_is_answered_before_its_own()
    {
        _isHeld = true;
        var first = Write("a", 1);
        await Syncs(1);
        var others = Enumerable.Range(0, 50).Select(i => Write($"b{i}", 1)).ToList();
        var highest = _writer.Highest("b7");
        await Task.Delay(50);
        Assert.False(first.IsCompleted);
        _syncs.Release();
        await first.WaitAsync(InTime);
        await Syncs(2);
        Assert.All(others, t => Assert.False(t.IsCompleted));
        Assert.False(highest.IsCompleted); // it tells of what was asked before it
        _syncs.Release();
        await Task.WhenAll(others).WaitAsync(InTime);
        Assert.Equal(1, await highest.WaitAsync(InTime));
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task A_sync_that_failed_fails_all_that_waited_for_it_and_none_of_it_is_there()
    {
        await Write("a", 1);
        (_isHeld, _asked) = (true, 0);
        var before = Write("a", 2);
        await Syncs(1);
        Task[] together = [Write("b", 1), Write("c", 1)];
        _syncs.Release();
        await before.WaitAsync(InTime);
        await Syncs(2);
        _fails = true;
        _syncs.Release();
        foreach (var one in together) Assert.Equal("the sync failed", (await Assert.ThrowsAsync<IOException>(() => one.WaitAsync(InTime))).Message);
        (_isHeld, _fails) = (false, false);
        Assert.Equal(0, await _writer.Highest("b").WaitAsync(InTime));
        await Write("b", 1).WaitAsync(InTime); // the number is free
        Assert.Equal(2, (await _writer.Ask(log => log.Segments.Last).WaitAsync(InTime))); // not in the same place
    }

    [Fact]
    public async Task A_full_disk_is_one_line_all_can_be_read_meanwhile_and_it_goes_on_when_there_is_room()
    {
        _folder.Room = LogSettings.MinSegmentBytes;
        var written = 0L;
        IOException? full = null;
        while (full is null)
        {
            try
            {
                await Write("a", written + 1, 5000).WaitAsync(InTime);
                written++;
            }
            catch (IOException e)
            {
                full = e;
            }
        }
        Assert.True(written > 5);
        Assert.Equal("the journal in simulated/ has no room for another segment: no space is left on the simulated disk", full.Message);
        var read = new List<long>();
        await _writer.Replay("a", 1, long.MaxValue, long.MaxValue, e => read.Add(e.SequenceNr)).WaitAsync(InTime);
        Assert.Equal(written, read.Count);
        await Assert.ThrowsAsync<IOException>(() => Write("a", written + 1, 5000).WaitAsync(InTime));
        _folder.Room = long.MaxValue;
        await Write("a", written + 1, 5000).WaitAsync(InTime);
        Assert.Equal(written + 1, await _writer.Highest("a").WaitAsync(InTime));
    }

    [Fact]
    public void On_a_disk_that_is_nearly_full_segments_are_smaller_until_there_is_room_again()
    {
        const long Size = 1 << 20;
        var settings = new LogSettings(Size, () => (ulong)_random.NextInt64());
        var folder = new SimulatedFolder { Room = Size + 200_000 };
        var log = SegmentedLog.Open(folder, settings);
        var number = 0L;
        void Write() => log.Commit([new LogEntry("a", number + 1, 1, 1, "m", "", "w", new byte[5000])]);
        var full = Assert.Throws<IOException>(() =>
        {
            for (; number < 1000; number++) Write();
        });
        Assert.EndsWith("has no room for another segment: no space is left on the simulated disk", full.Message);
        Assert.Equal([Size, Size / 8, LogSettings.MinSegmentBytes], Sizes());
        // One that holds a large write is not smaller than that.
        Assert.Throws<IOException>(() => log.Commit([new LogEntry("a", number + 1, 1, 1, "m", "", "w", new byte[300_000])]));
        folder.Room = 2 * Size;
        log.Commit([new LogEntry("a", ++number, 1, 1, "m", "", "w", new byte[300_000])]);
        Assert.InRange(Sizes()[^1], 300_000, 2 * 300_000);
        folder.Room = long.MaxValue;
        for (var i = 0; i < 200; i++, number++) Write();
        Assert.Equal(Size, Sizes()[^1]);
        folder.Crash();
        log = SegmentedLog.Open(folder, settings);
        var read = new List<long>();
        SegmentedLog.Read(log.Index.Find("a", 0, long.MaxValue, long.MaxValue), "a", e => read.Add(e.SequenceNr));
        Assert.Equal(Enumerable.Range(1, (int)number).Select(n => (long)n), read);

        List<long> Sizes() => [.. folder.Names().Where(n => Segment.NumberOf(n) is not null).Select(n => (long)folder.BytesOf(n)!.Length)];
    }

    [Fact]
    public async Task A_log_that_cannot_be_opened_is_tried_again_by_who_asks_next_unless_it_is_corrupt()
    {
        var (attempts, failure) = (0, (Exception)new IOException("not now"));
        using var writer = new LogWriter(() =>
        {
            attempts++;
            throw failure;
        }, _ => { });
        Assert.Equal("not now", (await Assert.ThrowsAsync<IOException>(() => writer.Highest("a").WaitAsync(InTime))).Message);
        await Assert.ThrowsAsync<IOException>(() => writer.Delete("a", 1).WaitAsync(InTime));
        Assert.True(attempts >= 3);
        failure = new LogCorruptException("file", 7, "a bit is wrong");
        await Assert.ThrowsAsync<LogCorruptException>(() => writer.Highest("a").WaitAsync(InTime));
        var before = attempts;
        await Assert.ThrowsAsync<LogCorruptException>(() => writer.Highest("a").WaitAsync(InTime));
        Assert.Equal(before, attempts);
    }

    [Fact]
    public async Task After_the_end_nothing_is_taken_and_what_was_asked_before_is_done()
    {
        var last = Write("a", 1);
        _writer.Dispose();
        await last.WaitAsync(InTime);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => Write("a", 2).WaitAsync(InTime));
        using var log = LogModel.Open(_folder, _random);
        Assert.Equal(1, log.Index.Highest("a"));
    }

    [Fact]
    public async Task A_log_whose_actors_delete_stays_small_while_they_write()
    {
        for (var number = 1L; number <= 3000; number++)
        {
            var written = Write("busy", number, 1000);
            if (number % 50 == 1) await Write("rare", number / 50 + 1); // stays needed
            await written.WaitAsync(InTime);
            if (number % 20 == 0) await _writer.Delete("busy", number - 5).WaitAsync(InTime);
        }
        Assert.Equal(60, await _writer.Highest("rare").WaitAsync(InTime));
        var read = new List<long>();
        await _writer.Replay("rare", 1, long.MaxValue, long.MaxValue, e => read.Add(e.SequenceNr)).WaitAsync(InTime);
        Assert.Equal(Enumerable.Range(1, 60).Select(n => (long)n), read);
        var (first, last) = await _writer.Ask(log => log.Segments).WaitAsync(InTime);
        Assert.True(last > 40, $"{last} segments were written");
        Assert.True(last - first < 4, $"segments {first} to {last} are left");
    }

    [Fact]
    public async Task What_the_disk_changed_in_an_old_segment_is_said_once_and_writes_go_on()
    {
        await Write("rare", 1);
        _folder.BytesOf(Segment.NameOf(1))![Segment.FramesAt + 40] ^= 1;
        for (var number = 1L; number <= 500; number++)
        {
            await Write("busy", number, 1000).WaitAsync(InTime);
            if (number % 20 == 0) await _writer.Delete("busy", number).WaitAsync(InTime);
        }
        await _writer.Highest("busy").WaitAsync(InTime);
        Assert.Contains($"{Segment.NameOf(1)} is not what was written, from offset {Segment.FramesAt} on", Assert.Single(_corrupt));
        await Assert.ThrowsAsync<LogCorruptException>(() => _writer.Replay("rare", 1, 1, 1, _ => { }).WaitAsync(InTime));
    }
}
