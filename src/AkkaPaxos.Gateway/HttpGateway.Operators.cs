using System.Text.Json;
using System.Text.Json.Serialization;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace AkkaPaxos.Gateway;

// What operators look at.
public sealed partial class HttpGateway
{
    private const int SnapshotPart = 1 << 20;

    private static readonly ReadOnlyMemory<byte> HealthQuery =
        KvOperations.Encode(new RangeRequest { Key = ByteString.CopyFromUtf8("health"), CountOnly = true });

    /// <summary>Healthy is a node through which the store can be read: it knows a leader, and that leader reaches a majority.</summary>
    private async Task Health(HttpContext context)
    {
        var (_, reason) = await Examine(context.RequestAborted);
        if (reason is not null && await _backend.Problems() is { } problems) reason += $"; {problems}";
        if (reason is null)
        {
            await Answer(context, StatusCodes.Status200OK, """{"health":"true"}""");
            return;
        }
        var quoted = JsonSerializer.Serialize(reason, GatewayJson.Default.String);
        await Answer(context, StatusCodes.Status503ServiceUnavailable, $$"""{"health":"false","reason":{{quoted}}}""");
    }

    private async Task Status(HttpContext context)
    {
        var (status, reason) = await Examine(context.RequestAborted);
        await Answer(context, status with { Problem = status.Problem ?? reason }, GatewayJson.Default.NodeReport);
    }

    /// <summary>What the node says of itself, and why a read through it does not succeed, null where one has: what it says of others may be old.</summary>
    private async Task<(NodeReport Status, string? Reason)> Examine(CancellationToken aborted)
    {
        var limit = TimeSpan.FromSeconds(1) < _settings.RequestTimeout ? TimeSpan.FromSeconds(1) : _settings.RequestTimeout;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        var status = await _backend.Status(aborted);
        if (status.Leader == 0) return (status, status.Problem ?? "no leader is known");
        patience.CancelAfter(limit);
        try
        {
            await _backend.Query(HealthQuery, serializable: false, patience.Token);
            return (status, null);
        }
        catch (OverloadedException e)
        {
            return (status, status.Problem ?? $"overloaded: {e.Message}");
        }
        catch (OperationCanceledException) when (!aborted.IsCancellationRequested)
        {
            return (status, status.Problem ?? $"no majority answers: a read through this node was not answered within {limit.TotalSeconds:0.#} s");
        }
    }

    /// <summary>The state, with all that was acknowledged before the request: this node has executed as far when the read through it is answered.</summary>
    private async Task Snapshot(HttpContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_settings.RequestTimeout);
        try
        {
            await _backend.Query(HealthQuery, serializable: false, patience.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Refuse(context, StatusCodes.Status503ServiceUnavailable,
                new Error { Code = KvErrors.Unavailable, Message = "akkapaxos: no majority answers: a snapshot may lack what was acknowledged" });
            return;
        }
        var (group, slot, state) = await _backend.Snapshot(context.RequestAborted);
        var head = SnapshotForm.Head(group, slot, state);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = head.Length + (long)state.Length;
        await context.Response.Body.WriteAsync(head, context.RequestAborted);
        for (var at = 0; at < state.Length; at += SnapshotPart)
            await context.Response.Body.WriteAsync(state.Slice(at, Math.Min(SnapshotPart, state.Length - at)), context.RequestAborted);
    }

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
            using var room = new BudgetShare(_underWay);
            if (await ReadBody(context, room) is { Length: > 0 } body) KvJson.Parse<StatusRequest>(body);
        }
        catch (FormatException e)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, Invalid(e.Message));
            return;
        }
        var (status, reason) = await Examine(context.RequestAborted);
        var response = new StatusResponse
        {
            Header = new ResponseHeader(), Version = EtcdVersion, Leader = (ulong)status.Leader, RaftTerm = (ulong)_backend.Round,
            RaftIndex = (ulong)Math.Max(0, status.SlotIn - 1), RaftAppliedIndex = (ulong)Math.Max(0, status.SlotOut - 1),
        };
        if (status.Leader == 0) response.Errors.Add("etcdserver: no leader");
        else if (reason is not null) response.Errors.Add($"akkapaxos: {reason}");
        Complete(response.Header);
        await Answer(context, response);
    }

    // Unlike etcd's, any node takes it.
    private async Task MoveLeader(HttpContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_settings.RequestTimeout);
        try
        {
            using var room = new BudgetShare(_underWay);
            var target = KvJson.Parse<MoveLeaderRequest>(await ReadBody(context, room)).TargetID;
            await _backend.MoveLeader((int)Math.Min(target, int.MaxValue), patience.Token);
            var response = new MoveLeaderResponse { Header = new ResponseHeader() };
            Complete(response.Header);
            await Answer(context, response);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            await Refuse(context, StatusCodes.Status400BadRequest, Invalid(e.Message));
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            await Refuse(context, new Error { Code = KvErrors.Unavailable, Message = "etcdserver: request timed out; the leader may still change" });
        }
    }
}

/// <summary>etcd's error body.</summary>
internal sealed record ErrorBody(string Error, string Message, int Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(NodeReport))]
[JsonSerializable(typeof(TraceReport))]
[JsonSerializable(typeof(ResourceReport))]
[JsonSerializable(typeof(ErrorBody))]
[JsonSerializable(typeof(SnapshotHead))]
[JsonSerializable(typeof(string))]
internal sealed partial class GatewayJson : JsonSerializerContext;
