namespace Hocon;

public enum HoconCallbackType { File, Url, Resource }

/// <summary>Gives the text of what <c>include</c> names, or null or nothing if there is none.</summary>
public delegate Task<string> HoconIncludeCallbackAsync(HoconCallbackType callbackType, string value);

public sealed class HoconParser
{
    internal HoconParser() { }

    internal static TreeNode ParseTree(string text, HoconIncludeCallbackAsync? includeCallback = null) =>
        HoconResolver.Resolve(new HoconReader(text.ReplaceLineEndings("\n"), includeCallback, null, [], 0).ReadRoot());
}
