#!/usr/bin/env bash
# Akka.Remote: a peer whose process ends is logged with stack traces, also where log-remote-lifecycle-events is off.
# One would guess: that a peer goes is normal, so it is a line without a stack trace, or nothing where lifecycle events are not to be logged.
# It is so: the setting silences the events alone. A warning "Association with remote system ... has failed" holds a whole stack trace in its text, so that
# no logger can leave the trace out and keep the words, and an error "Disassociated" comes with another.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/finding.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Remote" Version="1.5.74" /></ItemGroup>
</Project>
PROJECT
cat >"$folder/Program.cs" <<'PROGRAM'
using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;

var config = ConfigurationFactory.ParseString("""
    akka {
      actor.provider = remote
      loglevel = WARNING
      stdout-loglevel = OFF
      loggers = []
      remote { log-remote-lifecycle-events = off, dot-netty.tcp { hostname = 127.0.0.1, port = 0 } }
    }
    """);
if (args.Length > 0)
{
    var peer = ActorSystem.Create("peer", config);
    peer.ActorOf(Props.Create<Echo>(), "echo");
    Console.WriteLine(((ExtendedActorSystem)peer).Provider.DefaultAddress);
    await peer.WhenTerminated;
}
var system = ActorSystem.Create("finding", config);
var log = new List<LogEvent>();
system.EventStream.Subscribe(system.ActorOf(Props.Create(() => new Listener(log))), typeof(LogEvent));
using var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, [typeof(Echo).Assembly.Location, "peer"]) { RedirectStandardOutput = true })!;
var address = await process.StandardOutput.ReadLineAsync();
await system.ActorSelection($"{address}/user/echo").Ask<string>("hello", TimeSpan.FromSeconds(30));
process.Kill();
await Task.Delay(3000);
List<LogEvent> entries;
lock (log) entries = [.. log];
var inText = entries.Count(e => e.LogLevel() == LogLevel.WarningLevel && $"{e.Message}".Contains("   at Akka.Remote"));
var asCause = entries.Count(e => e.LogLevel() == LogLevel.ErrorLevel && $"{e.Message}" == "Disassociated" && $"{e.Cause}".Contains("   at Akka.Remote"));
Console.WriteLine($"Akka.Remote {typeof(Akka.Remote.AddressUidExtension).Assembly.GetName().Version?.ToString(3)}: of a peer whose process ends {inText} warning with a stack trace in its text and {asCause} error \"Disassociated\" with one as its cause, lifecycle events being off");
return inText > 0 && asCause > 0 ? 0 : 1;

sealed class Echo : ReceiveActor
{
    public Echo() => ReceiveAny(m => Sender.Tell(m));
}

sealed class Listener : ReceiveActor
{
    public Listener(List<LogEvent> log) => Receive<LogEvent>(e => { lock (log) log.Add(e); });
}
PROGRAM
cd "$folder"
dotnet build finding.csproj -v q -nologo >build.log || { cat build.log; exit 2; }
dotnet bin/Debug/net10.0/finding.dll
