using Xunit;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.TestKit.Xunit2.Internals;
using Xunit.Abstractions;

namespace Akka.TestKit.Xunit2
{
    /// <summary>The base of xunit test classes: one actor system a test, stopped after it.</summary>
    public class TestKit : TestKitBase, IDisposable
    {
        private bool _disposed;

        public TestKit(ActorSystem? system = null, ITestOutputHelper? output = null) : base(Assertions, system)
        {
            Output = output;
            InitializeLogger(Sys);
        }

        public TestKit(Config config, string? actorSystemName = null, ITestOutputHelper? output = null) : base(Assertions, config, actorSystemName)
        {
            Output = output;
            InitializeLogger(Sys);
        }

        public TestKit(string config, ITestOutputHelper? output = null) : this(ConfigurationFactory.ParseString(config), null, output) { }

        public static new Config DefaultConfig => TestKitBase.DefaultConfig;
        public static new Config FullDebugConfig => TestKitBase.FullDebugConfig;
        protected static new XunitAssertions Assertions { get; } = new();

        /// <summary>Where the log goes besides standard output, if given.</summary>
        protected readonly ITestOutputHelper? Output;

        /// <summary>Called when the test is over; stops its system.</summary>
        protected virtual void AfterAll() => Shutdown();

        protected void InitializeLogger(ActorSystem system)
        {
            if (Output is null) return;
            var logger = ((ExtendedActorSystem)system).SystemActorOf(Props.Create(() => new TestOutputLogger(Output)), "log-test");
            // Asked, so that nothing that the test logs is missed.
            logger.Ask<LoggerInitialized>(new InitializeLogger(system.EventStream), TestKitSettings.SingleExpectDefault).GetAwaiter().GetResult();
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_disposed || !disposing) return;
            _disposed = true;
            try { AfterAll(); }
            finally { LeaveThread(); }
        }
    }

    public class XunitAssertions : ITestKitAssertions
    {
        public void Fail(string format = "", params object[] args) => Assert.Fail(Format(format, args));
        public void AssertTrue(bool condition, string format = "", params object[] args) => Assert.True(condition, Format(format, args));
        public void AssertFalse(bool condition, string format = "", params object[] args) => Assert.False(condition, Format(format, args));

        public void AssertEqual<T>(T expected, T actual, string format = "", params object[] args) =>
            AssertEqual(expected, actual, Equal, format, args);

        public void AssertEqual<T>(T expected, T actual, Func<T, T, bool> comparer, string format = "", params object[] args)
        {
            if (!comparer(expected, actual)) Fail("{0}", $"Expected: {Show(expected)}\nActual:   {Show(actual)}\n{Format(format, args)}".TrimEnd());
        }

        // xunit's own idea of equality: collections by their elements.
        private static bool Equal<T>(T expected, T actual)
        {
            try
            {
                Assert.Equal(expected, actual);
                return true;
            }
            catch (Xunit.Sdk.XunitException) { return false; }
        }

        private static string Show(object? value) => value switch
        {
            null => "null",
            string text => $"\"{text}\"",
            System.Collections.IEnumerable items => $"[{string.Join(", ", items.Cast<object>().Select(Show))}]",
            _ => $"{value} ({value.GetType().Name})",
        };

        private static string Format(string format, object[] args) =>
            args.Length == 0 ? format : string.Format(System.Globalization.CultureInfo.InvariantCulture, format, args);
    }
}

namespace Akka.TestKit.Xunit2.Internals
{
    /// <summary>Writes the log to the output of an xunit test.</summary>
    public class TestOutputLogger : ReceiveActor
    {
        public TestOutputLogger(ITestOutputHelper output)
        {
            Receive<LogEvent>(e =>
            {
                try { output.WriteLine(e.ToString()); }
                catch (InvalidOperationException) { } // the test is over
            });
            Receive<InitializeLogger>(e =>
            {
                foreach (var type in new[] { typeof(Debug), typeof(Info), typeof(Warning), typeof(Error) }) e.LoggingBus.Subscribe(Self, type);
                Sender.Tell(new LoggerInitialized());
            });
        }
    }
}
