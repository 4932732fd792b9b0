#!/usr/bin/env bash
# Akka.Cluster 1.5.74: `JoinAsync` with a cancellation token.
#
# One would have guessed: when the token ends it, the node has given up, and stays as it is until it is told to join again.
# It is so: the task fails with "Node has not managed to join the cluster", but only the waiting has ended. The node goes on trying, and when the node that
# it was to join starts much later, it becomes a member, without anybody asking for it.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.Cluster" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Cluster;
using Akka.Configuration;

ActorSystem Start(int port) => ActorSystem.Create("finding", ConfigurationFactory.ParseString($$"""
    akka {
      actor.provider = cluster
      loglevel = OFF
      stdout-loglevel = OFF
      remote.dot-netty.tcp { hostname = 127.0.0.1, port = {{port}} }
    }
    """));
// A port that is free, for the node that starts later.
var listener = new TcpListener(IPAddress.Loopback, 0);
listener.Start();
var port = ((IPEndPoint)listener.LocalEndpoint).Port;
listener.Stop();
var address = new Address("akka.tcp", "finding", "127.0.0.1", port);

var early = Start(0);
var cluster = Cluster.Get(early);
using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
var ended = "it has joined";
try
{
    await cluster.JoinAsync(address, patience.Token);
}
catch (Exception e)
{
    ended = e.GetType().Name;
}
await Task.Delay(20000);
var before = cluster.SelfMember.Status;
var clock = Stopwatch.StartNew();
var late = Start(port);
await Cluster.Get(late).JoinAsync(address);
while (cluster.SelfMember.Status != MemberStatus.Up && clock.Elapsed < TimeSpan.FromSeconds(60)) await Task.Delay(100);
var after = cluster.SelfMember.Status;
clock.Stop();
await Task.WhenAll(early.Terminate(), late.Terminate());
Console.WriteLine($"Akka.Cluster 1.5.74: JoinAsync ends after 2 s with {ended}; 20 s later the node is {before}, and once the other one starts, {after} within {Math.Ceiling(clock.Elapsed.TotalSeconds)} s");
return (ended, before, after) == (nameof(ClusterJoinFailedException), MemberStatus.Removed, MemberStatus.Up) ? 0 : 1;
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
