using Akka.Actor;

namespace Akka.Remote;

/// <summary>Remoting cannot start or cannot go on.</summary>
public class RemoteTransportException : AkkaException
{
    public RemoteTransportException(string message, Exception? cause = null) : base(message, cause)
    {
    }
}
