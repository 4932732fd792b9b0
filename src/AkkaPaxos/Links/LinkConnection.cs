using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using AkkaPaxos.Wire;
using Google.Protobuf;

namespace AkkaPaxos.Links;

/// <summary>What became of a message that was given to a connection.</summary>
internal enum Sending
{
    /// <summary>It is on its way.</summary>
    Sent,

    /// <summary>It was dropped: too much is on its way already, or this very value.</summary>
    Dropped,

    /// <summary>The connection is closed.</summary>
    Closed,
}

/// <summary>
/// One connection of a link, for any number of senders at once. A sender that finds nobody writing writes itself, and then what others left meanwhile: so a
/// lone message wakes no thread, and what comes together travels together.
/// </summary>
/// <param name="stream">The connection; owned.</param>
/// <param name="limit">Bytes that may wait to be written; a single larger message may. What is more is dropped, as the protocol lives with lost messages.</param>
internal sealed class LinkConnection(Stream stream, long limit) : IDisposable
{
    /// <summary>A value of so many bytes that still waits to be written is not taken a second time.</summary>
    public const int LargeBytes = 64 << 10;

    private const int ReadBytes = 64 << 10;
    private const int KeptBytes = 1 << 20; // a buffer that a large message has grown beyond it is not kept
    private const int TurnsOfOneSender = 16;

    private readonly PipeReader _reader = PipeReader.Create(stream, new StreamPipeReaderOptions(bufferSize: ReadBytes, leaveOpen: true));
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource<string> _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<object> _large = new(ReferenceEqualityComparer.Instance);
    private (ArrayBufferWriter<byte> Bytes, List<object> Large) _waiting = (new(), []), _written = (new(), []);
    private bool _isWriting;
    private bool _hasWritten; // since the last sign of life
    private long _heardAt = Environment.TickCount64;

    /// <summary>Ends when the connection is closed, with the reason in one line.</summary>
    public Task<string> Closed => _closed.Task;

    /// <summary>Milliseconds since something came.</summary>
    public long Silence => Environment.TickCount64 - Volatile.Read(ref _heardAt);

    /// <summary>Sends a message.</summary>
    /// <param name="form">The message.</param>
    /// <param name="manifest">Its manifest.</param>
    /// <param name="target">The receiver.</param>
    /// <param name="sender">The sender.</param>
    /// <param name="large">The large value that it carries; null where there is none.</param>
    public Sending Send(WireForm form, string manifest, string target, string sender, object? large)
    {
        var frame = LinkFrame.SizeOf(form.Size, manifest, target, sender);
        lock (_gate)
        {
            if (Closed.IsCompleted) return Sending.Closed;
            var waiting = _waiting.Bytes.WrittenCount + _written.Bytes.WrittenCount;
            if (waiting > 0 && waiting + frame > limit) return Sending.Dropped;
            if (large is not null)
            {
                if (!_large.Add(large)) return Sending.Dropped;
                _waiting.Large.Add(large);
            }
            LinkFrame.Write(_waiting.Bytes, frame, form, manifest, target, sender);
            if (_isWriting) return Sending.Sent;
            _isWriting = true;
        }
        _ = WriteAll();
        return Sending.Sent;
    }

    /// <summary>Sends this side's part of the introduction.</summary>
    public async Task Introduce(IMessage form, CancellationToken cancel)
    {
        var bytes = new ArrayBufferWriter<byte>();
        LinkFrame.Introduce(bytes, form);
        await stream.WriteAsync(bytes.WrittenMemory, cancel).ConfigureAwait(false);
    }

    /// <summary>Says that this side is there, where nothing else has said so since the last time.</summary>
    public void SignOfLife()
    {
        lock (_gate)
        {
            (var hasWritten, _hasWritten) = (_hasWritten, false);
            if (hasWritten || _isWriting || Closed.IsCompleted) return;
            _waiting.Bytes.Write((ReadOnlySpan<byte>)[0, 0, 0, 0]);
            _isWriting = true;
        }
        _ = WriteAll();
    }

    private async Task WriteAll()
    {
        try
        {
            for (var turn = 1; ; turn++)
            {
                lock (_gate)
                {
                    Written();
                    if (_waiting.Bytes.WrittenCount == 0)
                    {
                        _isWriting = false;
                        return;
                    }
                    (_waiting, _written, _hasWritten) = (_written, _waiting, true);
                }
                if (turn % TurnsOfOneSender == 0) await Task.Yield(); // the sender has other work
                await stream.WriteAsync(_written.Bytes.WrittenMemory).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            Close(e.Message);
        }
    }

    private void Written()
    {
        foreach (var value in _written.Large) _large.Remove(value);
        _written.Large.Clear();
        if (_written.Bytes.Capacity > KeptBytes) _written.Bytes = new ArrayBufferWriter<byte>();
        else _written.Bytes.ResetWrittenCount();
    }

    /// <summary>The other side's part of the introduction.</summary>
    /// <exception cref="LinkProtocolException">It is none, or the connection ended.</exception>
    public async Task<T> Introduction<T>(MessageParser<T> parser, CancellationToken cancel) where T : IMessage<T>
    {
        var isBehindPreface = false;
        while (true)
        {
            var came = await _reader.ReadAsync(cancel).ConfigureAwait(false);
            var buffer = came.Buffer;
            isBehindPreface = isBehindPreface || LinkFrame.TryTakePreface(ref buffer);
            if (isBehindPreface && LinkFrame.TryTake(ref buffer, LinkFrame.MaxIntroduction, out var body))
            {
                T introduction;
                try
                {
                    introduction = parser.ParseFrom(body);
                }
                catch (InvalidProtocolBufferException e)
                {
                    throw new LinkProtocolException($"its introduction cannot be read: {e.Message}");
                }
                _reader.AdvanceTo(buffer.Start);
                return introduction;
            }
            _reader.AdvanceTo(buffer.Start, buffer.End);
            if (came.IsCompleted) throw new LinkProtocolException("it was closed before it had introduced itself");
        }
    }

    /// <summary>Hands on what comes, frame by frame, on the thread on which it comes; ends with the connection.</summary>
    /// <param name="max">The largest body of a frame.</param>
    /// <param name="deliver">Gets each message's body, whose bytes are good until it returns.</param>
    public async Task Receive(int max, Action<ReadOnlySequence<byte>> deliver)
    {
        try
        {
            while (true)
            {
                var came = await _reader.ReadAsync().ConfigureAwait(false);
                Volatile.Write(ref _heardAt, Environment.TickCount64);
                var buffer = came.Buffer;
                while (LinkFrame.TryTake(ref buffer, max, out var body))
                    if (!body.IsEmpty) deliver(body);
                _reader.AdvanceTo(buffer.Start, buffer.End);
                if (came.IsCompleted) break;
            }
            Close("the other side has closed it");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            Close(e.Message);
        }
    }

    /// <summary>Closes it.</summary>
    /// <param name="why">The reason, in one line.</param>
    public void Close(string why)
    {
        lock (_gate) // what is sent from now on hears that it is closed
            if (!_closed.TrySetResult(why)) return;
        stream.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => Close("this side has closed it");
}
