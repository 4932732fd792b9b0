using System.Globalization;
using System.Text;

namespace AkkaPaxos.Hocon;

/// <summary>How HOCON writes paths, strings, numbers, durations and sizes.</summary>
internal static class HoconText
{
    /// <summary>One key, quoted where it needs to be.</summary>
    public static string Key(string key) => key.Length > 0 && key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? key : Quote(key);

    /// <summary>Keys as a path.</summary>
    public static string Join(IEnumerable<string> path) => string.Join('.', path.Select(Key));

    /// <summary>As a quoted string.</summary>
    public static string Quote(string text)
    {
        var to = new StringBuilder("\"");
        foreach (var c in text)
            _ = c switch
            {
                '"' => to.Append("\\\""),
                '\\' => to.Append("\\\\"),
                '\n' => to.Append("\\n"),
                '\r' => to.Append("\\r"),
                '\t' => to.Append("\\t"),
                _ when char.IsControl(c) => to.Append($"\\u{(int)c:x4}"),
                _ => to.Append(c),
            };
        return to.Append('"').ToString();
    }

    /// <summary>Null when it is none.</summary>
    public static bool? Boolean(string text) => text switch
    {
        "true" or "on" or "yes" => true,
        "false" or "off" or "no" => false,
        _ => null,
    };

    /// <summary>A duration: a number and a unit, or a bare number of milliseconds. Null when it is none.</summary>
    public static TimeSpan? Duration(string text)
    {
        if (!Split(text, out var number, out var unit) || number < 0) return null;
        decimal? ticks = unit switch
        {
            "ns" or "nano" or "nanos" or "nanosecond" or "nanoseconds" => 0.01m,
            "us" or "micro" or "micros" or "microsecond" or "microseconds" => TimeSpan.TicksPerMicrosecond,
            "" or "ms" or "milli" or "millis" or "millisecond" or "milliseconds" => TimeSpan.TicksPerMillisecond,
            "s" or "second" or "seconds" => TimeSpan.TicksPerSecond,
            "m" or "minute" or "minutes" => TimeSpan.TicksPerMinute,
            "h" or "hour" or "hours" => TimeSpan.TicksPerHour,
            "d" or "day" or "days" => TimeSpan.TicksPerDay,
            _ => null,
        };
        if (ticks is null || number > TimeSpan.MaxValue.Ticks / ticks.Value) return null;
        return TimeSpan.FromTicks((long)Math.Round(number * ticks.Value));
    }

    /// <summary>A size in bytes: powers of ten (kB, MB, …) or of two (K, KiB, M, MiB, …). Null when it is none.</summary>
    public static long? Size(string text)
    {
        if (!Split(text, out var number, out var unit) || number < 0) return null;
        var (power, two) = unit switch
        {
            "" or "B" or "b" or "byte" or "bytes" => (0, true),
            "K" or "k" or "Ki" or "KiB" or "kibibyte" or "kibibytes" => (1, true),
            "M" or "m" or "Mi" or "MiB" or "mebibyte" or "mebibytes" => (2, true),
            "G" or "g" or "Gi" or "GiB" or "gibibyte" or "gibibytes" => (3, true),
            "T" or "t" or "Ti" or "TiB" or "tebibyte" or "tebibytes" => (4, true),
            "P" or "p" or "Pi" or "PiB" or "pebibyte" or "pebibytes" => (5, true),
            "E" or "e" or "Ei" or "EiB" or "exbibyte" or "exbibytes" => (6, true),
            "kB" or "kilobyte" or "kilobytes" => (1, false),
            "MB" or "megabyte" or "megabytes" => (2, false),
            "GB" or "gigabyte" or "gigabytes" => (3, false),
            "TB" or "terabyte" or "terabytes" => (4, false),
            "PB" or "petabyte" or "petabytes" => (5, false),
            "EB" or "exabyte" or "exabytes" => (6, false),
            _ => (-1, false),
        };
        if (power < 0) return null;
        var bytes = (decimal)Math.Pow(two ? 1024 : 1000, power);
        return number > long.MaxValue / bytes ? null : (long)(number * bytes);
    }

    private static bool Split(string text, out decimal number, out string unit)
    {
        text = text.Trim();
        var digits = text.Length;
        while (digits > 0 && char.IsLetter(text[digits - 1])) digits--;
        unit = text[digits..];
        return decimal.TryParse(text[..digits], NumberStyles.Float, CultureInfo.InvariantCulture, out number);
    }
}
