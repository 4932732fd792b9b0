using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaPaxos.Kv;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace AkkaPaxos.Gateway;

// What operators look at.
public sealed partial class HttpGateway
{
    private static readonly ReadOnlyMemory<byte> HealthQuery =
        KvOperations.Encode(new RangeRequest { Key = ByteString.CopyFromUtf8("health"), CountOnly = true });

    /// <summary>Healthy is a node through which the store can be read: it knows a leader, and that leader reaches a majority.</summary>
    private async Task Health(HttpContext context)
    {
        var limit = TimeSpan.FromSeconds(1) < _settings.RequestTimeout ? TimeSpan.FromSeconds(1) : _settings.RequestTimeout;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(limit);
        string? reason = null;
        try
        {
            var status = await _backend.Status(patience.Token);
            if (status.Leader == 0) reason = "no leader is known";
            else await _backend.Query(HealthQuery, serializable: false, patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            reason = $"no majority answered a read within {limit.TotalSeconds:0.#} s";
        }
        if (reason is not null && await _backend.Problems() is { } problems) reason += $"; {problems}";
        if (reason is null)
        {
            await Answer(context, StatusCodes.Status200OK, """{"health":"true"}""");
            return;
        }
        var quoted = JsonSerializer.Serialize(reason, GatewayJson.Default.String);
        await Answer(context, StatusCodes.Status503ServiceUnavailable, $$"""{"health":"false","reason":{{quoted}}}""");
    }

    private async Task Status(HttpContext context) =>
        await Answer(context, await _backend.Status(context.RequestAborted), GatewayJson.Default.NodeReport);

    private async Task Trace(HttpContext context)
    {
        var query = context.Request.Query;
        if (!long.TryParse(query["from"], out var from) || !long.TryParse(query["to"], out var to) || from < 1 || to < from)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, Invalid("akkapaxos: /trace?from=A&to=B needs two slots, 1 <= A <= B"));
            return;
        }
        var events = await _backend.Trace(from, to, context.RequestAborted);
        await Answer(context, new TraceReport(_backend.Node, events), GatewayJson.Default.TraceReport);
    }

    private async Task MaintenanceStatus(HttpContext context)
    {
        try
        {
            if (await ReadBody(context) is { Length: > 0 } body) KvJson.Parse<StatusRequest>(body);
        }
        catch (FormatException e)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, Invalid(e.Message));
            return;
        }
        var status = await _backend.Status(context.RequestAborted);
        var response = new StatusResponse
        {
            Header = new ResponseHeader(), Version = EtcdVersion, Leader = (ulong)status.Leader, RaftTerm = (ulong)_backend.Round,
            RaftIndex = (ulong)Math.Max(0, status.SlotIn - 1), RaftAppliedIndex = (ulong)Math.Max(0, status.SlotOut - 1),
        };
        if (status.Leader == 0) response.Errors.Add("etcdserver: no leader");
        Complete(response.Header);
        await Answer(context, response);
    }
}

/// <summary>etcd's error body.</summary>
internal sealed record ErrorBody(string Error, string Message, int Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(TraceReport))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(string))]
internal sealed partial class GatewayJson : JsonSerializerContext;
