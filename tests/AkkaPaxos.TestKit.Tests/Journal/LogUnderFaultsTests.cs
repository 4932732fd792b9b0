using AkkaPaxos.Journal;
using AkkaPaxos.TestKit.Simulation;
using Xunit.Abstractions;

namespace AkkaPaxos.TestKit.Tests.Journal;

/// <summary>
/// The journal's log on a disk that loses power, syncs in vain, is full, and forgets names: what was acknowledged is there and what failed is not, after
/// each of many random steps.
/// </summary>
public sealed class LogUnderFaultsTests(ITestOutputHelper output)
{
    private sealed class Run
    {
        private readonly Random _random;
        private readonly SimulatedFolder _folder = new();
        private readonly Dictionary<string, int> _events;
        private readonly LogModel _model = new();
        private readonly List<string> _steps = [];
        private SegmentedLog _log;
        private bool _powerFails;
        private int _failsOnce; // of the next calls that may fail, the one that does

        public Run(int seed, Dictionary<string, int> events)
        {
            (_random, _events) = (new Random(seed), events);
            _folder.Chance = () => _random.Next(2) == 0;
            _folder.Fault = Fault;
            _log = LogModel.Open(_folder, _random);
        }

        private void Fault(string call)
        {
            if (_failsOnce == 0 || --_failsOnce > 0) return;
            Count($"{(_powerFails ? "the power fails" : "a failure")} at {call}");
            throw _powerFails ? new PowerFailedException() : new IOException($"{call} failed");
        }

        private void Count(string what)
        {
            _steps.Add(what);
            _events[what] = _events.GetValueOrDefault(what) + 1;
        }

        public void Step(int step)
        {
            _failsOnce = _random.Next(5) == 0 ? _random.Next(1, 8) : 0;
            _powerFails = _random.Next(2) == 0;
            // What is being committed when the power fails may be there afterwards or not.
            List<LogRecord> open = [];
            try
            {
                switch (_random.Next(12))
                {
                    case 0:
                        _log.Mark();
                        break;
                    case 1:
                        if (_log.WantsSpare) _log.Accept(_log.MakeSpare());
                        break;
                    case 2:
                        _failsOnce = 0;
                        if (_random.Next(2) == 0) _log.Dispose();
                        else _folder.Kill();
                        Reopen([]);
                        break;
                    case 3:
                        _folder.Room = _folder.Room == long.MaxValue ? 200_000 : long.MaxValue;
                        break;
                    default:
                        open = _model.Next(_random);
                        _log.Commit(open);
                        _model.Apply(open);
                        open = [];
                        if (_log.NeedsUpkeep)
                        {
                            Count("upkeep");
                            _log.Upkeep();
                        }
                        break;
                }
            }
            catch (IOException)
            {
                _failsOnce = 0;
                Count(_log.IsUncertain ? "in doubt" : "a write fails and nothing is in doubt");
                // Where a failed write left a doubt nothing is read until it is settled, and then it does not count.
                if (!_log.IsUncertain) IsAsItShouldBe(step);
                else if (_random.Next(2) == 0) Reopen(open);
                else Settle();
            }
            catch (PowerFailedException)
            {
                _failsOnce = 0;
                _folder.Crash();
                Reopen(open);
            }
            if (!_log.IsUncertain && step % 10 == 0) IsAsItShouldBe(step);
        }

        private void Settle()
        {
            try
            {
                _log.Settle();
            }
            catch (IOException)
            {
                _folder.Room = long.MaxValue;
                _log.Settle();
            }
        }

        private void Reopen(List<LogRecord> open)
        {
            _folder.Room = long.MaxValue;
            _folder.Kill();
            _log = LogModel.Open(_folder, _random);
            // Somebody has read it, so whatever is there now must stay there.
            var with = _model.Copy();
            with.Apply(open);
            var (without, difference) = (_model.Difference(_log), with.Difference(_log));
            if (open.Count > 0) Count(difference is null ? "what was open is there" : "what was open is not there");
            Assert.True(without is null || difference is null, $"{without}; {string.Join(", ", _steps)}");
            if (difference is null) _model.Apply(open);
            _folder.Crash();
            _log = LogModel.Open(_folder, _random);
            Assert.True(_model.Difference(_log) is null, $"after a power failure behind the opening: {_model.Difference(_log)}; {string.Join(", ", _steps)}");
        }

        private void IsAsItShouldBe(int step)
        {
            var difference = _model.Difference(_log);
            Assert.True(difference is null, $"step {step}: {difference}; {string.Join(", ", _steps)}");
        }
    }

    [Fact]
    public void What_was_acknowledged_is_there_and_what_failed_is_not()
    {
        var events = new Dictionary<string, int>();
        for (var seed = 0; seed < 300; seed++)
        {
            try
            {
                var run = new Run(seed, events);
                for (var step = 1; step <= 150; step++) run.Step(step);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}: {e.Message}", e);
            }
        }
        foreach (var (what, times) in events.OrderBy(e => e.Key)) output.WriteLine($"{times,6} {what}");
        string[] calls = ["write", "sync", "create", "rename", "sync names"];
        Assert.All(calls, call => Assert.Contains($"the power fails at {call}", events.Keys));
        Assert.All(calls, call => Assert.Contains($"a failure at {call}", events.Keys));
        string[] outcomes = ["in doubt", "what was open is there", "what was open is not there", "upkeep"];
        Assert.All(outcomes, outcome => Assert.True(events[outcome] > 20));
    }
}
