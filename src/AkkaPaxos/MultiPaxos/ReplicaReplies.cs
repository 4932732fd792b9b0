using System.Text;
using Akka.Actor;
using AkkaPaxos.Consensus;
using AkkaPaxos.StateMachine;

namespace AkkaPaxos.MultiPaxos;

/// <summary>Answers gathered while a replica executes, so that a client gets as few messages as possible.</summary>
internal sealed class ReplicaReplies(long pageBytes)
{
    private readonly Dictionary<IActorRef, List<Reply>> _byClient = [];
    private readonly List<IActorRef> _clients = []; // in the order of their first answer

    /// <summary>The state's answer to a command.</summary>
    public void Add(IActorRef client, Command command, Answer answer)
    {
        var status = answer.Outcome switch
        {
            Outcome.Executed => ReplyStatus.Ok,
            Outcome.Stale => ReplyStatus.Stale,
            Outcome.NotExecuted => ReplyStatus.NotExecuted,
            _ => ReplyStatus.SessionUnknown,
        };
        Add(client, new Reply(command.Client, command.Sequence, status, answer.Result));
    }

    /// <summary>Says that a command is refused, and why.</summary>
    public void AddTooLarge(IActorRef client, Command command, string why) =>
        Add(client, new Reply(command.Client, command.Sequence, ReplyStatus.TooLarge, Encoding.UTF8.GetBytes(why)));

    private void Add(IActorRef client, Reply reply)
    {
        if (!_byClient.TryGetValue(client, out var replies))
        {
            _byClient.Add(client, replies = []);
            _clients.Add(client);
        }
        replies.Add(reply);
    }

    /// <summary>Sends what was gathered.</summary>
    /// <param name="round">As <see cref="Response"/> says.</param>
    /// <param name="send">Sends a response to a client.</param>
    public void Send(long round, Action<IActorRef, Response> send)
    {
        if (_clients.Count == 0) return;
        foreach (var client in _clients)
            foreach (var page in Pages(_byClient[client])) send(client, new Response(page, round));
        _byClient.Clear();
        _clients.Clear();
    }

    private IEnumerable<IReadOnlyList<Reply>> Pages(List<Reply> replies)
    {
        var start = 0;
        var bytes = 0L;
        for (var i = 0; i < replies.Count; i++)
        {
            if (i > start && bytes + replies[i].Result.Length > pageBytes)
            {
                yield return replies[start..i];
                (start, bytes) = (i, 0);
            }
            bytes += replies[i].Result.Length;
        }
        yield return start == 0 ? replies : replies[start..];
    }
}
