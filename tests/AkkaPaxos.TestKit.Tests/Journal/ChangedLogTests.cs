using AkkaPaxos.Journal;
using AkkaPaxos.TestKit.Simulation;
using Xunit.Abstractions;
using LogFrame = AkkaPaxos.Journal.Frame;

namespace AkkaPaxos.TestKit.Tests.Journal;

/// <summary>
/// A log that the disk has changed at rest: bits flipped, parts zeroed, files cut, lost or brought back. It opens with all that was acknowledged, or it does not
/// open and says where. Never with less.
/// </summary>
public sealed class ChangedLogTests(ITestOutputHelper output)
{
    private readonly Random _random = new(1);
    private readonly LogModel _model = new();

    /// <summary>A log of some segments, closed in good order.</summary>
    private SimulatedFolder Written(int commits)
    {
        var folder = new SimulatedFolder();
        using var log = LogModel.Open(folder, _random);
        for (var i = 0; i < commits; i++)
        {
            var records = _model.Next(_random);
            log.Commit(records);
            _model.Apply(records);
            while (log.NeedsUpkeep) log.Upkeep();
        }
        return folder;
    }

    private static string[] Segments(SimulatedFolder folder) => [.. folder.Names().Where(n => Segment.NumberOf(n) is not null)];

    /// <returns>Whether it opened.</returns>
    private bool OpensWithAllOrNot(SimulatedFolder folder, string what)
    {
        try
        {
            using var log = LogModel.Open(folder, _random);
            var difference = _model.Difference(log);
            Assert.True(difference is null, $"{what}: {difference}");
            return true;
        }
        catch (LogCorruptException e)
        {
            Assert.Contains("simulated/", e.Message);
            Assert.Contains("from offset ", e.Message);
            Assert.DoesNotContain('\n', e.Message);
            return false;
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_or_harmless()
    {
        var folder = Written(300);
        var (opened, refused) = (0, 0);
        foreach (var name in Segments(folder))
        {
            for (var i = 0; i < 400; i++)
            {
                var copy = folder.Copy();
                var bytes = copy.BytesOf(name)!;
                // Most of them among what is written, and some of those in the head, the mark and the last records.
                var used = bytes.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
                var at = i < 64 ? i : i < 88 ? 4096 + i - 64 : i < 200 ? Math.Max(0, used - 1 - _random.Next(2000)) : _random.Next(used);
                bytes[at] ^= (byte)(1 << _random.Next(8));
                if (OpensWithAllOrNot(copy, $"a bit at {at} of {name}")) opened++;
                else refused++;
            }
        }
        output.WriteLine($"{opened} opened, {refused} refused");
        Assert.True(refused > 500);
    }

    [Fact]
    public void Zeros_in_the_place_of_what_was_written_are_found_or_harmless()
    {
        var folder = Written(300);
        var last = Segments(folder)[^1];
        var used = folder.BytesOf(last)!.AsSpan().LastIndexOfAnyExcept((byte)0) + 1;
        var refused = 0;
        foreach (var name in Segments(folder))
        {
            for (var i = 0; i < 100; i++)
            {
                var copy = folder.Copy();
                var bytes = copy.BytesOf(name)!;
                var from = i < 10 ? i * 1000 : _random.Next(bytes.Length);
                // To the end in half of the cases: as if the last writes had never been. The mark stays.
                var to = i % 2 == 0 ? bytes.Length : Math.Min(bytes.Length, from + _random.Next(1, 5000));
                if (from < 8192 && to > 4096) from = 8192;
                if (to > from) bytes.AsSpan(from, to - from).Clear();
                if (!OpensWithAllOrNot(copy, $"zeros from {from} to {to} of {name}")) refused++;
                else if (name == last) Assert.True(from >= used || to < used, $"zeros from {from} to {to} of {name}, which ends at {used}");
            }
        }
        Assert.True(refused > 100);
    }

    [Fact]
    public void A_file_that_was_cut_is_found()
    {
        var folder = Written(200);
        foreach (var name in Segments(folder))
        {
            foreach (var size in (int[])[0, 1, 63, 64, 4096, 8191, 8192, 8200, 20_000, folder.BytesOf(name)!.Length - 1])
            {
                var copy = folder.Copy();
                copy.Cut(name, size);
                Assert.False(OpensWithAllOrNot(copy, $"{name} cut to {size}"));
            }
        }
    }

    [Fact]
    public void A_segment_that_is_missing_is_named()
    {
        var folder = Written(400);
        var names = Segments(folder);
        Assert.True(names.Length >= 3, $"{names.Length} segments");
        foreach (var name in names)
        {
            var copy = folder.Copy();
            copy.Delete(name);
            var failure = Assert.Throws<LogCorruptException>(() => LogModel.Open(copy, _random));
            Assert.Contains($"simulated/{name}", failure.Message);
            Assert.Contains("it is missing", failure.Message);
        }
    }

    [Fact]
    public void A_segment_that_takes_anothers_place_is_found()
    {
        var folder = Written(400);
        var names = Segments(folder);
        var copy = folder.Copy();
        folder.BytesOf(names[1])!.CopyTo(copy.BytesOf(names[0])!, 0);
        Assert.False(OpensWithAllOrNot(copy, "the second in the place of the first"));
    }

    [Fact]
    public void A_torn_write_at_the_end_is_forgotten_and_the_log_goes_on_in_its_place()
    {
        var folder = new SimulatedFolder();
        var log = LogModel.Open(folder, _random);
        var first = LogModel.EntryOf(_random, "a", 1);
        log.Commit([first]);
        _model.Apply([first]);
        for (var round = 0; round < 50; round++)
        {
            // The power fails in the middle of a write of several sectors, of which some are on disk.
            folder.Chance = () => _random.Next(2) == 0;
            folder.Fault = call => { if (call == "sync") throw new PowerFailedException(); };
            LogEntry torn = new("a", _model.Highest("a") + 1, 1, 1, "", "", "", new byte[5000 + round]);
            _random.NextBytes(torn.Payload);
            Assert.Throws<PowerFailedException>(() => log.Commit([torn]));
            folder.Fault = _ => { };
            folder.Crash();
            log = LogModel.Open(folder, _random);
            Assert.Null(_model.Difference(log)); // eleven sectors and a half: that all of them are there is one chance in thousands, and not this seed's
            var next = LogModel.EntryOf(_random, "a", torn.SequenceNr);
            log.Commit([next]);
            _model.Apply([next]);
        }
        log.Dispose();
        Assert.True(OpensWithAllOrNot(folder, "after all"));
    }

    [Fact]
    public void What_an_earlier_use_of_the_file_left_never_counts()
    {
        // One actor writes and deletes: each segment becomes the spare one, and is used again and again.
        var folder = new SimulatedFolder();
        var log = LogModel.Open(folder, _random);
        var number = 0L;
        for (var i = 0; i < 2000; i++)
        {
            log.Commit([LogModel.EntryOf(_random, "a", ++number)]);
            if (i % 10 == 9) log.Commit([new LogDeletion("a", number - 5, number)]);
            while (log.NeedsUpkeep) log.Upkeep();
            if (i % 100 != 99) continue;
            folder.Crash();
            log = LogModel.Open(folder, _random);
            Assert.Equal(number, log.Index.Highest("a"));
            Assert.Equal(number - 4, log.Index.Find("a", 0, long.MaxValue, 1).Single().SequenceNr);
        }
        Assert.True(log.Segments.Last > 5);
        Assert.True(folder.Names().Count <= 4, string.Join(", ", folder.Names()));
    }

    [Theory]
    [InlineData(0, true)] // did one know the salt
    [InlineData(42, false)]
    public void Bytes_of_a_client_that_look_like_a_record_are_none(ulong salt, bool isTaken)
    {
        var settings = new LogSettings(LogSettings.MinSegmentBytes, () => salt);
        var folder = new SimulatedFolder();
        var value = Enumerable.Repeat((byte)0xee, 4000).ToArray();
        using (var log = SegmentedLog.Open(folder, settings)) log.Commit([new LogEntry("a", 1, 1, 1, "", "", "", value)]);
        var at = folder.BytesOf(Segment.NameOf(1)).AsSpan().IndexOf(value);

        // The same again, with frames inside that are right for their places.
        folder = new SimulatedFolder();
        for (var i = (8 - at % 8) % 8; i + 40 < value.Length; i += 40) LogFrame.Seal(value.AsSpan(i, 40), 0, at + i);
        SegmentedLog.Open(folder, settings).Commit([new LogEntry("a", 1, 1, 1, "", "", "", value)]);
        folder.BytesOf(Segment.NameOf(1))![Segment.FramesAt] ^= 1; // it was torn
        folder.Kill();
        if (isTaken) Assert.Contains("does", Assert.Throws<LogCorruptException>(() => SegmentedLog.Open(folder, settings)).Message);
        else Assert.Equal(0, SegmentedLog.Open(folder, settings).Index.Highest("a"));
    }

    [Fact]
    public void A_log_of_a_newer_version_is_not_touched()
    {
        var folder = Written(10);
        var name = Assert.Single(Segments(folder));
        var bytes = folder.BytesOf(name)!;
        bytes[8] = 2;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(56), System.IO.Hashing.XxHash3.HashToUInt64(bytes.AsSpan(0, 56)));
        var failure = Assert.Throws<LogCorruptException>(() => LogModel.Open(folder, _random));
        Assert.Contains("version 2", failure.Message);
    }
}
