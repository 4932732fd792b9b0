using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;

namespace AkkaPaxos.Client;

/// <summary>
/// The replicated key-value store for a program outside the cluster: through an actor system of its own, without HTTP. Any number of
/// threads may call it at once; what waits at the same time travels in one message. A call is tried at the next contact point, with the
/// same number, until it is answered or cancelled: each write happens at most once.
/// </summary>
public sealed class PaxosClient
{
    private readonly PaxosSession _session;

    /// <summary>Prepares a client; nothing is sent before the first call.</summary>
    /// <param name="system">The program's actor system, with <see cref="DefaultConfig"/> behind its configuration.</param>
    /// <param name="contactPoints">Nodes as Akka writes addresses: <c>akka.tcp://akkapaxos@127.0.0.1:4051</c>. The first is asked first.</param>
    /// <param name="group">The log's name: <c>akkapaxos.group</c> of the nodes.</param>
    /// <param name="settings">How the client's session behaves; the defaults where null.</param>
    /// <exception cref="FormatException">A contact point is not an address.</exception>
    /// <exception cref="ArgumentException">There is no contact point.</exception>
    public PaxosClient(ActorSystem system, IEnumerable<string> contactPoints, string group = "default", SessionSettings? settings = null)
        : this(PaxosSession.Connect(system, contactPoints, group, settings))
    {
    }

    /// <summary>A client over a session that the program has.</summary>
    public PaxosClient(PaxosSession session) => _session = session;

    /// <summary>
    /// What a client's actor system needs in its configuration: AkkaPaxos' serializer, and remoting, at a free port of the loopback
    /// interface unless set. Nodes connect to the address that is set to answer: those on other machines must be able to reach it.
    /// </summary>
    public static Config DefaultConfig() => ConfigurationFactory.ParseString("""
        akka {
          actor.provider = remote
          loglevel = WARNING
          stdout-loglevel = WARNING
          log-dead-letters = off
          remote {
            retry-gate-closed-for = 100ms
            dot-netty.tcp {
              hostname = "127.0.0.1"
              port = 0
              maximum-frame-size = 4 MiB
              send-buffer-size = 8 MiB
              receive-buffer-size = 8 MiB
            }
          }
        }
        """).WithFallback(PaxosSettings.DefaultConfig());

    /// <summary>Writes a key.</summary>
    /// <param name="put">What to write.</param>
    /// <param name="cancel">Stops the waiting. The write may still happen later.</param>
    /// <exception cref="KvException">The store refused it.</exception>
    /// <exception cref="RequestTooLargeException">It is larger than nodes take; nothing was done.</exception>
    /// <exception cref="OverloadedException">Too much waits already; nothing was done.</exception>
    /// <exception cref="OutcomeUnknownException">It may have happened or not, and it cannot be found out any more.</exception>
    /// <exception cref="SessionsForgottenException">It did not happen: more clients are at work than the cluster remembers sessions.</exception>
    /// <exception cref="OperationCanceledException">The waiting was stopped, or the client was closed.</exception>
    public async Task<PutResponse> PutAsync(PutRequest put, CancellationToken cancel = default) =>
        KvOperations.DecodePut(await _session.Submit(KvOperations.Encode(put), cancel).ConfigureAwait(false));

    /// <summary>Writes a key.</summary>
    /// <inheritdoc cref="PutAsync(PutRequest, CancellationToken)"/>
    public Task<PutResponse> PutAsync(string key, string value, CancellationToken cancel = default) =>
        PutAsync(new PutRequest { Key = ByteString.CopyFromUtf8(key), Value = ByteString.CopyFromUtf8(value) }, cancel);

    /// <summary>
    /// Reads keys: linearizable, unless the request says serializable. A large answer comes in parts; one of more than <see cref="KvRules.MaxAnswerBytes"/>
    /// is refused.
    /// </summary>
    /// <param name="range">Which keys.</param>
    /// <param name="cancel">Stops the waiting.</param>
    /// <exception cref="KvException">The store refused it.</exception>
    /// <exception cref="RequestTooLargeException">It is larger than nodes take; nothing was done.</exception>
    /// <exception cref="OverloadedException">Too much waits already; nothing was done.</exception>
    /// <exception cref="OperationCanceledException">The waiting was stopped, or the client was closed.</exception>
    public async Task<RangeResponse> RangeAsync(RangeRequest range, CancellationToken cancel = default) =>
        KvOperations.DecodeRange(await _session.Query(KvOperations.Encode(range), range.Serializable, cancel).ConfigureAwait(false));

    /// <summary>Reads a key; null where it does not exist. Linearizable.</summary>
    /// <inheritdoc cref="RangeAsync"/>
    public async Task<KeyValue?> GetAsync(string key, CancellationToken cancel = default) =>
        (await RangeAsync(new RangeRequest { Key = ByteString.CopyFromUtf8(key) }, cancel).ConfigureAwait(false)).Kvs.SingleOrDefault();

    /// <summary>Deletes keys.</summary>
    /// <param name="delete">Which keys.</param>
    /// <param name="cancel">Stops the waiting. The keys may still be deleted later.</param>
    /// <exception cref="KvException">The store refused it.</exception>
    /// <exception cref="RequestTooLargeException">It is larger than nodes take; nothing was done.</exception>
    /// <exception cref="OverloadedException">Too much waits already; nothing was done.</exception>
    /// <exception cref="OutcomeUnknownException">It may have happened or not, and it cannot be found out any more.</exception>
    /// <exception cref="SessionsForgottenException">It did not happen: more clients are at work than the cluster remembers sessions.</exception>
    /// <exception cref="OperationCanceledException">The waiting was stopped, or the client was closed.</exception>
    public async Task<DeleteRangeResponse> DeleteAsync(DeleteRangeRequest delete, CancellationToken cancel = default) =>
        KvOperations.DecodeDeleteRange(await _session.Submit(KvOperations.Encode(delete), cancel).ConfigureAwait(false));

    /// <summary>Deletes a key; tells whether it existed.</summary>
    /// <inheritdoc cref="DeleteAsync(DeleteRangeRequest, CancellationToken)"/>
    public async Task<bool> DeleteAsync(string key, CancellationToken cancel = default) =>
        (await DeleteAsync(new DeleteRangeRequest { Key = ByteString.CopyFromUtf8(key) }, cancel).ConfigureAwait(false)).Deleted > 0;

    /// <summary>Executes a transaction. One that can only read is not written to the log.</summary>
    /// <param name="txn">The transaction.</param>
    /// <param name="cancel">Stops the waiting. The transaction may still happen later.</param>
    /// <exception cref="KvException">The store refused it.</exception>
    /// <exception cref="RequestTooLargeException">It is larger than nodes take; nothing was done.</exception>
    /// <exception cref="OverloadedException">Too much waits already; nothing was done.</exception>
    /// <exception cref="OutcomeUnknownException">It may have happened or not, and it cannot be found out any more.</exception>
    /// <exception cref="SessionsForgottenException">It did not happen: more clients are at work than the cluster remembers sessions.</exception>
    /// <exception cref="OperationCanceledException">The waiting was stopped, or the client was closed.</exception>
    public async Task<TxnResponse> TxnAsync(TxnRequest txn, CancellationToken cancel = default)
    {
        var op = new RequestOp { RequestTxn = txn };
        var bytes = KvOperations.Encode(op);
        var call = KvRules.Writes(op) ? _session.Submit(bytes, cancel) : _session.Query(bytes, false, cancel);
        return KvOperations.DecodeTxn(await call.ConfigureAwait(false));
    }

    /// <summary>Ends the session here; calls under way end with an exception.</summary>
    public void Close() => _session.Close();
}
