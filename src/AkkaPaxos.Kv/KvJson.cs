using System.Buffers;
using System.Collections;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace AkkaPaxos.Kv;

/// <summary>
/// Requests and responses as JSON the way etcd's gateway has it: the field names of the .proto, 64-bit numbers as strings, bytes as
/// base64, fields at their defaults left out, no blanks.
/// </summary>
public static class KvJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The JSON of <paramref name="message"/>.</summary>
    public static string Format(IMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>(256);
        Format(message, bytes);
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Writes the JSON of <paramref name="message"/>, in UTF-8.</summary>
    public static void Format(IMessage message, IBufferWriter<byte> to)
    {
        // protobuf's own formatter puts blanks between everything.
        using var writer = new Utf8JsonWriter(to, Options);
        Write(writer, message);
    }

    /// <summary>The message whose JSON this is; field names in snake_case or camelCase.</summary>
    /// <exception cref="FormatException">It is not JSON, or has an unknown field, or a value that its field cannot hold; one line that says what and
    /// where.</exception>
    public static T Parse<T>(string json) where T : IMessage, new()
    {
        var message = new T();
        KvJsonReader.Read(json, message);
        return message;
    }

    private static void Write(Utf8JsonWriter writer, IMessage message)
    {
        writer.WriteStartObject();
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            if (field.IsRepeated)
            {
                var list = (IList)field.Accessor.GetValue(message);
                if (list.Count == 0) continue;
                writer.WriteStartArray(field.Name);
                foreach (var item in list) Write(writer, field, item);
                writer.WriteEndArray();
            }
            else if (IsSet(field, message) && field.Accessor.GetValue(message) is { } value)
            {
                writer.WritePropertyName(field.Name);
                Write(writer, field, value);
            }
        }
        writer.WriteEndObject();
    }

    /// <summary>A member of a oneof shows also at its default: it tells which one it is.</summary>
    private static bool IsSet(FieldDescriptor field, IMessage message) => field.ContainingOneof is { } oneof
        ? oneof.Accessor.GetCaseFieldDescriptor(message) == field
        : field.Accessor.GetValue(message) is not (null or 0L or 0UL or 0 or false or "" or ByteString { IsEmpty: true }) and var value
            && !(field.FieldType == FieldType.Enum && Convert.ToInt32(value, CultureInfo.InvariantCulture) == 0);

    private static void Write(Utf8JsonWriter writer, FieldDescriptor field, object value)
    {
        switch (value)
        {
            case IMessage message: Write(writer, message); break;
            case ByteString bytes: writer.WriteBase64StringValue(bytes.Span); break;
            case string text: writer.WriteStringValue(text); break;
            case bool truth: writer.WriteBooleanValue(truth); break;
            case int number: writer.WriteNumberValue(number); break;
            case long or ulong: writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value}")); break;
            case Enum:
                var index = Convert.ToInt32(value, CultureInfo.InvariantCulture);
                if (field.EnumType.FindValueByNumber(index) is { } known) writer.WriteStringValue(known.Name);
                else writer.WriteNumberValue(index);
                break;
            default: throw new InvalidOperationException($"{field.FullName}: no JSON for {value.GetType()}");
        }
    }
}
