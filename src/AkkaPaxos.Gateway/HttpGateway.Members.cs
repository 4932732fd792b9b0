using AkkaPaxos.Consensus;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Member = AkkaPaxos.Kv.Member;

namespace AkkaPaxos.Gateway;

// Who takes part: etcd's Cluster service. A member's ID is its node's number, its peer URL the address of its actor system.
public sealed partial class HttpGateway
{
    // As with etcd 3.4: as this node knows it, also where nobody else answers.
    private Task ListMembers(HttpContext context) => Cluster<MemberListRequest>(context, (_, _) =>
    {
        var response = new MemberListResponse { Header = new ResponseHeader() };
        response.Members.AddRange(Members(_backend.Members));
        return Task.FromResult<(IMessage, ResponseHeader)>((response, response.Header));
    });

    // Any node takes changes, not only the one that leads.
    private Task AddMember(HttpContext context) => Cluster<MemberAddRequest>(context, async (add, cancel) =>
    {
        if (!add.IsLearner) throw new FormatException("isLearner: a member is added as a learner, with isLearner true, and promoted once it has caught up");
        var node = add.ID == 0 ? new NodeId(_backend.Members.Ids[^1].Value + 1) : Number(add.ID, "ID");
        var members = await Change([new MemberChange(MemberChangeKind.Add, node, One(add.PeerURLs))], force: false, cancel);
        var response = new MemberAddResponse { Header = new ResponseHeader(), Member = members.Find(m => m.ID == (ulong)node.Value) };
        response.Members.AddRange(members);
        return (response, response.Header);
    });

    private Task RemoveMember(HttpContext context) => Cluster<MemberRemoveRequest>(context, async (remove, cancel) =>
    {
        var response = new MemberRemoveResponse { Header = new ResponseHeader() };
        response.Members.AddRange(await Change([new MemberChange(MemberChangeKind.Remove, Number(remove.ID, "ID"))], remove.Force, cancel));
        return (response, response.Header);
    });

    private Task UpdateMember(HttpContext context) => Cluster<MemberUpdateRequest>(context, async (update, cancel) =>
    {
        var change = new MemberChange(MemberChangeKind.Update, Number(update.ID, "ID"), One(update.PeerURLs));
        var response = new MemberUpdateResponse { Header = new ResponseHeader() };
        response.Members.AddRange(await Change([change], force: false, cancel));
        return (response, response.Header);
    });

    private Task PromoteMember(HttpContext context) => Cluster<MemberPromoteRequest>(context, async (promote, cancel) =>
    {
        List<MemberChange> changes = [new(MemberChangeKind.Promote, Number(promote.ID, "ID"))];
        if (promote.Replaces != 0) changes.Add(new MemberChange(MemberChangeKind.Remove, Number(promote.Replaces, "replaces")));
        var response = new MemberPromoteResponse { Header = new ResponseHeader() };
        response.Members.AddRange(await Change(changes, promote.Force, cancel));
        return (response, response.Header);
    });

    private async Task Cluster<T>(HttpContext context, Func<T, CancellationToken, Task<(IMessage, ResponseHeader)>> handle) where T : IMessage, new()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(_settings.RequestTimeout);
        try
        {
            using var room = new BudgetShare(_underWay);
            var (response, header) = await handle(KvJson.Parse<T>(await ReadBody(context, room)), patience.Token);
            Complete(header);
            await Answer(context, response);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            await Refuse(context, Invalid(e.Message));
        }
        catch (KeyNotFoundException e)
        {
            await Refuse(context, new Error { Code = KvErrors.NotFound, Message = e.Message });
        }
        catch (ReconfigurationRefusedException e)
        {
            await Refuse(context, new Error { Code = KvErrors.FailedPrecondition, Message = e.Message });
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            var why = "etcdserver: request timed out; the members may still change";
            if (await _backend.Problems() is { } problems) why += $"; {problems}";
            await Refuse(context, new Error { Code = KvErrors.Unavailable, Message = why });
        }
    }

    private static List<Member> Members(Configuration of) =>
        [.. of.Members.Select(m => new Member { ID = (ulong)m.Id.Value, Name = $"node-{m.Id}", PeerURLs = { m.Address }, IsLearner = !m.Votes })];

    private async Task<List<Member>> Change(IReadOnlyList<MemberChange> changes, bool force, CancellationToken cancel)
    {
        try
        {
            return Members(await _backend.Reconfigure(changes, force, cancel));
        }
        catch (ReconfigurationRefusedException e) when (changes.Any(c => c.Kind != MemberChangeKind.Add && _backend.Members.Find(c.Node) is null))
        {
            throw new KeyNotFoundException(e.Message, e);
        }
    }

    private static NodeId Number(ulong number, string field) => number is > 0 and <= int.MaxValue
        ? new NodeId((int)number)
        : throw new FormatException($"{field}: a node's number is 1 to {int.MaxValue}, not {number}");

    private static string One(IReadOnlyList<string> peerURLs) => peerURLs.Count == 1
        ? peerURLs[0]
        : throw new FormatException($"peerURLs: a member has one, the address of its actor system, not {peerURLs.Count}");
}
