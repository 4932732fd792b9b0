#!/usr/bin/env bash
# Akka.Persistence 1.5.74: a journal whose write for one actor takes long.
#
# One would have guessed: that actor waits, and the others go on, as their writes run beside it.
# It is so: they do run beside it and are done at once, but a journal gives all its answers in the order in which it was asked. So every actor that
# persists after the slow one waits for it, and its `Persist` looks as slow. What reads is not held back: an actor that starts meanwhile recovers.
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
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Journal;

var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString("""
    akka.loglevel = OFF
    akka.stdout-loglevel = OFF
    akka.persistence.journal.plugin = "akka.persistence.journal.partly"
    akka.persistence.journal.partly.class = "PartlySlow, finding"
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    """));
var patience = TimeSpan.FromSeconds(30);
IActorRef Start(string id) => system.ActorOf(Props.Create(() => new Writer(id)));
Task<string> Ask(IActorRef actor, string what) => actor.Ask<string>(what, patience);
var (slow, other) = (Start("slow"), Start("other"));
await Ask(slow, "there?");
// Once before, so that nothing is done for the first time in what is measured.
await Ask(other, "write");
var clock = Stopwatch.StartNew();
async Task<double> After(Task<string> what)
{
    await what;
    return clock.Elapsed.TotalSeconds;
}
var slowAnswer = After(Ask(slow, "write"));
await PartlySlow.SlowBegan.Task.WaitAsync(patience);
var otherAnswer = After(Ask(other, "write"));
var recovery = After(Ask(Start("third"), "there?"));
var (atSlow, atOther, atRecovery, done) = (await slowAnswer, await otherAnswer, await recovery, PartlySlow.Done["other"] - PartlySlow.Done["slow began"]);
await system.Terminate();
Console.WriteLine($"Akka.Persistence 1.5.74: beside a write that takes 5 s, another actor's is done after {done.TotalSeconds:0.0} s and answered after {atOther:0.0} s; an actor that starts has recovered after {atRecovery:0.0} s");
return done.TotalSeconds < 4 && atOther > 4.5 && atSlow > 4.5 && atRecovery < 4 ? 0 : 1;

// Keeps entries in memory, for one actor slowly.
public sealed class PartlySlow : MemoryJournal
{
    public static readonly TaskCompletionSource SlowBegan = new(TaskCreationOptions.RunContinuationsAsynchronously);
    public static readonly ConcurrentDictionary<string, TimeSpan> Done = new();

    protected override async Task<IImmutableList<Exception?>> WriteMessagesAsync(IEnumerable<AtomicWrite> messages, CancellationToken cancellationToken)
    {
        var writes = messages.ToList();
        var id = writes[0].PersistenceId;
        if (id == "slow")
        {
            Done["slow began"] = Stopwatch.GetElapsedTime(0);
            SlowBegan.SetResult();
            await Task.Delay(5000, cancellationToken);
        }
        var result = await base.WriteMessagesAsync(writes, cancellationToken);
        Done[id] = Stopwatch.GetElapsedTime(0);
        return result!;
    }
}

sealed class Writer(string id) : UntypedPersistentActor
{
    public override string PersistenceId => id;
    protected override void OnRecover(object message) { }
    protected override void OnCommand(object message)
    {
        var asker = Sender;
        if (message is "write") Persist("event", _ => asker.Tell("written"));
        else asker.Tell("yes");
    }
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
