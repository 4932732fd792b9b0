using System.Buffers;
using System.IO.Pipelines;
using Akka.Actor;
using Akka.Event;
using Akka.Remote.Transport.Wire;
using Microsoft.AspNetCore.Connections;

namespace Akka.Remote.Transport;

/// <summary>
/// A connection that a peer, or anybody else, opened: checks the introduction, then delivers what comes, until it ends. Whatever breaks the
/// protocol closes it with one error in the log.
/// </summary>
internal sealed class InboundConnection
{
    private readonly Remoting _remoting;
    private readonly ConnectionContext _connection;
    private readonly FailureDetector _failureDetector;
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile string? _abortReason;

    public InboundConnection(Remoting remoting, ConnectionContext connection)
    {
        _remoting = remoting;
        _connection = connection;
        _failureDetector = remoting.NewFailureDetector();
    }

    /// <summary>Ends when the connection has, and everything that came on it is delivered.</summary>
    public Task Completion => _completion.Task;

    public void Abort(string reason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, reason, null) is not null) return;
        // Elsewhere: the caller may hold a lock that the reader wants.
        ThreadPool.UnsafeQueueUserWorkItem(
            static c => c._connection.Abort(new ConnectionAbortedException(c._abortReason!)), this, preferLocal: false);
    }

    /// <summary>Called every heartbeat interval.</summary>
    public void Tick()
    {
        if (!_failureDetector.IsAvailable) Abort("the peer is silent");
    }

    public async Task Run()
    {
        long received = 0;
        Association? association = null;
        try
        {
            var pipe = await TcpTransport.Secure(_connection, outbound: false).ConfigureAwait(false);
            Associate? introduction;
            using (var timeout = new CancellationTokenSource(_remoting.Settings.ConnectionTimeout))
            {
                try
                {
                    (introduction, received) = await ReadIntroduction(pipe.Input, timeout.Token).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    throw new FramingException($"no introduction came within {_remoting.Settings.ConnectionTimeout.TotalSeconds:0.###} s");
                }
            }
            if (introduction is null) return; // closed without a word, as port scanners and health checks do
            association = await Answer(introduction, pipe.Output).ConfigureAwait(false);
            if (association is null) return;
            _remoting.Events.Notify(new AssociatedEvent(_remoting.DefaultAddress, association.Remote, true));
            await Deliver(association, introduction.Uid, pipe).ConfigureAwait(false);
        }
        catch (FramingException e)
        {
            if (_abortReason is null) _remoting.Log.Error("Connection from {0} is closed: {1}", _connection.RemoteEndPoint, e.Message);
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException or OperationCanceledException)
        {
            // The peer died or was cut off; that is an event, not an error of this side.
            _remoting.Log.Debug("Connection from {0} ended: {1}", _connection.RemoteEndPoint, _abortReason ?? e.Message);
        }
        catch (Exception e)
        {
            _remoting.Log.Error(e, "Connection from {0} is closed: {1}", _connection.RemoteEndPoint, e.Message);
        }
        finally
        {
            await Close(association).ConfigureAwait(false);
        }
    }

    private async Task Close(Association? association)
    {
        try
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception e)
        {
            _remoting.Log.Debug("Closing the connection from {0}: {1}", _connection.RemoteEndPoint, e.Message);
        }
        _completion.TrySetResult();
        _remoting.Closed(this);
        if (association is null) return;
        association.Closed(this);
        _remoting.Events.Notify(new DisassociatedEvent(_remoting.DefaultAddress, association.Remote, true));
    }

    /// <summary>Null: the connection was closed before its first byte.</summary>
    private static async Task<(Associate? Introduction, long Bytes)> ReadIntroduction(PipeReader input, CancellationToken cancel)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancel).ConfigureAwait(false);
            var buffer = result.Buffer;
            var bytes = buffer.Length;
            if (Framing.TryRead(ref buffer, Framing.MaxHandshakeFrame, out var kind, out var body))
            {
                if (kind != FrameKind.Associate) throw new FramingException($"{kind} came instead of an introduction");
                var introduction = Framing.Parse(Associate.Parser, body);
                if (introduction.Magic != Handshake.Magic) throw new FramingException("the first frame is no introduction of an Akka system");
                input.AdvanceTo(buffer.Start);
                return (introduction, bytes);
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (!result.IsCompleted) continue;
            if (bytes == 0) return (null, 0);
            throw new FramingException($"it ended after {bytes} bytes, within the introduction");
        }
    }

    private async Task<Association?> Answer(Associate introduction, PipeWriter output)
    {
        if (!Address.TryParse(introduction.Origin, out var origin) || origin is not { Host: not null, Port: not null })
            throw new FramingException($"the introduction names no address: [{introduction.Origin}]");
        var refusal = introduction.Version != Handshake.Version
            ? new Refused { Reason = Reason.WrongVersion, Detail = $"protocol version {introduction.Version}, here is {Handshake.Version}" }
            : introduction.Target != _remoting.DefaultAddress.ToString()
                ? new Refused { Reason = Reason.WrongAddress, Detail = $"the system here is {_remoting.DefaultAddress}, not {introduction.Target}" }
                : _remoting.Stopping ? new Refused { Reason = Reason.Shutdown, Detail = "the system stops" } : null;
        if (refusal is null)
        {
            var association = _remoting.AssociationWith(origin);
            if (await association.Adopt(this, introduction.Uid).ConfigureAwait(false) is { } received)
            {
                _failureDetector.HeartBeat();
                Framing.Write(output, FrameKind.Accepted, new Accepted { Uid = _remoting.Uid, Acknowledged = received });
                await output.FlushAsync().ConfigureAwait(false);
                return association;
            }
            refusal = new Refused { Reason = Reason.Quarantined, Detail = $"incarnation {introduction.Uid} is quarantined" };
        }
        Framing.Write(output, FrameKind.Refused, refusal);
        await output.FlushAsync().ConfigureAwait(false);
        await output.CompleteAsync().ConfigureAwait(false);
        _remoting.Log.Debug("Connection from {0} ({1}) is refused: {2}", _connection.RemoteEndPoint, introduction.Origin, refusal.Detail);
        return null;
    }

    private async Task Deliver(Association association, int uid, IDuplexPipe pipe)
    {
        var delivery = new MessageDelivery(_remoting);
        while (true)
        {
            var result = await pipe.Input.ReadAsync().ConfigureAwait(false);
            var buffer = result.Buffer;
            if (buffer.Length > 0) _failureDetector.HeartBeat();
            var (acknowledge, answers, farewell) = TakeFrames(ref buffer, delivery, association, uid);
            pipe.Input.AdvanceTo(buffer.Start, buffer.End);
            if (farewell is { } reason)
            {
                if (reason == Reason.Quarantined) association.QuarantinedByPeer();
                else association.PeerStops();
                return;
            }
            if (answers)
            {
                if (acknowledge > 0) Framing.Write(pipe.Output, FrameKind.Acknowledged, new Acknowledged { Sequence = acknowledge });
                else Framing.Write(pipe.Output, FrameKind.KeepAlive);
                await pipe.Output.FlushAsync().ConfigureAwait(false);
            }
            if (!result.IsCompleted) continue;
            if (!buffer.IsEmpty) throw new FramingException($"it ended within a frame, {buffer.Length} bytes of which had come");
            return;
        }
    }

    /// <summary>Delivers all complete frames of the buffer; returns what to answer, and the farewell if one came.</summary>
    private (ulong Acknowledge, bool Answers, Reason? Farewell) TakeFrames(
        ref ReadOnlySequence<byte> buffer, MessageDelivery delivery, Association association, int uid)
    {
        ulong acknowledge = 0;
        var answers = false;
        while (Framing.TryRead(ref buffer, _remoting.Settings.MaximumFrameSize, out var kind, out var body))
            switch (kind)
            {
                case FrameKind.Envelope:
                    var envelope = Framing.Parse(RemoteEnvelope.Parser, body);
                    if (envelope.Sequence == 0)
                    {
                        delivery.Deliver(envelope);
                        break;
                    }
                    if (association.IsNews(uid, envelope.Sequence)) delivery.Deliver(envelope);
                    acknowledge = envelope.Sequence;
                    answers = true;
                    break;
                case FrameKind.KeepAlive:
                    answers = true;
                    break;
                case FrameKind.Disassociate:
                    return (acknowledge, answers, Framing.Parse(Disassociate.Parser, body).Reason);
                default:
                    throw new FramingException($"an unexpected {kind} frame came");
            }
        return (acknowledge, answers, null);
    }
}
