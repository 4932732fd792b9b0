using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AkkaPaxos.Kv;

/// <summary>
/// Reads a message from its JSON. Of what is wrong it names the field by its path, <c>success[0].request_put.value</c>: protobuf's own parser says only
/// what it stumbled upon, and names settings of its own that nobody who sends JSON has.
/// </summary>
internal sealed class KvJsonReader
{
    // Messages within messages; protobuf reads no more from bytes either, which is what the request becomes.
    private const int MaxDepth = 100;
    private const int ShownOfWhatIsNoJson = 20; // characters

    // What is nested too deep is for this class to say.
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = int.MaxValue };

    private static readonly ConcurrentDictionary<MessageDescriptor, Dictionary<string, FieldDescriptor>> Fields = [];

    private readonly List<string> _path = [];
    private int _depth;

    private KvJsonReader()
    {
    }

    /// <summary>Reads <paramref name="json"/> into an empty message.</summary>
    /// <exception cref="FormatException">One line that says what is wrong, and where.</exception>
    public static void Read(string json, IMessage into)
    {
        if (string.IsNullOrWhiteSpace(json)) throw new FormatException("there is no body: a JSON object is expected, like {\"key\":\"Zm9v\"}");
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json, Options);
        }
        catch (JsonException e)
        {
            throw new FormatException(NoJson(json, e));
        }
        using (document) new KvJsonReader().Read(document.RootElement, into);
    }

    private static string NoJson(string json, JsonException e)
    {
        var (line, at) = (e.LineNumber ?? 0, e.BytePositionInLine ?? 0);
        var rest = Encoding.UTF8.GetBytes(json.Split('\n').ElementAtOrDefault((int)line) ?? "").AsSpan();
        var shown = Encoding.UTF8.GetString(rest[(int)Math.Min(at, rest.Length)..]).Trim();
        return $"not JSON: line {line + 1}, byte {at + 1}: {(shown.Length == 0 ? "it ends too soon"
            : $"\"{shown[..Math.Min(shown.Length, ShownOfWhatIsNoJson)]}\" cannot stand there")}";
    }

    private FormatException Wrong(string why) => new(_path.Count == 0 ? why : $"{string.Join('.', _path).Replace(".[", "[")}: {why}");

    private void Read(JsonElement json, IMessage message)
    {
        if (json.ValueKind != JsonValueKind.Object) throw Wrong($"a JSON object is expected, not {Kind(json)}");
        if (++_depth > MaxDepth) throw new FormatException($"messages are nested deeper than {MaxDepth}");
        var fields = Fields.GetOrAdd(message.Descriptor, FieldsOf);
        var given = 0UL;
        foreach (var property in json.EnumerateObject())
        {
            var known = fields.TryGetValue(property.Name, out var field);
            _path.Add(field?.Name ?? property.Name);
            if (!known)
                throw Wrong($"there is no such field; there are {string.Join(", ", message.Descriptor.Fields.InFieldNumberOrder().Select(f => f.Name))}");
            if ((given & 1UL << field!.Index) != 0) throw Wrong("it is given twice");
            given |= 1UL << field.Index;
            if (property.Value.ValueKind != JsonValueKind.Null) Read(property.Value, message, field);
            _path.RemoveAt(_path.Count - 1);
        }
        _depth--;
    }

    private static Dictionary<string, FieldDescriptor> FieldsOf(MessageDescriptor message)
    {
        Dictionary<string, FieldDescriptor> fields = [];
        foreach (var field in message.Fields.InFieldNumberOrder()) fields[field.Name] = fields[field.JsonName] = field;
        return fields;
    }

    private void Read(JsonElement json, IMessage message, FieldDescriptor field)
    {
        if (field.ContainingOneof is { } oneof && oneof.Accessor.GetCaseFieldDescriptor(message) is { } other)
            throw Wrong($"it cannot be given beside {other.Name}");
        if (!field.IsRepeated)
        {
            field.Accessor.SetValue(message, Value(json, field));
            return;
        }
        if (json.ValueKind != JsonValueKind.Array) throw Wrong($"an array is expected, not {Kind(json)}");
        var list = (IList)field.Accessor.GetValue(message);
        foreach (var item in json.EnumerateArray())
        {
            _path.Add(string.Create(CultureInfo.InvariantCulture, $"[{list.Count}]"));
            list.Add(Value(item, field));
            _path.RemoveAt(_path.Count - 1);
        }
    }

    private object Value(JsonElement json, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message:
                var inner = field.MessageType.Parser.ParseFrom(ByteString.Empty);
                Read(json, inner);
                return inner;
            case FieldType.Bytes:
                return Bytes(Text(json, "base64 in a string"));
            case FieldType.String:
                return Text(json, "a string");
            case FieldType.Bool:
                return json.ValueKind is JsonValueKind.True or JsonValueKind.False
                    ? json.GetBoolean()
                    : throw Wrong($"true or false is expected, not {Kind(json)}");
            case FieldType.Enum when json.ValueKind == JsonValueKind.String:
                return field.EnumType.FindValueByName(json.GetString()!)?.Number
                    ?? throw Wrong($"{Kind(json)} is none of {string.Join(", ", field.EnumType.Values.Select(v => v.Name))}");
            case FieldType.Enum or FieldType.Int32:
                return (int)Number(json, int.MinValue, int.MaxValue);
            case FieldType.Int64:
                return (long)Number(json, long.MinValue, long.MaxValue);
            case FieldType.UInt64:
                return (ulong)Number(json, ulong.MinValue, ulong.MaxValue);
            default:
                throw new InvalidOperationException($"{field.FullName}: no JSON for {field.FieldType}");
        }
    }

    private ByteString Bytes(string base64)
    {
        try
        {
            return UnsafeByteOperations.UnsafeWrap(Convert.FromBase64String(base64));
        }
        catch (FormatException)
        {
            throw Wrong("this is not base64, which has A-Z, a-z, 0-9, + and /, and = at its end up to a multiple of four");
        }
    }

    private string Text(JsonElement json, string expected)
    {
        if (json.ValueKind != JsonValueKind.String) throw Wrong($"{expected} is expected, not {Kind(json)}");
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("half of a surrogate pair is no text");
        }
    }

    /// <summary>A whole number, bare or in a string; also as 1e3 or 2.0.</summary>
    private decimal Number(JsonElement json, decimal least, decimal most)
    {
        var text = json.ValueKind switch
        {
            JsonValueKind.Number => json.GetRawText(),
            JsonValueKind.String => Text(json, ""),
            _ => throw Wrong($"a whole number is expected, not {Kind(json)}"),
        };
        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        var fits = decimal.TryParse(text, Style, CultureInfo.InvariantCulture, out var number);
        // What even a decimal is too small for is a number all the same.
        if (fits ? decimal.Truncate(number) != number : !double.TryParse(text, Style, CultureInfo.InvariantCulture, out _))
            throw Wrong($"a whole number is expected, not {Kind(json)}");
        return fits && number >= least && number <= most
            ? number
            : throw Wrong(string.Create(CultureInfo.InvariantCulture, $"{Kind(json)} is not between {least} and {most}"));
    }

    private static string Kind(JsonElement json)
    {
        const int Shown = 40;
        return json.ValueKind switch
        {
            JsonValueKind.Object => "an object", JsonValueKind.Array => "an array", JsonValueKind.Null => "null",
            JsonValueKind.True => "true", JsonValueKind.False => "false",
            _ => json.GetRawText() is { Length: <= Shown } text ? text : $"{json.GetRawText()[..Shown]}...",
        };
    }
}
