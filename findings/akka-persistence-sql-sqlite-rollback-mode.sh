#!/usr/bin/env bash
# Akka.Persistence.Sql 1.5.73 on SQLite, its recommended provider SQLite.MS and all else at its defaults.
#
# One would have guessed: a journal that is meant for production puts SQLite into write-ahead logging, or syncs once for an event.
# It is so: the file stays in rollback mode, and an event that is persisted costs four fsyncs. Set on the file beforehand, WAL stays, and it is one.
#
# Prints one line and exits 0 while that is so, 1 when it has changed. Counting fsyncs takes strace; without it only the mode is looked at.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Akka.Persistence.Sql" Version="1.5.73" />
    <PackageReference Include="Microsoft.Data.Sqlite.Core" Version="10.0.15" />
    <PackageReference Include="SQLitePCLRaw.bundle_e_sqlite3" Version="2.1.12" />
  </ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Microsoft.Data.Sqlite;

var connectionString = $"Data Source={args[0]}";
object? Ask(string sql)
{
    using var connection = new SqliteConnection(connectionString);
    connection.Open();
    using var command = connection.CreateCommand();
    command.CommandText = sql;
    return command.ExecuteScalar();
}
if (args[1] == "wal") Ask("PRAGMA journal_mode = WAL");
var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString($$"""
    akka.loglevel = WARNING
    akka.persistence.journal.plugin = "akka.persistence.journal.sql"
    akka.persistence.journal.sql {
      class = "Akka.Persistence.Sql.Journal.SqlWriteJournal, Akka.Persistence.Sql"
      provider-name = "SQLite.MS"
      connection-string = "{{connectionString}}"
    }
    akka.persistence.snapshot-store.plugin = "akka.persistence.snapshot-store.inmem"
    """));
var done = new TaskCompletionSource();
system.ActorOf(Props.Create(() => new Writer(int.Parse(args[2]), done))).Tell("go");
await done.Task.WaitAsync(TimeSpan.FromMinutes(2));
await system.Terminate();
Console.WriteLine(Ask("PRAGMA journal_mode"));

sealed class Writer(int events, TaskCompletionSource done) : UntypedPersistentActor
{
    public override string PersistenceId => "writer";
    protected override void OnRecover(object message) { }
    protected override void OnCommand(object message) => Persist(new byte[300], _ =>
    {
        if (--events == 0) done.SetResult();
        else Self.Tell("go");
    });
}
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }

# run MODE EVENTS: prints the file's mode afterwards, and how often was synced
run() {
  rm -f journal.db*
  if command -v strace >/dev/null; then
    mode=$(strace -f -c -e trace=fsync,fdatasync -o syncs.txt dotnet bin/Release/net10.0/finding.dll journal.db "$1" "$2" | tail -n 1)
    echo "$mode $(awk '$NF ~ /^f(data)?sync$/ { n += $4 } END { print n + 0 }' syncs.txt)"
  else
    echo "$(dotnet bin/Release/net10.0/finding.dll journal.db "$1" "$2" | tail -n 1) -"
  fi
}
read -r mode few < <(run plain 100)
read -r _ many < <(run plain 300)
read -r walmode walfew < <(run wal 100)
read -r _ walmany < <(run wal 300)
if [[ $few == - ]]; then
  echo "Akka.Persistence.Sql 1.5.73, Microsoft.Data.Sqlite 10.0.15: journal_mode $mode as it comes, $walmode once set; fsyncs not counted, as strace is missing"
  [[ $mode == delete && $walmode == wal ]]
else
  each=$(awk "BEGIN { printf \"%.1f\", ($many - $few) / 200 }")
  waleach=$(awk "BEGIN { printf \"%.1f\", ($walmany - $walfew) / 200 }")
  echo "Akka.Persistence.Sql 1.5.73, Microsoft.Data.Sqlite 10.0.15: journal_mode $mode with $each fsyncs an event as it comes, $walmode with $waleach once set"
  [[ $mode == delete && $each == 4.0 && $walmode == wal && $waleach == 1.0 ]]
fi
