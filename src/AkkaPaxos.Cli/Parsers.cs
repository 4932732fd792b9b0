using System.CommandLine.Parsing;
using System.Globalization;
using System.Text.RegularExpressions;

namespace AkkaPaxos.Cli;

/// <summary>How options are read that are more than a number or a text.</summary>
internal static partial class Parsers
{
    /// <summary>A duration: <c>15s</c>, <c>500ms</c>, <c>2m</c>, <c>1h</c>; a bare number is seconds.</summary>
    public static TimeSpan? Duration(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        var parts = DurationText().Match(text);
        if (parts.Success && double.TryParse(parts.Groups[1].Value, CultureInfo.InvariantCulture, out var number))
        {
            var seconds = parts.Groups[2].Value switch { "ms" => number / 1000, "m" => number * 60, "h" => number * 3600, _ => number };
            if (seconds <= TimeSpan.FromDays(365).TotalSeconds) return TimeSpan.FromTicks((long)Math.Round(seconds * TimeSpan.TicksPerSecond));
        }
        argument.AddError($"{NameOf(argument)}: \"{text}\" is no duration, like 15s, 500ms, 2m or 1h");
        return null;
    }

    /// <summary>The name of one of a few things.</summary>
    /// <param name="argument">The option's argument.</param>
    /// <param name="what">What they are, for a message.</param>
    public static T? OneOf<T>(ArgumentResult argument, string what) where T : struct, Enum
    {
        var text = argument.Tokens[0].Value;
        foreach (var one in Enum.GetValues<T>())
            if ($"{one}".Equals(text, StringComparison.OrdinalIgnoreCase)) return one;
        var known = string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();
        argument.AddError($"{NameOf(argument)}: there is no {what} \"{text}\"; there are {known}");
        return null;
    }

    private static string NameOf(ArgumentResult argument) => (argument.Parent as OptionResult)?.Option.Name ?? argument.Argument.Name;

    [GeneratedRegex(@"^(\d+(?:\.\d+)?)(ms|s|m|h|)$", RegexOptions.CultureInvariant)]
    private static partial Regex DurationText();
}
