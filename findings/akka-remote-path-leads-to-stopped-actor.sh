#!/usr/bin/env bash
# Akka.Remote 1.5.74: an actor is stopped, and another one started under its name.
#
# One would have guessed: a reference resolved from a path without uid means whoever is there, so that remote messages reach the new actor.
# It is so: they go to the one that has stopped, also 20 s later. Each thread of the pool keeps what a path led to, never asks whether that still lives, and
# drops no entry that is in use; only a thread that the pool adds later is right. Resolving the path anew for each message does not help, not even where
# the actor lives, as remoting and all else share the pool's threads. A selection of the same path reaches the new actor each time.
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
using Akka.Actor;
using Akka.Configuration;

// The pool stays as it is: how many messages a busy machine's pool lets through by the threads it adds is chance.
var threads = Math.Max(4, Environment.ProcessorCount);
ThreadPool.SetMinThreads(threads, threads);
ThreadPool.SetMaxThreads(threads, threads);
var config = ConfigurationFactory.ParseString("""
    akka {
      actor.provider = remote
      loglevel = OFF
      stdout-loglevel = OFF
      remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
    }
    """);
var (here, there) = (ActorSystem.Create("here", config), ActorSystem.Create("there", config));
var patience = TimeSpan.FromSeconds(30);
var got = new ConcurrentDictionary<string, int>();
var parent = there.ActorOf(Props.Create(() => new Parent(got)), "parent");
var path = $"{((ExtendedActorSystem)there).Provider.DefaultAddress}/user/parent/target";
IActorRef Resolved() => ((ExtendedActorSystem)here).Provider.ResolveActorRef(path);
await parent.Ask("there?", patience);
var kept = Resolved();
// In use for a while, so that each of the pool's threads has handled some.
for (var i = 0; i < 2000; i++)
{
    kept.Tell("before");
    if (i % 20 == 0) await Task.Delay(5);
}
await Until(() => got.GetValueOrDefault("before") == 2000);
await parent.Ask("restart", patience);
const int messages = 200;
for (var i = 0; i < messages; i++)
{
    kept.Tell("kept");
    Resolved().Tell("anew");
    here.ActorSelection(path).Tell("selection");
    ((ExtendedActorSystem)there).Provider.ResolveActorRef(path).Tell("local");
    await Task.Delay(100);
}
// A selection sent last arrives last: all that were to come have come.
here.ActorSelection(path).Tell("last");
await Until(() => got.ContainsKey("last"));
await Task.WhenAll(here.Terminate(), there.Terminate());
int Of(string kind) => got.GetValueOrDefault(kind);
Console.WriteLine($"Akka.Remote 1.5.74: within 20 s after a restart under the same name, of {messages} messages each arrive {Of("kept")} by a remote reference kept, {Of("anew")} by one resolved for each, {Of("local")} by one resolved for each where the actor lives, {Of("selection")} by selection");
return new[] { "kept", "anew", "local" }.All(kind => Of(kind) < messages * 3 / 4) && Of("selection") == messages ? 0 : 1;

static async Task Until(Func<bool> condition)
{
    for (var i = 0; i < 600 && !condition(); i++) await Task.Delay(50);
    if (!condition()) throw new TimeoutException();
}

// Starts its child again under the same name, when the old one has stopped and the name is free.
sealed class Parent(ConcurrentDictionary<string, int> got) : UntypedActor
{
    private IActorRef _asker = ActorRefs.Nobody;

    private void Start() => Context.Watch(Context.ActorOf(Props.Create(() => new Counter(got)), "target"));
    protected override void PreStart() => Start();
    protected override void OnReceive(object message)
    {
        if (message is "restart")
        {
            _asker = Sender;
            Context.Stop(Context.Child("target"));
        }
        else if (message is Terminated)
        {
            Start();
            _asker.Tell("restarted");
        }
        else Sender.Tell("yes");
    }
}

sealed class Counter(ConcurrentDictionary<string, int> got) : UntypedActor
{
    protected override void OnReceive(object message) => got.AddOrUpdate((string)message, 1, (_, n) => n + 1);
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
