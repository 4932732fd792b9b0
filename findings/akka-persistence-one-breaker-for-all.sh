#!/usr/bin/env bash
# Akka.Persistence 1.5.74: a journal's circuit breaker.
#
# One would have guessed: an actor whose writes fail is held off for a while, and the others go on.
# It is so: one breaker stands before all actors of a journal. Ten failures in a row, of whichever actors, open it, and for the 30 s of its
# reset-timeout an actor whose writes never failed has its write refused and is stopped for it, and one that is about to start does not recover.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Persistence" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Collections.Immutable;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString("""
    akka.loglevel = OFF
    akka.stdout-loglevel = OFF
    akka.persistence.journal.plugin = "akka.persistence.journal.partly"
    akka.persistence.journal.partly.class = "Partly, finding"
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    """));
var patience = TimeSpan.FromSeconds(20);
(IActorRef Actor, Task<string> Told) Start(string id)
{
    var told = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
    return (system.ActorOf(Props.Create(() => new Writer(id, told))), told.Task.WaitAsync(patience));
}
async Task<string> Write((IActorRef Actor, Task<string> Told) writer)
{
    writer.Actor.Tell("write");
    return await writer.Told;
}
var first = await Write(Start("good"));
// All have recovered before the first one writes: a call that succeeds begins the count anew.
var (bystander, failing) = (Start("bystander"), Enumerable.Range(0, 10).Select(i => Start($"bad{i}")).ToList());
foreach (var (actor, _) in failing.Append(bystander)) await actor.Ask("there?", patience);
foreach (var writer in failing) await Write(writer);
var second = await Write(bystander);
var third = await Write(Start("good"));
await system.Terminate();
Console.WriteLine($"Akka.Persistence 1.5.74: before failures of other actors: {first}; after ten of them: {second}; at its start: {third}");
return first == "written" && second.StartsWith("write refused") && third.StartsWith("recovery refused") ? 0 : 1;

// Keeps entries in memory, but for some actors.
public sealed class Partly : MemoryJournal
{
    protected override Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        return writes[0].PersistenceId.StartsWith("bad")
            ? Task.FromException<IImmutableList<Exception?>>(new IOException("disk full"))
            : base.WriteMessagesAsync(writes, cancellationToken)!;
    }
}

sealed class Writer(string id, TaskCompletionSource<string> told) : UntypedPersistentActor
{
    public override string PersistenceId => id;
    protected override void OnRecover(object message) { }
    protected override void OnCommand(object message)
    {
        if (message is "write") Persist("event", _ => told.TrySetResult("written"));
        else Sender.Tell("yes");
    }
    protected override void OnPersistFailure(Exception cause, object e, long nr) => told.TrySetResult($"write refused, {cause.Message}");
    protected override void OnRecoveryFailure(Exception cause, object? message) => told.TrySetResult($"recovery refused, {cause.Message}");
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
