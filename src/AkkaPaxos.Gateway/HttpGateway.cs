using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace AkkaPaxos.Gateway;

/// <summary>
/// etcd's JSON API over HTTP, and what operators look at: Kestrel with one dispatch by path, without host, middleware or logging of its own.
/// </summary>
public sealed partial class HttpGateway : IAsyncDisposable
{
    /// <summary>The version of etcd whose JSON API this speaks.</summary>
    public const string EtcdVersion = "3.4.0";

    private readonly IKvBackend _backend;
    private readonly GatewaySettings _settings;
    private readonly Action<Exception, string> _log;
    private readonly KestrelServer _server;
    private readonly ByteBudget _underWay;
    private readonly Connections _connections;
    private volatile bool _isDraining;
    private long _answeredAt; // by Environment.TickCount64

    private HttpGateway(IKvBackend backend, GatewaySettings settings, Action<Exception, string> log)
    {
        (_backend, _settings, _log) = (backend, settings, log);
        _underWay = new ByteBudget(settings.MaxBytesUnderWay);
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.MaxRequestBodySize = null; // ReadBody has the limit: Kestrel's resets the connection, and its answer is lost with it
        _connections = new Connections(new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance));
        options.Listen(Resolve(settings.Host), settings.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(_connections.Count);
        });
        _server = new KestrelServer(Options.Create(options), _connections, NullLoggerFactory.Instance);
    }

    /// <summary>Where it listens: <c>http://127.0.0.1:2379</c>.</summary>
    public string Address => _server.Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();

    /// <summary>Serves <paramref name="backend"/>.</summary>
    /// <param name="backend">The node.</param>
    /// <param name="settings">Where to listen, and limits.</param>
    /// <param name="log">Told of a failure in the gateway itself, with the path that was asked for.</param>
    /// <exception cref="IOException">The address cannot be listened on; the message names it and the settings.</exception>
    public static async Task<HttpGateway> StartAsync(IKvBackend backend, GatewaySettings settings, Action<Exception, string>? log = null)
    {
        var where = $"{settings.Host}:{settings.Port} (akkapaxos.gateway.host and port)";
        HttpGateway gateway;
        try
        {
            gateway = new HttpGateway(backend, settings, log ?? ((_, _) => { }));
            await gateway._server.StartAsync(new Application(gateway), CancellationToken.None);
        }
        catch (Exception e) when (e is AddressInUseException or { InnerException: AddressInUseException })
        {
            throw new IOException($"cannot serve HTTP on {where}: the port is in use", e);
        }
        catch (Exception e) when (e is IOException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            throw new IOException($"cannot serve HTTP on {where}: {e.Message}", e);
        }
        return gateway;
    }

    /// <summary>
    /// Takes no new connections, and has clients leave the open ones: each next answer there says that it is the last. A connection that is just closed may meet a request on its
    /// way, whose client then cannot know what became of it; where nobody uses them any more none does. To be called before <see cref="DisposeAsync"/> where others serve instead.
    /// </summary>
    /// <param name="quiet">Clients that have not left are waited for until nobody has been answered for so long.</param>
    /// <param name="patience">How long it waits at most.</param>
    public async Task Drain(TimeSpan quiet, TimeSpan patience)
    {
        _isDraining = true;
        await _connections.Unbind();
        for (var clock = Stopwatch.StartNew(); _connections.Open > 0 && clock.Elapsed < patience; await Task.Delay(5))
            if (Environment.TickCount64 - Volatile.Read(ref _answeredAt) >= quiet.TotalMilliseconds) return;
    }

    /// <summary>Stops listening; requests under way get a second to finish.</summary>
    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        await _server.StopAsync(patience.Token);
        _server.Dispose();
    }

    private static IPAddress Resolve(string host) => IPAddress.TryParse(host, out var address) ? address : Dns.GetHostAddresses(host)[0];

    private sealed class Application(HttpGateway gateway) : IHttpApplication<HttpContext>
    {
        public HttpContext CreateContext(IFeatureCollection features) => new DefaultHttpContext(features);

        public Task ProcessRequestAsync(HttpContext context) => gateway.Process(context);

        public void DisposeContext(HttpContext context, Exception? exception)
        {
        }
    }

    private async Task Process(HttpContext context)
    {
        try
        {
            await Dispatch(context);
        }
        catch (BadHttpRequestException e)
        {
            await Refuse(context, e.StatusCode, Invalid(e.Message));
        }
        catch (OverloadedException e)
        {
            await Refuse(context, TooMany(e.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody waits for an answer.
        }
        catch (Exception e)
        {
            _log(e, context.Request.Path);
            await Refuse(context, StatusCodes.Status500InternalServerError, new Error { Code = 13, Message = $"akkapaxos: {e.Message}" });
        }
    }

    private Task Dispatch(HttpContext context) => context.Request.Path.Value switch
    {
        "/v3/kv/put" => Post(context, c => Kv<PutRequest>(c, put => new RequestOp { RequestPut = put })),
        "/v3/kv/range" => Post(context, c => Kv<RangeRequest>(c, range => new RequestOp { RequestRange = range })),
        "/v3/kv/deleterange" => Post(context, c => Kv<DeleteRangeRequest>(c, delete => new RequestOp { RequestDeleteRange = delete })),
        "/v3/kv/txn" => Post(context, c => Kv<TxnRequest>(c, txn => new RequestOp { RequestTxn = txn })),
        "/v3/maintenance/status" => Post(context, MaintenanceStatus),
        "/v3/maintenance/transfer-leadership" => Post(context, MoveLeader),
        "/v3/cluster/member/list" => Post(context, ListMembers),
        "/v3/cluster/member/add" => Post(context, AddMember),
        "/v3/cluster/member/remove" => Post(context, RemoveMember),
        "/v3/cluster/member/update" => Post(context, UpdateMember),
        "/v3/cluster/member/promote" => Post(context, PromoteMember),
        "/health" => Get(context, Health),
        "/status" => Get(context, Status),
        "/snapshot" => Get(context, Snapshot),
        "/trace" => Get(context, Trace),
        "/resources" => Get(context, c => Answer(c, _backend.Resources(), GatewayJson.Default.ResourceReport)),
        "/version" => Get(context, c => Answer(c, StatusCodes.Status200OK, Versions)),
        _ => Refuse(context, StatusCodes.Status404NotFound, new Error { Code = KvErrors.NotFound, Message = "Not Found" }),
    };

    private static readonly string Versions =
        $$"""{"etcdserver":"{{EtcdVersion}}","etcdcluster":"{{EtcdVersion}}","akkapaxos":"{{OwnVersion?.ToString(3)}}"}""";

    private static Version? OwnVersion => typeof(HttpGateway).Assembly.GetName().Version;

    private Task Post(HttpContext context, Func<HttpContext, Task> handle) =>
        Only(HttpMethods.IsPost(context.Request.Method), "POST", context, handle);

    private Task Get(HttpContext context, Func<HttpContext, Task> handle) =>
        Only(HttpMethods.IsGet(context.Request.Method), "GET", context, handle);

    private Task Only(bool allowed, string method, HttpContext context, Func<HttpContext, Task> handle)
    {
        if (allowed) return handle(context);
        context.Response.Headers.Allow = method;
        return Refuse(context, StatusCodes.Status405MethodNotAllowed, new Error { Code = KvErrors.Unimplemented, Message = "Method Not Allowed" });
    }

    // The store ----------------------------------------------------------------------------------------------------------

    private async Task Kv<T>(HttpContext context, Func<T, RequestOp> wrap) where T : IMessage, new()
    {
        using var room = new BudgetShare(_underWay);
        if (await Operation(context, wrap, room) is not { } op || await Ask(context, op) is not { } answer) return;
        // As JSON it is larger, and there for some moments more than once.
        var more = KvRules.Writes(op) ? 0 : 4L * answer.Length;
        if (!room.TryTake(more)) throw Crowded(more);
        await Reply(context, answer);
    }

    private OverloadedException Crowded(long bytes) =>
        new($"{_underWay.Taken} bytes of requests and answers are under way, and this one takes {bytes}");

    /// <summary>What a request asks for; null where it was refused.</summary>
    private async Task<RequestOp?> Operation<T>(HttpContext context, Func<T, RequestOp> wrap, BudgetShare room) where T : IMessage, new()
    {
        T request;
        try
        {
            request = KvJson.Parse<T>(await ReadBody(context, room));
        }
        catch (FormatException e)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, Invalid(e.Message));
            return null;
        }
        var op = wrap(request);
        if (KvRules.Check(op) is not { } invalid) return op;
        await Refuse(context, invalid);
        return null;
    }

    /// <summary>The store's answer; null where there is none, which was said.</summary>
    private async Task<ReadOnlyMemory<byte>?> Ask(HttpContext context, RequestOp op)
    {
        var writes = KvRules.Writes(op);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_settings.RequestTimeout);
        try
        {
            var bytes = KvOperations.Encode(op);
            return await (writes
                ? _backend.Submit(bytes, patience.Token)
                : _backend.Query(bytes, op.RequestRange?.Serializable ?? false, patience.Token));
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            var why = patience.IsCancellationRequested ? "etcdserver: request timed out" : "etcdserver: server stopped";
            if (writes) why += "; the write may still happen later";
            if (await _backend.Problems() is { } problems) why += $"; {problems}";
            await Refuse(context, new Error { Code = KvErrors.Unavailable, Message = why });
        }
        catch (RequestTooLargeException e)
        {
            await Refuse(context, StatusCodes.Status413PayloadTooLarge, Invalid($"{TooLarge}: {e.Message}"));
        }
        catch (Exception e) when (e is OutcomeUnknownException or SessionsForgottenException)
        {
            await Refuse(context, new Error { Code = KvErrors.Unavailable, Message = $"akkapaxos: {e.Message}" });
        }
        return null;
    }

    private async Task Reply(HttpContext context, ReadOnlyMemory<byte> answer)
    {
        var result = KvOperations.Decode(answer);
        var (response, header) = result.OutcomeCase switch
        {
            Result.OutcomeOneofCase.ResponsePut => ((IMessage)result.ResponsePut, result.ResponsePut.Header),
            Result.OutcomeOneofCase.ResponseRange => (result.ResponseRange, result.ResponseRange.Header),
            Result.OutcomeOneofCase.ResponseDeleteRange => (result.ResponseDeleteRange, result.ResponseDeleteRange.Header),
            Result.OutcomeOneofCase.ResponseTxn => (result.ResponseTxn, result.ResponseTxn.Header),
            _ => (result.Error, null),
        };
        if (header is null)
        {
            await Refuse(context, result.Error);
            return;
        }
        Complete(header);
        await Answer(context, response);
    }

    private void Complete(ResponseHeader header)
    {
        header.ClusterId = _backend.ClusterId;
        header.MemberId = (ulong)_backend.Node;
        header.RaftTerm = (ulong)_backend.Round;
    }

    // Answers ------------------------------------------------------------------------------------------------------------

    private static Error Invalid(string message) => new() { Code = KvErrors.InvalidArgument, Message = message };

    private static Error TooMany(string why) =>
        new() { Code = KvErrors.ResourceExhausted, Message = $"etcdserver: too many requests: {why}; nothing was done, try again later" };

    private Task Refuse(HttpContext context, Error error) => Refuse(context, error.Code switch
    {
        KvErrors.InvalidArgument or KvErrors.OutOfRange or KvErrors.FailedPrecondition => StatusCodes.Status400BadRequest,
        KvErrors.NotFound => StatusCodes.Status404NotFound,
        KvErrors.Unavailable or KvErrors.ResourceExhausted => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    }, error);

    private Task Refuse(HttpContext context, int status, Error error)
    {
        if (context.Response.HasStarted) return Task.CompletedTask;
        var body = new ErrorBody(error.Message, error.Message, error.Code);
        return Answer(context, status, JsonSerializer.Serialize(body, GatewayJson.Default.ErrorBody));
    }

    private Task Answer<T>(HttpContext context, T value, JsonTypeInfo<T> type) =>
        Answer(context, StatusCodes.Status200OK, JsonSerializer.Serialize(value, type));

    private Task Answer(HttpContext context, int status, string json) => Answer(context, status, Encoding.UTF8.GetBytes(json));

    private Task Answer(HttpContext context, IMessage message)
    {
        var json = new ArrayBufferWriter<byte>(256);
        KvJson.Format(message, json);
        return Answer(context, StatusCodes.Status200OK, json.WrittenMemory);
    }

    private async Task Answer(HttpContext context, int status, ReadOnlyMemory<byte> json)
    {
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        if (_isDraining) response.Headers.Connection = "close";
        Volatile.Write(ref _answeredAt, Environment.TickCount64);
        await response.BodyWriter.WriteAsync(json, context.RequestAborted);
    }
}
