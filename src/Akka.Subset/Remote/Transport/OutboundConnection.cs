using System.IO.Pipelines;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport.Wire;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using static Akka.Serialization.Serialization;

namespace Akka.Remote.Transport;

/// <summary>A message on its way out; without a recipient it is a doorbell: something else is to be written.</summary>
internal readonly record struct Outbound(object Message, IActorRef? Sender, RemoteActorRef? Recipient);

/// <summary>
/// One attempt at a connection to a peer and, if it succeeds, its life: connect, introduce, then write what is queued until something fails.
/// Whoever closes it, what it has not written goes to dead letters.
/// </summary>
internal sealed class OutboundConnection
{
    /// <summary>More than this waiting for one peer means that it does not read; further messages are dropped.</summary>
    private const int QueueLimit = 500_000;

    // One system call carries about this much; a flush in the middle of a long queue lets the peer start.
    private const int FlushBytes = 64 * 1024;
    private const int SenderCacheLimit = 1024;

    private static readonly object Doorbell = new();

    private readonly Remoting _remoting;
    private readonly Association _association;
    private readonly FailureDetector _failureDetector;
    private readonly RemoteEnvelope _envelope = new();
    private readonly Dictionary<IActorRef, string> _senderPaths = new(ReferenceEqualityComparer.Instance);
    private readonly CancellationTokenSource _abort = new();
    private readonly Channel<Outbound> _queue =
        Channel.CreateBounded<Outbound>(new BoundedChannelOptions(QueueLimit) { SingleReader = true, AllowSynchronousContinuations = false });

    private volatile Ending? _aborted;
    private volatile bool _associated;
    private int _keepAliveDue;
    private int _systemDue = 1; // at the start: those left over from earlier connections
    private ulong _systemWritten;
    private bool _overflowLogged;
    private Reason _farewell = Reason.Unknown;

    public OutboundConnection(Remoting remoting, Association association)
    {
        _remoting = remoting;
        _association = association;
        _failureDetector = remoting.NewFailureDetector();
    }

    /// <summary>The peer answered the introduction.</summary>
    public bool Associated => _associated;

    /// <summary>Ends when the connection has: with how it ended.</summary>
    public Task Completion { get; private set; } = Task.CompletedTask;

    /// <param name="Reason">For the log.</param>
    /// <param name="Level">Null: the end was wanted, or has been logged.</param>
    public sealed record Ending(string Reason, LogLevel? Level = LogLevel.WarningLevel);

    public void Start() => Completion = Task.Run(Run);

    /// <summary>False: the connection is closing, or its queue is full.</summary>
    public bool TrySend(object message, IActorRef? sender, RemoteActorRef recipient)
    {
        if (_queue.Writer.TryWrite(new Outbound(message, sender, recipient))) return true;
        if (_overflowLogged || _queue.Reader.Count < QueueLimit) return false;
        _overflowLogged = true;
        _remoting.Log.Warning(
            "{0} messages wait for {1}, which does not take them; further ones go to dead letters.", QueueLimit, _association.Remote);
        return false;
    }

    /// <summary>System messages are pending in the association.</summary>
    public void Ring()
    {
        Volatile.Write(ref _systemDue, 1);
        _queue.Writer.TryWrite(new Outbound(Doorbell, null, null));
    }

    /// <summary>Closes at once; what waits is dropped.</summary>
    public void Abort(string reason, LogLevel? level = LogLevel.WarningLevel)
    {
        var ending = new Ending(reason, level);
        if (Interlocked.CompareExchange(ref _aborted, ending, null) is not null) return;
        _queue.Writer.TryComplete(new ConnectionAbortedException(reason));
        _ = _abort.CancelAsync(); // what it cancels goes on elsewhere: the caller may hold a lock
    }

    /// <summary>Takes no more messages, writes what waits, says farewell and closes.</summary>
    public void Finish(Reason farewell)
    {
        _farewell = farewell;
        _queue.Writer.TryComplete();
    }

    /// <summary>Called every heartbeat interval.</summary>
    public void Tick()
    {
        if (!_associated) return;
        if (!_failureDetector.IsAvailable)
        {
            Abort("the peer is silent");
            return;
        }
        Volatile.Write(ref _keepAliveDue, 1);
        Ring();
    }

    private async Task Run()
    {
        Ending ending;
        try
        {
            ending = await Talk().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_aborted is null)
        {
            ending = new Ending($"no answer within {_remoting.Settings.ConnectionTimeout.TotalSeconds:0.###} s");
        }
        catch (Exception e)
        {
            ending = _aborted ?? new Ending(e.Message);
        }
        _queue.Writer.TryComplete();
        _association.Closed(this, ending);
        while (_queue.Reader.TryRead(out var left))
            if (left.Recipient is not null) _remoting.DeadLetter(left.Message, left.Sender, left.Recipient);
    }

    private async Task<Ending> Talk()
    {
        using var connecting = CancellationTokenSource.CreateLinkedTokenSource(_abort.Token);
        connecting.CancelAfter(_remoting.Settings.ConnectionTimeout);
        var connection = await _remoting.Tcp.Connect(_association.Remote, connecting.Token).ConfigureAwait(false);
        var finished = false; // otherwise what is buffered must not delay the end
        try
        {
            var pipe = await TcpTransport.Secure(connection, outbound: true).ConfigureAwait(false);
            Framing.Write(pipe.Output, FrameKind.Associate, new Associate
            {
                Magic = Handshake.Magic,
                Version = Handshake.Version,
                Origin = _remoting.DefaultAddress.ToString(),
                Uid = _remoting.Uid,
                Target = _association.Remote.ToString(),
            });
            await pipe.Output.FlushAsync(connecting.Token).ConfigureAwait(false);
            var (refused, accepted) = await ReadAnswer(pipe.Input, connecting.Token).ConfigureAwait(false);
            if (refused is not null)
            {
                finished = true;
                return _association.Refused(refused);
            }
            if (!_association.Adopt(this, accepted!.Uid, accepted.Acknowledged))
            {
                Framing.Write(pipe.Output, FrameKind.Disassociate, new Disassociate { Reason = Reason.Quarantined });
                await pipe.Output.FlushAsync(connecting.Token).ConfigureAwait(false);
                await pipe.Output.CompleteAsync().ConfigureAwait(false);
                finished = true;
                return new Ending("the peer's incarnation is quarantined", Level: null);
            }
            connecting.CancelAfter(Timeout.InfiniteTimeSpan);
            _failureDetector.HeartBeat();
            _associated = true;
            _association.Opened(this);

            // Aborting has to reach a read or a flush that waits for the peer.
            await using var stop = _abort.Token.Register(() => connection.Abort(new ConnectionAbortedException(_aborted!.Reason)));
            var reading = ReadAnswers(pipe.Input);
            var writing = Write(pipe.Output);
            if (await Task.WhenAny(reading, writing).ConfigureAwait(false) == reading)
                Abort(await reading.ConfigureAwait(false)); // a peer that does not answer any more gets nothing more
            await writing.ConfigureAwait(false);
            finished = true;
            return new Ending("finished", Level: null);
        }
        finally
        {
            if (!finished) connection.Abort(new ConnectionAbortedException(_aborted?.Reason ?? "the connection failed"));
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<(Refused? Refused, Accepted? Accepted)> ReadAnswer(PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancel).ConfigureAwait(false);
            var buffer = result.Buffer;
            if (Framing.TryRead(ref buffer, Framing.MaxHandshakeFrame, out var kind, out var body))
            {
                var answer = kind switch
                {
                    FrameKind.Accepted => ((Refused?)null, (Accepted?)Framing.Parse(Accepted.Parser, body)),
                    FrameKind.Refused => (Framing.Parse(Refused.Parser, body), null),
                    _ => throw new FramingException($"{kind} came instead of an answer to the introduction"),
                };
                input.AdvanceTo(buffer.Start);
                return answer;
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) throw new FramingException("the peer closed the connection before it answered");
        }
    }

    /// <summary>Takes acknowledgements and keep-alives until the connection ends, and tells why it did.</summary>
    private async Task<string> ReadAnswers(PipeReader input)
    {
        try
        {
            while (true)
            {
                var result = await input.ReadAsync().ConfigureAwait(false);
                var buffer = result.Buffer;
                if (buffer.Length > 0) _failureDetector.HeartBeat();
                while (Framing.TryRead(ref buffer, Framing.MaxHandshakeFrame, out var kind, out var body))
                    switch (kind)
                    {
                        case FrameKind.Acknowledged: _association.Acknowledged(this, Framing.Parse(Wire.Acknowledged.Parser, body).Sequence); break;
                        case FrameKind.KeepAlive: break;
                        default: throw new FramingException($"an unexpected {kind} frame came");
                    }
                input.AdvanceTo(buffer.Start, buffer.End);
                if (result.IsCompleted) return "the peer closed the connection";
            }
        }
        catch (Exception e)
        {
            return e.Message;
        }
    }

    private async Task Write(PipeWriter output)
    {
        do
        {
            bool more;
            do
            {
                more = WithTransport(_remoting.System, (Connection: this, Output: output), static s => s.Connection.WriteBatch(s.Output));
                var flushed = await output.FlushAsync().ConfigureAwait(false);
                if (flushed.IsCompleted || flushed.IsCanceled) throw new ConnectionAbortedException("the peer closed the connection");
            } while (more);
        } while (await _queue.Reader.WaitToReadAsync().ConfigureAwait(false));
        Framing.Write(output, FrameKind.Disassociate, new Disassociate { Reason = _farewell });
        await output.FlushAsync().ConfigureAwait(false);
        await output.CompleteAsync().ConfigureAwait(false);
    }

    /// <summary>Writes what is queued, up to about <see cref="FlushBytes" />; true: there is more.</summary>
    private bool WriteBatch(PipeWriter output)
    {
        var bytes = 0;
        if (Interlocked.Exchange(ref _keepAliveDue, 0) == 1) bytes += Framing.Write(output, FrameKind.KeepAlive);
        if (Interlocked.Exchange(ref _systemDue, 0) == 1) bytes += WriteSystemMessages(output);
        while (bytes < FlushBytes)
        {
            if (!_queue.Reader.TryRead(out var next)) return _systemDue == 1;
            if (next.Recipient is not null) bytes += WriteMessage(output, next.Message, next.Sender, next.Recipient, 0);
        }
        return true;
    }

    private int WriteSystemMessages(PipeWriter output)
    {
        var bytes = 0;
        foreach (var pending in _association.SystemMessagesAfter(_systemWritten))
        {
            _systemWritten = pending.Sequence;
            var written = WriteMessage(output, pending.Message, null, pending.Recipient, pending.Sequence);
            // One that cannot be written would otherwise be tried again on every connection.
            if (written == 0) _association.Forget(pending.Sequence);
            bytes += written;
        }
        return bytes;
    }

    /// <summary>0: it could not be written, which has been logged.</summary>
    private int WriteMessage(PipeWriter output, object message, IActorRef? sender, RemoteActorRef recipient, ulong sequence)
    {
        try
        {
            var serializer = _remoting.System.Serialization.FindSerializerFor(message);
            _envelope.Recipient = recipient.SerializedPath;
            _envelope.Sender = SenderPath(sender);
            _envelope.Serializer = serializer.Identifier;
            _envelope.Manifest = ManifestFor(serializer, message);
            _envelope.Payload = UnsafeByteOperations.UnsafeWrap(serializer.ToBinary(message));
            _envelope.Sequence = sequence;
        }
        catch (Exception e)
        {
            _remoting.Log.Error(e, "Message of type [{0}] to {1} cannot be serialized and is dropped: {2}", message.GetType(), recipient, e.Message);
            return 0;
        }
        var size = _envelope.CalculateSize();
        if (Framing.FrameLength(size) > _remoting.Settings.MaximumFrameSize)
        {
            _remoting.Log.Error(
                "Message of type [{0}] to {1} is dropped: it takes {2} bytes, akka.remote.dot-netty.tcp.maximum-frame-size allows {3}",
                message.GetType(), recipient, Framing.FrameLength(size), _remoting.Settings.MaximumFrameSize);
            return 0;
        }
        return Framing.Write(output, FrameKind.Envelope, _envelope, size);
    }

    private string SenderPath(IActorRef? sender)
    {
        if (sender is null) return "";
        if (_senderPaths.TryGetValue(sender, out var path)) return path;
        path = SerializedActorPath(sender);
        if (sender is not LocalActorRef) return path; // an Ask, which sends once
        if (_senderPaths.Count >= SenderCacheLimit) _senderPaths.Clear();
        _senderPaths.Add(sender, path);
        return path;
    }
}
