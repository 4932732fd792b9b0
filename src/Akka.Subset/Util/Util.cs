#nullable disable
using System.Collections.Concurrent;
using System.Reflection;

namespace Akka
{
    /// <summary>A result that says only that something is done.</summary>
    public sealed class Done
    {
        public static readonly Done Instance = new();
        private Done() { }
    }
}

namespace Akka.Util
{
    public readonly struct Option<T> : IEquatable<Option<T>>
    {
        public static readonly Option<T> None = default;
        private readonly T _value;

        public Option(T value)
        {
            _value = value;
            HasValue = value is not null;
        }

        public static Option<T> Create(T value) => new(value);
        public bool HasValue { get; }
        public bool IsEmpty => !HasValue;
        public T Value => HasValue ? _value : throw new InvalidOperationException("Option<T> has no value.");
        public static implicit operator Option<T>(T value) => new(value);
        public T GetOrElse(T fallbackValue) => HasValue ? _value : fallbackValue;
        public Option<TNew> Select<TNew>(Func<T, TNew> selector) => HasValue ? selector(_value) : Option<TNew>.None;
        public bool Equals(Option<T> other) => HasValue == other.HasValue && EqualityComparer<T>.Default.Equals(_value, other._value);
        public override bool Equals(object obj) => obj is Option<T> other && Equals(other);
        public override int GetHashCode() => HasValue ? EqualityComparer<T>.Default.GetHashCode(_value) : 0;
        public override string ToString() => HasValue ? $"Some<{_value}>" : "None";
        public static bool operator ==(Option<T> left, Option<T> right) => left.Equals(right);
        public static bool operator !=(Option<T> left, Option<T> right) => !left.Equals(right);
    }

    /// <summary>
    /// Finds classes by the names that configurations use. The assemblies named there ("Akka.Remote", "Akka.Persistence.Sql", ...)
    /// are one assembly here, so a name that starts with "Akka" falls back to it, and then to the test kit's.
    /// </summary>
    internal static class TypeResolver
    {
        private static readonly ConcurrentDictionary<string, Type> Known = new();

        public static Type Resolve(string name) => name is null ? null : Known.GetOrAdd(name, Find);

        private static Type Find(string name)
        {
            var comma = name.IndexOf(',');
            var className = (comma < 0 ? name : name[..comma]).Trim();
            var assembly = comma < 0 ? null : name[(comma + 1)..].Split(',')[0].Trim();
            try
            {
                if (Type.GetType(name, throwOnError: false) is { } type) return type;
            }
            catch (Exception e) when (e is IOException or BadImageFormatException or ArgumentException)
            {
                // Such an assembly can not be loaded; it may be part of this one.
            }
            if (typeof(TypeResolver).Assembly.GetType(className) is { } own) return own;
            if (assembly is null || (assembly != "Akka" && !assembly.StartsWith("Akka.", StringComparison.Ordinal))) return Loaded(className, assembly);
            try
            {
                return Assembly.Load("Akka.Subset.TestKit").GetType(className);
            }
            catch (Exception e) when (e is IOException or BadImageFormatException)
            {
                return Loaded(className, null);
            }
        }

        private static Type Loaded(string className, string assembly) => AppDomain.CurrentDomain.GetAssemblies()
            .Where(a => assembly is null || a.GetName().Name == assembly)
            .Select(a => a.GetType(className)).FirstOrDefault(t => t is not null);
    }

    public static class WildcardMatch
    {
        /// <summary>Whether <paramref name="text"/> matches, where * stands for any characters and ? for one.</summary>
        public static bool Like(this string text, string pattern, bool caseSensitive = false)
        {
            var comparer = caseSensitive ? StringComparison.Ordinal : StringComparison.OrdinalIgnoreCase;
            int t = 0, p = 0, star = -1, mark = 0;
            while (t < text.Length)
            {
                if (p < pattern.Length && pattern[p] == '*') (star, mark) = (p++, t);
                else if (p < pattern.Length && (pattern[p] == '?' || string.Compare(pattern, p, text, t, 1, comparer) == 0)) (p, t) = (p + 1, t + 1);
                else if (star >= 0) (p, t) = (star + 1, ++mark);
                else return false;
            }
            while (p < pattern.Length && pattern[p] == '*') p++;
            return p == pattern.Length;
        }
    }
}
