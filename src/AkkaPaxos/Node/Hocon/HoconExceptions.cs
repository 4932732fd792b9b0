namespace AkkaPaxos.Node.Hocon;

internal class HoconException : Exception
{
    public HoconException(string message) : base(message) { }
    public HoconException(string message, Exception innerException) : base(message, innerException) { }
}

/// <summary>The text is not HOCON, or a substitution has no value. The message names line and position, both counted from 1.</summary>
internal sealed class HoconParserException : Exception
{
    public HoconParserException(string message) : base(message) { }

    internal HoconParserException(string what, int line, int position, Exception? cause = null)
        : base($"{what}, at line {line}, position {position}.", cause) => (LineNumber, LinePosition) = (line, position);

    public int LineNumber { get; }
    public int LinePosition { get; }
}

/// <summary>A value exists but cannot be read as what was asked for.</summary>
internal class HoconValueException : HoconException
{
    public HoconValueException(string message, string failPath, Exception innerException) : base(message, innerException) => FailPath = failPath;
    public string FailPath { get; }
}

internal class ConfigurationException : Exception
{
    public ConfigurationException(string message) : base(message) { }
    public ConfigurationException(string message, Exception exception) : base(message, exception) { }
}
