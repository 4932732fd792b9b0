#!/usr/bin/env bash
# Akka.Remote 1.5.74: a system is killed and started again at its address while another one is about to connect to it.
#
# One would have guessed: the two reach each other again, whoever connects first.
# It is so: the new system can be deaf to the other one for good, while the other hears it and both take each other for connected. As the new system's
# connection comes, the other stops its own attempt, which belongs to the former incarnation; the attempt goes on without its maker, and when it is
# made, the new system takes it for the way on which it is spoken to and drops what comes on its own connection, which is the one that the other speaks on.
# Heartbeats keep both open. With use-passive-connections = off, where nobody speaks on a connection that he has not made, messages arrive again.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Remote" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;

var on = await Run(passive: "on");
var off = await Run(passive: "off");
Console.WriteLine($"Akka.Remote 1.5.74: of 200 messages in 20 s to a system that was started again, from one that hears it and was about to connect to its predecessor, arrive {on}; with use-passive-connections = off {off}");
return on == 0 && off > 150 ? 0 : 1;

static async Task<int> Run(string passive)
{
    using var toStays = new Forwarder();
    using var toRestarts = new Forwarder();
    var (stays, inStays) = Start("stays", toStays, passive);
    var (first, inFirst) = Start("restarts", toRestarts, passive);
    await Reach(stays, "restarts", toRestarts, inFirst);
    await Reach(first, "stays", toStays, inStays);
    // Without a word, as with SIGKILL; the next connection to its address is taken, and gets no answer.
    toStays.Cut();
    toRestarts.Cut();
    toRestarts.HoldNext();
    await first.Terminate();
    while (!toRestarts.Holds) await Say(stays, "restarts", toRestarts);
    inStays.Clear();
    var (second, inSecond) = Start("restarts", toRestarts, passive);
    var connected = new ConcurrentQueue<object>();
    second.EventStream.Subscribe(second.ActorOf(Props.Create(() => new Noter(connected))), typeof(AssociatedEvent));
    await Reach(second, "stays", toStays, inStays);
    await Until(() => connected.OfType<AssociatedEvent>().Any(c => !c.IsInbound));
    toRestarts.Release();
    await Until(() => connected.OfType<AssociatedEvent>().Any(c => c.IsInbound));
    for (var i = 0; i < 200; i++) await Say(stays, "restarts", toRestarts);
    inStays.Clear();
    await Reach(second, "stays", toStays, inStays); // it still is heard
    var heard = inSecond.Count;
    await Task.WhenAll(stays.Terminate(), second.Terminate());
    return heard;
}

static (ActorSystem, ConcurrentQueue<object>) Start(string name, Forwarder at, string passive)
{
    var system = ActorSystem.Create(name, ConfigurationFactory.ParseString($$"""
        akka {
          actor.provider = remote
          loglevel = OFF
          stdout-loglevel = OFF
          remote {
            use-passive-connections = {{passive}}
            retry-gate-closed-for = 100ms
            dot-netty.tcp { hostname = 127.0.0.1, port = {{at.Inner}}, public-port = {{at.Port}}, connection-timeout = 60s }
          }
        }
        """));
    var heard = new ConcurrentQueue<object>();
    system.ActorOf(Props.Create(() => new Noter(heard)), "noter");
    return (system, heard);
}

static async Task Say(ActorSystem from, string name, Forwarder to)
{
    from.ActorSelection($"akka.tcp://{name}@127.0.0.1:{to.Port}/user/noter").Tell("hello");
    await Task.Delay(100);
}

static async Task Reach(ActorSystem from, string name, Forwarder to, ConcurrentQueue<object> heard)
{
    for (var i = 0; heard.IsEmpty; i++)
    {
        if (i == 300) throw new TimeoutException();
        await Say(from, name, to);
    }
}

static async Task Until(Func<bool> condition)
{
    for (var i = 0; i < 600 && !condition(); i++) await Task.Delay(50);
    if (!condition()) throw new TimeoutException();
}

sealed class Noter(ConcurrentQueue<object> noted) : UntypedActor
{
    protected override void OnReceive(object message) => noted.Enqueue(message);
}

// A port that leads to another one.
sealed class Forwarder : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _open = [];
    private readonly TaskCompletionSource _released = new();
    private volatile bool _holdsNext;

    public Forwarder()
    {
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            Inner = ((IPEndPoint)free.LocalEndpoint).Port;
        }
        _listener.Start();
        _ = TakeAll();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public int Inner { get; }
    public bool Holds { get; private set; }

    public void Cut()
    {
        while (_open.TryTake(out var client)) client.Dispose();
    }

    public void HoldNext() => _holdsNext = true;
    public void Release() => _released.SetResult();

    private async Task TakeAll()
    {
        try
        {
            while (true) _ = Forward(await _listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException) { }
    }

    private async Task Forward(TcpClient outer)
    {
        using var inner = new TcpClient();
        try
        {
            _open.Add(outer);
            if (_holdsNext)
            {
                (_holdsNext, Holds) = (false, true);
                await _released.Task;
            }
            await inner.ConnectAsync(IPAddress.Loopback, Inner);
            await Task.WhenAny(outer.GetStream().CopyToAsync(inner.GetStream()), inner.GetStream().CopyToAsync(outer.GetStream()));
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidOperationException) { }
        outer.Dispose();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Cut();
    }
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
