using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace AkkaPaxos.Benchmarks;

/// <summary>ZooKeeper refused a request.</summary>
internal sealed class ZooKeeperException(int code) : Exception($"ZooKeeper's error {code}")
{
    /// <summary>ZooKeeper's number of it.</summary>
    public int Code { get; } = code;
}

/// <summary>
/// A session with a ZooKeeper server, for what a comparison needs of it: NuGet has no client of it here. Any number of requests is in flight at once; what
/// waits goes in one write, and the server answers in order.
/// </summary>
internal sealed class ZooKeeperClient : IAsyncDisposable
{
    private const int CreateOp = 1, GetDataOp = 4, SetDataOp = 5, SyncOp = 9, PingOp = 11, PingXid = -2, NodeExists = -110;
    private static readonly TimeSpan SessionTimeout = TimeSpan.FromSeconds(20);

    private readonly TcpClient _tcp;
    private readonly NetworkStream _stream;
    private readonly Channel<byte[]> _toSend = Channel.CreateUnbounded<byte[]>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<(int Xid, TaskCompletionSource<byte[]> Answer)> _waiting = [];
    private readonly Lock _order = new();
    private readonly CancellationTokenSource _closed = new();
    private Task _loops = Task.CompletedTask;
    private Exception? _failure;
    private int _xid;

    private ZooKeeperClient(TcpClient tcp) => (_tcp, _stream) = (tcp, tcp.GetStream());

    /// <summary>Opens a session.</summary>
    public static async Task<ZooKeeperClient> Connect(IPEndPoint server, CancellationToken cancel)
    {
        var tcp = new TcpClient { NoDelay = true };
        await tcp.ConnectAsync(server, cancel);
        var client = new ZooKeeperClient(tcp);
        // ConnectRequest: protocol version, last zxid seen, timeout in ms, session id, password.
        var hello = new Jute().Int(0).Long(0).Int((int)SessionTimeout.TotalMilliseconds).Long(0).Buffer(new byte[16]).Framed();
        await client._stream.WriteAsync(hello, cancel);
        await ReadFrame(client._stream, cancel);
        client._loops = Task.WhenAll(Task.Run(client.Send, CancellationToken.None), Task.Run(client.Receive, CancellationToken.None), Task.Run(client.Ping, CancellationToken.None));
        return client;
    }

    /// <summary>Makes a node that anybody may change; it may be there already.</summary>
    public async Task Create(string path, ReadOnlyMemory<byte> value, CancellationToken cancel)
    {
        try
        {
            await Ask(CreateOp, new Jute().Text(path).Buffer(value.Span).Int(1).Int(31).Text("world").Text("anyone").Int(0), cancel);
        }
        catch (ZooKeeperException e) when (e.Code == NodeExists)
        {
        }
    }

    /// <summary>Writes a node, of whatever version.</summary>
    public Task SetData(string path, ReadOnlyMemory<byte> value, CancellationToken cancel) =>
        Ask(SetDataOp, new Jute().Text(path).Buffer(value.Span).Int(-1), cancel);

    /// <summary>Reads a node, linearizably: the server first catches up with what the leader has committed. Both requests go at once.</summary>
    public async Task<byte[]> SyncAndGetData(string path, CancellationToken cancel)
    {
        Task<byte[]> sync, get;
        lock (_order)
        {
            sync = Ask(SyncOp, new Jute().Text(path), cancel);
            get = Ask(GetDataOp, new Jute().Text(path).Bool(false), cancel);
        }
        await sync;
        return await get;
    }

    private Task<byte[]> Ask(int op, Jute request, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<byte[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_order)
        {
            if (_failure is not null) return Task.FromException<byte[]>(_failure);
            var xid = ++_xid;
            _waiting.Enqueue((xid, answer));
            _toSend.Writer.TryWrite(request.Framed(xid, op));
        }
        return answer.Task.WaitAsync(cancel);
    }

    private async Task Send()
    {
        try
        {
            var together = new MemoryStream();
            while (await _toSend.Reader.WaitToReadAsync(_closed.Token))
            {
                together.SetLength(0);
                while (together.Length < 1 << 16 && _toSend.Reader.TryRead(out var frame)) together.Write(frame);
                await _stream.WriteAsync(together.GetBuffer().AsMemory(0, (int)together.Length), _closed.Token);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task Receive()
    {
        try
        {
            await using var buffered = new BufferedStream(_stream, 1 << 16);
            while (true)
            {
                var frame = await ReadFrame(buffered, _closed.Token);
                // ReplyHeader: xid, zxid, error.
                var (xid, error) = (BinaryPrimitives.ReadInt32BigEndian(frame), BinaryPrimitives.ReadInt32BigEndian(frame.AsSpan(12)));
                if (xid == PingXid) continue;
                TaskCompletionSource<byte[]> answer;
                lock (_order)
                {
                    (var expected, answer) = _waiting.Dequeue();
                    if (xid != expected) throw new InvalidDataException($"ZooKeeper answered request {xid} where {expected} was due");
                }
                if (error == 0) answer.SetResult(frame);
                else answer.SetException(new ZooKeeperException(error));
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private async Task Ping()
    {
        try
        {
            using var timer = new PeriodicTimer(SessionTimeout / 3);
            while (await timer.WaitForNextTickAsync(_closed.Token))
                _toSend.Writer.TryWrite(new Jute().Framed(PingXid, PingOp));
        }
        catch (OperationCanceledException)
        {
            // The session is closed.
        }
    }

    private void Fail(Exception e)
    {
        lock (_order)
        {
            _failure ??= e;
            while (_waiting.TryDequeue(out var call)) call.Answer.TrySetException(_failure);
        }
    }

    private static async Task<byte[]> ReadFrame(Stream stream, CancellationToken cancel)
    {
        var length = new byte[4];
        await stream.ReadExactlyAsync(length, cancel);
        var frame = new byte[BinaryPrimitives.ReadInt32BigEndian(length)];
        await stream.ReadExactlyAsync(frame, cancel);
        return frame;
    }

    public async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _tcp.Dispose();
        await _loops;
        _closed.Dispose();
    }

    /// <summary>ZooKeeper's encoding: big-endian numbers, and bytes behind their length.</summary>
    private sealed class Jute
    {
        private readonly MemoryStream _bytes = new();

        public Jute Int(int value)
        {
            Span<byte> to = stackalloc byte[4];
            BinaryPrimitives.WriteInt32BigEndian(to, value);
            _bytes.Write(to);
            return this;
        }

        public Jute Long(long value)
        {
            Span<byte> to = stackalloc byte[8];
            BinaryPrimitives.WriteInt64BigEndian(to, value);
            _bytes.Write(to);
            return this;
        }

        public Jute Bool(bool value)
        {
            _bytes.WriteByte(value ? (byte)1 : (byte)0);
            return this;
        }

        public Jute Buffer(ReadOnlySpan<byte> value)
        {
            Int(value.Length);
            _bytes.Write(value);
            return this;
        }

        public Jute Text(string value) => Buffer(Encoding.UTF8.GetBytes(value));

        /// <summary>Behind its length, and with the request's number and kind where there are such.</summary>
        public byte[] Framed(params ReadOnlySpan<int> header)
        {
            var frame = new byte[4 + (4 * header.Length) + _bytes.Length];
            BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
            for (var i = 0; i < header.Length; i++) BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4 + (4 * i)), header[i]);
            _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length).CopyTo(frame.AsSpan(4 + (4 * header.Length)));
            return frame;
        }
    }
}
