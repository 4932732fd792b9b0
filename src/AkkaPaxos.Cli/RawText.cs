using System.Text;

namespace AkkaPaxos.Cli;

/// <summary>
/// Any bytes as text and back. Keys and values pass through text where they are arguments or stand in a transaction, and need not be UTF-8: a byte that
/// is not becomes a lone surrogate, U+DC00 and the byte, which no UTF-8 has (as in Python's PEP 383).
/// </summary>
internal static class RawText
{
    private const int Escape = 0xdc00;

    /// <summary>The text that stands for <paramref name="bytes"/>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length);
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done) text.Append(rune.ToString());
            else foreach (var wrong in bytes[..length]) text.Append((char)(Escape + wrong));
            bytes = bytes[length..];
        }
        return text.ToString();
    }

    /// <summary>The bytes that <paramref name="text"/> stands for.</summary>
    /// <exception cref="CliException">It has a lone surrogate that stands for none: it is no text.</exception>
    public static byte[] Encode(string text)
    {
        var bytes = new List<byte>(text.Length);
        Span<byte> utf8 = stackalloc byte[4];
        for (var i = 0; i < text.Length; i++)
        {
            if (Rune.TryGetRuneAt(text, i, out var rune))
            {
                bytes.AddRange(utf8[..rune.EncodeToUtf8(utf8)]);
                i += rune.Utf16SequenceLength - 1;
            }
            else if (text[i] is >= (char)(Escape + 0x80) and <= (char)(Escape + 0xff)) bytes.Add((byte)(text[i] - Escape));
            else throw new CliException($"\"{text}\" is not Unicode text", 2);
        }
        return [.. bytes];
    }

    /// <summary>
    /// The arguments of this process as they were given: where one is no UTF-8, the runtime has put U+FFFD in the place of bytes, which Linux still knows.
    /// </summary>
    /// <exception cref="CliException">They cannot be had.</exception>
    public static string[] OfProcess(string[] arguments)
    {
        const char Replacement = '\ufffd';
        if (!arguments.Any(a => a.Contains(Replacement))) return arguments;
        try
        {
            var line = File.ReadAllBytes("/proc/self/cmdline");
            List<string> given = [];
            for (var rest = line.AsSpan(); !rest.IsEmpty;)
            {
                var end = rest.IndexOf((byte)0) is >= 0 and var found ? found : rest.Length;
                given.Add(Decode(rest[..end]));
                rest = rest[Math.Min(end + 1, rest.Length)..];
            }
            // The runtime's own stand before.
            var raw = given.TakeLast(arguments.Length).ToList();
            if (raw.Count == arguments.Length && !arguments.Where((a, i) => a != raw[i] && !a.Contains(Replacement)).Any()) return [.. raw];
        }
        catch (IOException)
        {
            // Said below.
        }
        throw new CliException(
            "an argument is not UTF-8, and its bytes cannot be had on this system; a value is taken byte for byte from standard input", 2);
    }
}
