using Google.Protobuf;

namespace AkkaPaxos.Kv;

/// <summary>
/// Requests and responses as JSON the way etcd's gateway writes it: the field names of the .proto, 64-bit numbers as strings, bytes as
/// base64, fields at their defaults left out.
/// </summary>
public static class KvJson
{
    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true));
    private static readonly JsonParser Parser = new(JsonParser.Settings.Default);

    /// <summary>The JSON of <paramref name="message"/>.</summary>
    public static string Format(IMessage message) => Formatter.Format(message);

    /// <summary>Writes the JSON of <paramref name="message"/>.</summary>
    public static void Format(IMessage message, TextWriter to) => Formatter.Format(message, to);

    /// <summary>The message whose JSON this is; field names in snake_case or camelCase.</summary>
    /// <exception cref="FormatException">It is not JSON, has an unknown field, or a value that its field cannot hold, such as bytes that are not base64.</exception>
    public static T Parse<T>(TextReader json) where T : IMessage, new()
    {
        try
        {
            return Parser.Parse<T>(json);
        }
        // The parser lets some of what lies below it through: numbers out of range, enumerations it does not know.
        catch (Exception e) when (e is InvalidProtocolBufferException or InvalidJsonException or FormatException or OverflowException or ArgumentException)
        {
            throw new FormatException(e.Message, e);
        }
    }

    /// <inheritdoc cref="Parse{T}(TextReader)"/>
    public static T Parse<T>(string json) where T : IMessage, new() => Parse<T>(new StringReader(json));
}
