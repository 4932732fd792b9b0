namespace AkkaPaxos.Node.Hocon;

internal enum HoconCallbackType { File, Url, Resource }

/// <summary>Gives the text of what <c>include</c> names, or null or nothing if there is none.</summary>
internal delegate Task<string> HoconIncludeCallbackAsync(HoconCallbackType callbackType, string value);

internal sealed class HoconParser
{
    internal HoconParser() { }

    /// <exception cref="HoconParserException">The text is empty or not HOCON, a required include is missing, a substitution has no value.</exception>
    public static HoconRoot Parse(string text, HoconIncludeCallbackAsync? includeCallback = null) =>
        new(new HoconValue(ParseTree(text, includeCallback)));

    internal static TreeNode ParseTree(string text, HoconIncludeCallbackAsync? includeCallback = null)
    {
        if (string.IsNullOrWhiteSpace(text)) throw new HoconParserException("the text is empty; an empty configuration is written {}");
        return HoconResolver.Resolve(new HoconReader(text.ReplaceLineEndings("\n"), includeCallback, [], 0).ReadRoot());
    }
}
