#!/usr/bin/env bash
# Akka.Remote 1.5.74: `Context.Watch` of an actor elsewhere, by a reference that was resolved from its path.
#
# One would have guessed: messages reach the actor by it, so its end is told by it as well, or watching is an error.
# It is so: nothing is ever told when the actor stops. What is watched has no uid, the notice of the end comes with the actor's own, and the two are not
# equal. Only the end of the whole system is told. With a reference that has the uid, such as `ResolveOne` gives, the actor's end is told at once.
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
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;

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
var target = there.ActorOf(Props.Create<Echo>(), "target");
var path = $"{((ExtendedActorSystem)there).Provider.DefaultAddress}/user/target";
var resolvedOne = await here.ActorSelection(path).ResolveOne(patience);
var resolved = ((ExtendedActorSystem)here).Provider.ResolveActorRef(path);
var reached = await resolved.Ask<string>("hello", patience);
var watches = new[] { resolvedOne, resolved }.Select(watched =>
{
    var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    here.ActorOf(Props.Create(() => new Watcher(watched, told)));
    return told.Task;
}).ToArray();
// A watch is sent once more when the two systems know each other; past that, nothing else is under way.
await Task.Delay(5000);
var clock = Stopwatch.StartNew();
await target.GracefulStop(patience);
await watches[0].WaitAsync(patience);
var one = clock.Elapsed.TotalSeconds;
await Task.WhenAny(watches[1], Task.Delay(15000));
var toldOfActor = watches[1].IsCompleted;
clock.Restart();
await there.Terminate();
await Task.WhenAny(watches[1], Task.Delay(60000));
var ofSystem = watches[1].IsCompleted ? $"is told {clock.Elapsed.TotalSeconds:0} s after its system ended" : "is not told of its system's end either";
await here.Terminate();
Console.WriteLine($"Akka.Remote 1.5.74: who watches a reference from ResolveOne is told of the actor's end within {Math.Ceiling(one)} s; who watches one resolved from the path, that messages get through by (\"{reached}\"), {(toldOfActor ? "is told as well" : "is not told of it in 15 s")} and {ofSystem}");
return reached == "hello" && !toldOfActor && watches[1].IsCompleted ? 0 : 1;

sealed class Echo : UntypedActor
{
    protected override void OnReceive(object message) => Sender.Tell(message);
}

sealed class Watcher : ReceiveActor
{
    public Watcher(IActorRef watched, TaskCompletionSource told)
    {
        Context.Watch(watched);
        Receive<Terminated>(_ => told.TrySetResult());
    }
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
