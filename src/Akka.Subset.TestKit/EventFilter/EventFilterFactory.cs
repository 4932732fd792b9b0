using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Event;
using Akka.TestKit.Internal;

namespace Akka.TestKit;

/// <summary>Says which log events are meant; <see cref="IEventFilterApplier"/> says what to do about them.</summary>
public class EventFilterFactory
{
    private readonly TestKitBase _testkit;
    private readonly ActorSystem _system;
    private readonly IReadOnlyList<EventFilterBase> _filters;

    public EventFilterFactory(TestKitBase testkit) : this(testkit, testkit.Sys, []) { }
    public EventFilterFactory(TestKitBase testkit, ActorSystem system) : this(testkit, system, []) { }

    public EventFilterFactory(TestKitBase testkit, ActorSystem system, IReadOnlyList<EventFilterBase> filters) =>
        (_testkit, _system, _filters) = (testkit, system, filters);

    public IEventFilterApplier Exception<TException>(
        string? message = null, string? start = null, string? contains = null, string? source = null) where TException : Exception =>
        Exception(typeof(TException), message, start, contains, source);

    public IEventFilterApplier Exception<TException>(
        Regex pattern, string? source = null) where TException : Exception => Exception(typeof(TException), pattern, source);

    public IEventFilterApplier Exception(
        Type exceptionType, string? message = null, string? start = null, string? contains = null, string? source = null,
        bool checkInnerExceptions = false) =>
        Apply(new ExceptionFilter(exceptionType, new TextMatch(message, start, contains), source, checkInnerExceptions));

    public IEventFilterApplier Exception(Type exceptionType, Regex pattern, string? source = null, bool checkInnerExceptions = false) =>
        Apply(new ExceptionFilter(exceptionType, new TextMatch(Pattern: pattern), source, checkInnerExceptions));

    public IEventFilterApplier Error(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.ErrorLevel, message, start, contains, source);
    public IEventFilterApplier Error(Regex pattern, string? source = null) => ForLogLevel(LogLevel.ErrorLevel, pattern, source);

    public IEventFilterApplier Warning(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.WarningLevel, message, start, contains, source);
    public IEventFilterApplier Warning(Regex pattern, string? source = null) => ForLogLevel(LogLevel.WarningLevel, pattern, source);

    public IEventFilterApplier Info(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.InfoLevel, message, start, contains, source);
    public IEventFilterApplier Info(Regex pattern, string? source = null) => ForLogLevel(LogLevel.InfoLevel, pattern, source);

    public IEventFilterApplier Debug(string? message = null, string? start = null, string? contains = null, string? source = null) =>
        ForLogLevel(LogLevel.DebugLevel, message, start, contains, source);
    public IEventFilterApplier Debug(Regex pattern, string? source = null) => ForLogLevel(LogLevel.DebugLevel, pattern, source);

    public IEventFilterApplier ForLogLevel(
        LogLevel logLevel, string? message = null, string? start = null, string? contains = null, string? source = null) =>
        Apply(new LevelFilter(logLevel, new TextMatch(message, start, contains), source));

    public IEventFilterApplier ForLogLevel(LogLevel logLevel, Regex pattern, string? source = null) =>
        Apply(new LevelFilter(logLevel, new TextMatch(Pattern: pattern), source));

    public IEventFilterApplier DeadLetter() => Apply(new DeadLetterFilter(null, null, null));
    public IEventFilterApplier DeadLetter<TMessage>(string? source = null) => Apply(new DeadLetterFilter(typeof(TMessage), null, source));

    public IEventFilterApplier DeadLetter<TMessage>(Func<TMessage, bool> isMatch, string? source = null) =>
        Apply(new DeadLetterFilter(typeof(TMessage), m => isMatch((TMessage)m), source));

    public IEventFilterApplier DeadLetter(Type type, string? source = null) => Apply(new DeadLetterFilter(type, null, source));

    public IEventFilterApplier Custom(Predicate<LogEvent> predicate) => Apply(new CustomFilter(predicate));

    public IEventFilterApplier Custom<TLogEvent>(
        Predicate<TLogEvent> predicate) where TLogEvent : LogEvent => Apply(new CustomFilter(e => e is TLogEvent typed && predicate(typed)));

    private EventFilterApplier Apply(EventFilterBase filter) => new(_testkit, _system, [.. _filters, filter]);
}
