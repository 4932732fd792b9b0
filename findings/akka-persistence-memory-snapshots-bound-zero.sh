#!/usr/bin/env bash
# Akka.Persistence 1.5.74: the in-memory snapshot store, and a highest sequence number of 0.
#
# One would have guessed: no snapshot has a number that low, so nothing is found with that bound, and nothing is deleted.
# It is so: 0 is taken for no bound. `SnapshotSelectionCriteria(0)` finds the latest snapshot, and deleting with it deletes them all. So who deletes "all
# before the first" keeps none, in tests only: a store in a database does what the bound says.
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
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;

var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString("""
    akka.loglevel = OFF
    akka.stdout-loglevel = OFF
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    """));
using var inbox = Inbox.Create(system);
var store = Persistence.Instance.Apply(system).SnapshotStoreFor(null);
var zero = new SnapshotSelectionCriteria(0);

T Ask<T>(object question)
{
    store.Tell(question, inbox.Receiver);
    return (T)inbox.Receive(TimeSpan.FromSeconds(30));
}

long? Loaded(SnapshotSelectionCriteria criteria) => Ask<LoadSnapshotResult>(new LoadSnapshot("actor", criteria, long.MaxValue)).Snapshot?.Metadata.SequenceNr;

for (var number = 1L; number <= 3; number++) Ask<SaveSnapshotSuccess>(new SaveSnapshot(new SnapshotMetadata("actor", number, DateTime.UtcNow), $"state {number}"));
var found = Loaded(zero);
var before = Loaded(SnapshotSelectionCriteria.Latest);
Ask<DeleteSnapshotsSuccess>(new DeleteSnapshots("actor", zero));
var after = Loaded(SnapshotSelectionCriteria.Latest);
await system.Terminate();
Console.WriteLine($"Akka.Persistence 1.5.74: with a highest number of 0 the in-memory store finds snapshot {found?.ToString() ?? "none"} of 3; after deleting with it the latest is {after?.ToString() ?? "none"}");
return before == 3 && found == 3 && after is null ? 0 : 1;
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
