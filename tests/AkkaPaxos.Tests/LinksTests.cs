using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Akka.TestKit.Xunit2;
using AkkaPaxos.Consensus;
using AkkaPaxos.Links;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;
using AkkaPaxos.Wire;
using Google.Protobuf;
using Proto = AkkaPaxos.Wire.Proto;

namespace AkkaPaxos.Tests;

/// <summary>Direct links between two actor systems on this machine, and with who is none of ours.</summary>
public sealed class LinksTests : TestKit
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(200);
    private readonly List<ActorSystem> _systems = [];
    private readonly List<LinkHub> _hubs = [];

    private static LinkSettings Settings => new(true, "127.0.0.1", 0, 4 << 20, 1 << 20);

    private static Accept OfBytes(int bytes, long slot = 1) =>
        new(new PValue(new Ballot(1, new NodeId(1)), slot, Value.Batch([new Command(1, slot, 1, new byte[bytes])])));

    private (ExtendedActorSystem System, LinkHub Hub) Node(int number, string more = "", LinkSettings? settings = null)
    {
        var config = ConfigurationFactory.ParseString(more + """
            akka { actor.provider = remote, loglevel = OFF, stdout-loglevel = OFF, remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 } }
            """).WithFallback(PaxosSettings.DefaultConfig());
        var system = (ExtendedActorSystem)ActorSystem.Create("links", config);
        _systems.Add(system);
        var hub = new LinkHub(system, number, settings ?? Settings);
        _hubs.Add(hub);
        hub.Open();
        return (system, hub);
    }

    private Task Until(Func<bool> condition) => AwaitConditionAsync(() => Task.FromResult(condition()), InTime, TimeSpan.FromMilliseconds(20));

    private static string AddressOf(ActorSystem system) => $"{((ExtendedActorSystem)system).Provider.DefaultAddress}";

    /// <summary>Two that know each other; the first one is connected to the second one.</summary>
    private async Task<(ExtendedActorSystem One, ExtendedActorSystem Two, LinkPeer ToTwo)> Pair(string more = "")
    {
        var (one, oneHub) = Node(1, more);
        var (two, twoHub) = Node(2, more);
        twoHub.Node(AddressOf(one));
        var peer = oneHub.Node(AddressOf(two));
        _ = oneHub.Connect(peer, twoHub.Port);
        await Until(() => peer.IsConnected);
        return (one, two, peer);
    }

    private TestProbe Probe(ActorSystem system, string name) => CreateTestProbe(system, name);

    // What TestKit names a probe in another system: /system/..., where links do not deliver; so an actor of ours passes on.
    private sealed class PassOn(IActorRef to) : ReceiveActor
    {
        protected override bool AroundReceive(Receive receive, object message)
        {
            to.Forward(message);
            return true;
        }
    }

    private static void Door(ActorSystem system, string name, IActorRef to) => system.ActorOf(Props.Create(typeof(PassOn), to), name);

    protected override void AfterAll()
    {
        foreach (var hub in _hubs) hub.Dispose();
        foreach (var system in _systems) system.Terminate().Wait(InTime);
        base.AfterAll();
    }

    [Fact]
    public async Task Messages_go_directly_and_so_do_answers_to_their_sender()
    {
        var (one, two, peer) = await Pair();
        var (here, there, otherwise) = (Probe(one, "here"), Probe(two, "there"), CreateTestProbe());
        Door(two, "door", there.Ref);
        var asker = one.ActorOf(Props.Create(typeof(PassOn), here.Ref), "asker");
        peer.Actor("/user/door", otherwise.Ref).Tell(new Prepare(new Ballot(4, new NodeId(1)), 9), asker);
        await there.ExpectMsgAsync(new Prepare(new Ballot(4, new NodeId(1)), 9), InTime);
        Assert.Equal(AddressOf(one), $"{there.LastSender.Path.Address}");
        Assert.Equal(asker.Path.ToStringWithoutAddress(), there.LastSender.Path.ToStringWithoutAddress());
        Assert.Equal(asker.Path.Uid, there.LastSender.Path.Uid);
        there.LastSender.Tell(new CatchUp(7), ActorRefs.NoSender); // the second one is not connected to the first: by remoting
        await here.ExpectMsgAsync(new CatchUp(7), InTime);
        await otherwise.ExpectNoMsgAsync(AMoment);
        // The same sender is the same reference: what it asked is found by it again.
        var first = there.LastSender;
        peer.Actor("/user/door", otherwise.Ref).Tell(new CatchUp(8), asker);
        await there.ExpectMsgAsync(new CatchUp(8), InTime);
        Assert.Same(first, there.LastSender);
        // Large and small ones, in any number, each as it was.
        for (var slot = 1; slot <= 200; slot++) peer.Actor("/user/door").Tell(OfBytes(slot % 10 == 0 ? 40_000 : slot, slot), ActorRefs.NoSender);
        var came = new List<long>();
        while (came.Count < 200)
        {
            var accept = (Accept)await there.ReceiveOneAsync(InTime);
            Assert.Equal(OfBytes(accept.PValue.Slot % 10 == 0 ? 40_000 : (int)accept.PValue.Slot, accept.PValue.Slot), accept);
            came.Add(accept.PValue.Slot);
        }
        Assert.Equal(Enumerable.Range(1, 200).Select(s => (long)s), came.Order());
        Assert.True(there.LastSender.IsNobody());
    }

    [Fact]
    public async Task A_client_is_answered_on_the_connection_that_it_made()
    {
        var (node, hub) = Node(1);
        var there = Probe(node, "there");
        Door(node, "door", there.Ref);
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, hub.Port);
        var stream = client.GetStream();
        await Introduce(stream, new Proto.LinkHello { From = "akka.tcp://client@127.0.0.1:9", To = AddressOf(node) }); // where remoting reaches nobody
        await Introduction(stream);
        await stream.WriteAsync(Frame("CatchUp/1", "/user/door", "/user/session#42"));
        await there.ExpectMsgAsync(new CatchUp(5), InTime);
        there.LastSender.Tell(new CatchUp(6), ActorRefs.NoSender);
        var body = new byte[200];
        var length = await stream.ReadAsync(body).AsTask().WaitAsync(InTime);
        Assert.Contains("/user/session#42", Encoding.UTF8.GetString(body, 0, length));
    }

    [Fact]
    public async Task Without_a_connection_and_for_what_is_not_ours_remoting_is_the_way()
    {
        var (_, two, peer) = await Pair();
        var (there, otherwise) = (Probe(two, "there"), CreateTestProbe());
        Door(two, "door", there.Ref);
        var door = peer.Actor("/user/door", otherwise.Ref);
        door.Tell("a text", ActorRefs.NoSender);
        await otherwise.ExpectMsgAsync("a text", InTime);
        door.Tell(new LinkAt(1), ActorRefs.NoSender);
        await there.ExpectMsgAsync(new LinkAt(1), InTime);
        _hubs[1].Dispose();
        await Until(() => !peer.IsConnected);
        door.Tell(new LinkAt(2), ActorRefs.NoSender);
        await otherwise.ExpectMsgAsync(new LinkAt(2), InTime);
    }

    [Fact]
    public async Task Votes_and_heartbeats_do_not_wait_behind_values_that_the_peer_does_not_take()
    {
        var (_, hub) = Node(1);
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        const string Address = "akka.tcp://links@127.0.0.1:9";
        var peer = hub.Node(Address);
        _ = hub.Connect(peer, ((IPEndPoint)listener.LocalEndpoint).Port);
        using var small = await Welcome(listener);
        using var large = await Welcome(listener);
        await Until(() => peer.IsConnected);

        var acceptor = peer.Actor("/user/acceptor");
        for (var i = 0; i < 100; i++) acceptor.Tell(OfBytes(300_000, i + 1), ActorRefs.NoSender); // nobody reads them
        for (var round = 1; round <= 50; round++) acceptor.Tell(new Heartbeat(new Ballot(round, new NodeId(1))), ActorRefs.NoSender);
        var bytes = new byte[1 << 16];
        var text = new StringBuilder();
        var stream = small.GetStream();
        while (text.ToString().Split("Heartbeat/1").Length <= 50)
            text.Append(Encoding.Latin1.GetString(bytes, 0, await stream.ReadAsync(bytes).AsTask().WaitAsync(InTime)));

        // What waits for the large one is bounded: by the limit, and by what the system's buffers hold.
        var drained = 0L;
        var rest = large.GetStream();
        while (true)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            try
            {
                drained += await rest.ReadAsync(bytes, patience.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        Assert.InRange(drained, 300_000, 25_000_000); // of 30 MB
    }

    [Fact]
    public async Task A_large_value_that_still_waits_is_not_taken_twice()
    {
        using var stuck = new StuckStream();
        using var connection = new LinkConnection(stuck, 10 << 20);
        var value = new object();
        var form = new WireForm(new Proto.CatchUp { FromSlot = 5 });
        Assert.Equal(Sending.Sent, connection.Send(form, "CatchUp/1", "/user/a", "", value));
        Assert.Equal(Sending.Dropped, connection.Send(form, "CatchUp/1", "/user/a", "", value));
        stuck.Go.SetResult();
        await Until(() => connection.Send(form, "CatchUp/1", "/user/a", "", value) == Sending.Sent);
        connection.Close("enough");
        Assert.Equal(Sending.Closed, connection.Send(form, "CatchUp/1", "/user/a", "", null));
        Assert.Equal("enough", await connection.Closed);
    }

    // ---- who is none of ours ----

    private static readonly (string What, byte[] Bytes)[] Garbage =
    [
        ("another protocol", "GET / HTTP/1.1\r\n\r\n"u8.ToArray()),
        ("another version", "AKPXLNK\u0007"u8.ToArray()),
        ("a frame of 2 GiB", [.. "AKPXLNK\u0001"u8, 0xff, 0xff, 0xff, 0x7f]),
        ("an introduction that is none", [.. "AKPXLNK\u0001"u8, 3, 0, 0, 0, 0xff, 0xff, 0xff]),
        ("nothing", []),
    ];

    [Fact]
    public async Task What_is_no_link_is_closed_and_nothing_else_is_touched()
    {
        var (_, two, peer) = await Pair();
        foreach (var (what, bytes) in Garbage)
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, _hubs[1].Port);
            if (bytes.Length > 0) await socket.GetStream().WriteAsync(bytes);
            Assert.True(await IsClosed(socket), what); // who says nothing too, after a while
        }
        await StillWorks(two, peer);
    }

    private static async Task<bool> IsClosed(TcpClient socket)
    {
        try
        {
            return await socket.GetStream().ReadAsync(new byte[100]).AsTask().WaitAsync(InTime) == 0;
        }
        catch (IOException)
        {
            return true; // by a reset
        }
    }

    [Theory]
    [InlineData("akka.tcp://links@127.0.0.1:1", 3, "not among the members")]
    [InlineData("nonsense", 0, "not an address")]
    public async Task A_stranger_is_refused_with_the_reason(string from, int node, string reason)
    {
        var (system, hub) = Node(1);
        using var socket = new TcpClient();
        await socket.ConnectAsync(IPAddress.Loopback, hub.Port);
        await Introduce(socket.GetStream(), new Proto.LinkHello { From = from, To = AddressOf(system), Node = node });
        var welcome = await Introduction(socket.GetStream());
        Assert.Contains(reason, Proto.LinkWelcome.Parser.ParseFrom(welcome).Problem);
        Assert.Equal(0, await socket.GetStream().ReadAsync(new byte[100]).AsTask().WaitAsync(InTime));
    }

    [Fact]
    public async Task Who_looks_for_another_node_is_refused()
    {
        await Pair();
        var elsewhere = _hubs[0].Node("akka.tcp://links@127.0.0.1:9");
        await _hubs[0].Connect(elsewhere, _hubs[1].Port).WaitAsync(InTime);
        Assert.False(elsewhere.IsConnected);
    }

    [Fact]
    public async Task A_message_that_may_not_come_ends_its_connection_alone()
    {
        var (_, two, peer) = await Pair();
        foreach (var (manifest, target) in ((string, string)[])
        [
            ("NoSuch/1", "/user/door"),
            ("AcceptorPromised/2", "/user/door"), // what stays on disk does not travel
            ("CatchUp/1", "/system/log1"),
            ("CatchUp/1", ""),
        ])
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(IPAddress.Loopback, _hubs[1].Port);
            var stream = socket.GetStream();
            await Introduce(stream, new Proto.LinkHello { From = "akka.tcp://client@127.0.0.1:9", To = AddressOf(two) });
            Assert.Equal("", Proto.LinkWelcome.Parser.ParseFrom(await Introduction(stream)).Problem);
            await stream.WriteAsync(Frame(manifest, target, ""));
            Assert.True(await IsClosed(socket), $"{manifest} to {target}");
        }
        await StillWorks(two, peer);
    }

    private static byte[] Frame(string manifest, string target, string sender)
    {
        var frame = new ArrayBufferWriter<byte>();
        var form = new WireForm(new Proto.CatchUp { FromSlot = 5 });
        LinkFrame.Write(frame, LinkFrame.SizeOf(form.Size, manifest, target, sender), form, manifest, target, sender);
        return frame.WrittenSpan.ToArray();
    }

    [Fact]
    public void A_body_that_ends_too_soon_is_an_error_at_every_length()
    {
        var form = new Proto.CatchUp { FromSlot = 5 };
        var body = Frame("CatchUp/1", "/user/a", "/user/b")[LinkFrame.LengthBytes..];
        for (var length = 0; length < body.Length - form.CalculateSize(); length++)
            Assert.Throws<LinkProtocolException>(() => LinkFrame.Split(body.AsSpan(0, length), out _, out _, out _, out _));
        LinkFrame.Split(body, out var manifest, out var target, out var sender, out var message);
        Assert.Equal(("CatchUp/1", "/user/a", "/user/b"), (Encoding.UTF8.GetString(manifest), Encoding.UTF8.GetString(target), Encoding.UTF8.GetString(sender)));
        Assert.Equal(form, Proto.CatchUp.Parser.ParseFrom(message));
    }

    // ---- TLS ----

    [Fact]
    public async Task With_TLS_messages_go_and_a_stranger_without_the_certificate_does_not_come_in()
    {
        var file = Path.Combine(Directory.CreateTempSubdirectory("akkapaxos-links-").FullName, "node.pfx");
        using (var key = RSA.Create(2048))
        {
            var request = new CertificateRequest("CN=node", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            await File.WriteAllBytesAsync(file, certificate.Export(X509ContentType.Pkcs12, "secret"));
        }
        var ssl = $$"""
            akka.remote.dot-netty.tcp { enable-ssl = on, ssl { suppress-validation = on, certificate { path = "{{file}}", password = secret } } }

            """;
        var (_, two, peer) = await Pair(ssl);
        await StillWorks(two, peer);
        var (plain, plainHub) = Node(1);
        var stranger = plainHub.Node(AddressOf(two));
        await plainHub.Connect(stranger, _hubs[1].Port).WaitAsync(InTime);
        Assert.False(stranger.IsConnected);
        await StillWorks(two, peer);
        var wrong = Assert.Throws<Hocon.SettingException>(() => LinkSecurity.Read(
            ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp { enable-ssl = on, ssl.certificate { path = \"/nowhere.pfx\" } }").WithFallback(plain.Settings.Config)));
        Assert.Contains("/nowhere.pfx", wrong.Message);
    }

    [Fact]
    public void A_port_in_use_is_named_with_its_key()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;
        var e = Assert.Throws<Hocon.SettingException>(() => Node(1, settings: Settings with { Port = port }));
        Assert.StartsWith($"akkapaxos.links-port = {port}: cannot listen", e.Message);
    }

    private static int _doors;

    private async Task StillWorks(ActorSystem two, LinkPeer peer)
    {
        var (there, otherwise, name) = (CreateTestProbe(two), CreateTestProbe(), $"still{Interlocked.Increment(ref _doors)}");
        Door(two, name, there.Ref);
        peer.Actor($"/user/{name}", otherwise.Ref).Tell(new CatchUp(3), ActorRefs.NoSender);
        await there.ExpectMsgAsync(new CatchUp(3), InTime);
    }

    private static async Task<TcpClient> Welcome(TcpListener listener)
    {
        var socket = await listener.AcceptTcpClientAsync().WaitAsync(InTime);
        await Introduction(socket.GetStream());
        await Introduce(socket.GetStream(), new Proto.LinkWelcome());
        return socket;
    }

    private static async Task Introduce(Stream stream, IMessage form)
    {
        var bytes = new ArrayBufferWriter<byte>();
        LinkFrame.Introduce(bytes, form);
        await stream.WriteAsync(bytes.WrittenMemory);
    }

    private static async Task<byte[]> Introduction(Stream stream)
    {
        var start = new byte[LinkFrame.Preface.Length + LinkFrame.LengthBytes];
        await stream.ReadExactlyAsync(start).AsTask().WaitAsync(InTime);
        var body = new byte[BinaryPrimitives.ReadInt32LittleEndian(start.AsSpan(LinkFrame.Preface.Length))];
        await stream.ReadExactlyAsync(body).AsTask().WaitAsync(InTime);
        return body;
    }

    /// <summary>Takes what is written to it only when it may go.</summary>
    private sealed class StuckStream : MemoryStream
    {
        public TaskCompletionSource Go { get; } = new();

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => await Go.Task;
    }
}
