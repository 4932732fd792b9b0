#!/usr/bin/env bash
# DotNext.Net.Cluster 6.12.0, its WriteAheadLog with every option at its default. WriteAheadLog.Options.FlushOnCommit "is always true".
#
# One would have guessed: an entry is on the disks of a majority when it is committed, as Raft has it, so a follower flushes what it appends before it answers.
# It is so: a follower answers when AppendAsync returns, and that does not wait for the flush; only CommitAsync does, and a leader commits when it has flushed
# its own log. An entry that is acknowledged may so be on the leader's disk alone. FlushAsync behind AppendAsync is what is missing.
#
# Prints one line and exits 0 while that is so, 1 when it has changed. Takes strace, to count syncs.
set -euo pipefail
command -v strace >/dev/null || { echo "strace is missing: apt-get install strace" >&2; exit 2; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="DotNext.Net.Cluster" Version="6.12.0" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using DotNext.IO.Log;
using DotNext.Net.Cluster.Consensus.Raft;
using DotNext.Net.Cluster.Consensus.Raft.StateMachine;

var entries = int.Parse(args[1]);
await using var log = new WriteAheadLog(new WriteAheadLog.Options { Location = "log" + args[0] + args[1] }, IStateMachine.CreateNoOp(long.MaxValue));
await log.InitializeAsync();
for (var index = 1; index <= entries; index++)
{
    // What a follower does with an entry that it is sent, before it answers.
    await log.AppendAsync(new LogEntryProducer<BinaryLogEntry>(new BinaryLogEntry { Term = 1, Content = new byte[300] }), index, skipCommitted: true);
    if (args[0] == "flush") await log.FlushAsync();
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
syncs() {
  strace -f -c -e trace=fsync,fdatasync,msync -o syncs.txt dotnet bin/Release/net10.0/finding.dll "$1" "$2" >/dev/null
  awk '$NF ~ /^(f(data)?|m)sync$/ { n += $4 } END { print n + 0 }' syncs.txt
}
plain=$(( $(syncs plain 600) - $(syncs plain 100) ))
flushed=$(( $(syncs flush 600) - $(syncs flush 100) ))
echo "DotNext.Net.Cluster 6.12.0: 500 appends of a follower, each waited for: $plain syncs as it comes, $flushed with FlushAsync behind each"
[[ $plain -lt 400 && $flushed -ge 500 ]]
