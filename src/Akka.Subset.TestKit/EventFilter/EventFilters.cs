using System.Text.RegularExpressions;
using Akka.Event;

namespace Akka.TestKit
{
    public interface IEventFilter
    {
        bool Apply(LogEvent logEvent);
    }

    public interface IUnmutableFilter : IDisposable
    {
        void Unmute();
    }
}

namespace Akka.TestKit.TestEvent
{
    using Akka.TestKit.Internal;

    /// <summary>Published to the event stream: what these filters match is no longer printed.</summary>
    public sealed class Mute : Actor.INoSerializationVerificationNeeded
    {
        public Mute(params EventFilterBase[] filters) => Filters = filters;
        public Mute(IReadOnlyCollection<EventFilterBase> filters) => Filters = filters;
        public IReadOnlyCollection<EventFilterBase> Filters { get; }
    }

    public sealed class Unmute : Actor.INoSerializationVerificationNeeded
    {
        public Unmute(params EventFilterBase[] filters) => Filters = filters;
        public Unmute(IReadOnlyCollection<EventFilterBase> filters) => Filters = filters;
        public IReadOnlyCollection<EventFilterBase> Filters { get; }
    }
}

namespace Akka.TestKit.Internal
{
    public delegate void EventMatched(EventFilterBase eventFilter, LogEvent logEvent);

    /// <summary>Matches log events, and tells who expects them.</summary>
    public abstract class EventFilterBase : IEventFilter
    {
        private readonly TextMatch _message;
        private readonly string? _source;

        private protected EventFilterBase(TextMatch message, string? source) => (_message, _source) = (message, source);

        public event EventMatched? EventMatched;

        protected abstract bool IsMatch(LogEvent evt);

        public bool Apply(LogEvent logEvent)
        {
            if (!IsMatch(logEvent)) return false;
            EventMatched?.Invoke(this, logEvent);
            return true;
        }

        protected abstract string FilterDescriptiveName { get; }

        private protected bool MatchesText(string? source, object? message) => MatchesSource(source) && _message.IsMatch(message?.ToString() ?? "");

        private protected bool MatchesSource(string? source) => _source is null || source == _source || PathOf(source) == PathOf(_source);

        // A log source is an actor's full path; tests mostly write the path without the address.
        private static string? PathOf(string? source)
        {
            if (source is null) return null;
            var scheme = source.IndexOf("://", StringComparison.Ordinal);
            var path = scheme < 0 ? 0 : source.IndexOf('/', scheme + 3);
            var text = path < 0 ? "/" : source[path..];
            var end = text.IndexOf('#');
            return end < 0 ? text : text[..end];
        }

        public override string ToString() => $"{FilterDescriptiveName} when Message {_message}{(_source is null ? "" : $" and Source = {_source}")}";
    }

    /// <summary>What a text must be; all that is given must hold.</summary>
    internal sealed record TextMatch(string? Exact = null, string? Start = null, string? Contains = null, Regex? Pattern = null)
    {
        public bool IsMatch(string text) =>
            (Exact is null || text == Exact)
            && (Start is null || text.StartsWith(Start, StringComparison.Ordinal))
            && (Contains is null || text.Contains(Contains, StringComparison.Ordinal))
            && (Pattern is null || Pattern.IsMatch(text));

        public override string ToString()
        {
            string?[] parts =
            [
                Exact is null ? null : $"is \"{Exact}\"",
                Start is null ? null : $"starts with \"{Start}\"",
                Contains is null ? null : $"contains \"{Contains}\"",
                Pattern is null ? null : $"matches /{Pattern}/",
            ];
            var given = string.Join(" and ", parts.OfType<string>());
            return given.Length == 0 ? "is anything" : given;
        }
    }

    internal sealed class LevelFilter(LogLevel level, TextMatch message, string? source) : EventFilterBase(message, source)
    {
        protected override bool IsMatch(LogEvent evt) =>
            evt.LogLevel() == level && (level == LogLevel.ErrorLevel ? MatchesError(evt) : MatchesText(evt.LogSource, evt.Message));
        private bool MatchesError(LogEvent evt) =>
            MatchesText(evt.LogSource, evt.Message) || (evt.Cause is not null && MatchesText(evt.LogSource, evt.Cause.Message));
        protected override string FilterDescriptiveName => level.ToString().Replace("Level", "");
    }

    internal sealed class ExceptionFilter(Type type, TextMatch message, string? source, bool inner) : EventFilterBase(message, source)
    {
        protected override bool IsMatch(LogEvent evt)
        {
            if (evt is not Error) return false;
            for (var cause = evt.Cause; cause is not null; cause = inner ? cause.InnerException : null)
            {
                if (!type.IsInstanceOfType(cause)) continue;
                if (MatchesText(evt.LogSource, evt.Message) || MatchesText(evt.LogSource, cause.Message)) return true;
            }
            return false;
        }

        protected override string FilterDescriptiveName => $"Error with Cause <{type.Name}>";
    }

    internal sealed class CustomFilter(Predicate<LogEvent> predicate) : EventFilterBase(new TextMatch(), null)
    {
        protected override bool IsMatch(LogEvent evt) => predicate(evt);
        protected override string FilterDescriptiveName => "Custom";
    }

    /// <summary>The listener shows a dead letter to its filters as a warning with the letter as its message.</summary>
    internal sealed class DeadLetterFilter(Type? type, Func<object, bool>? predicate, string? source) : EventFilterBase(new TextMatch(), source)
    {
        protected override bool IsMatch(LogEvent evt) =>
            evt is Warning { Message: DeadLetter letter }
            && MatchesSource(evt.LogSource)
            && (type is null || type.IsInstanceOfType(letter.Message))
            && predicate?.Invoke(letter.Message) != false;

        protected override string FilterDescriptiveName => $"DeadLetter with Message of type <{type?.Name ?? "any"}>";
    }
}
