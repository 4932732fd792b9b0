#!/usr/bin/env bash
# Akka 1.5.74: the serializer for messages and journal entries without one of their own, Newtonsoft's JSON.
#
# One would have guessed: what arrives equals what was sent, or sending fails.
# It is so: in a member of type object a string that looks like a date arrives as a DateTime, and a Guid as a string, without an error or a warning.
# akka.actor.serialization-settings.allow-unregistered-types = false makes it an error to have no serializer of one's own.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;

string ThereAndBack(string hocon, object value)
{
    using var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString($"akka.loglevel = OFF, akka.stdout-loglevel = OFF\n{hocon}"));
    try
    {
        var message = new Message(value);
        var serializer = system.Serialization.FindSerializerFor(message);
        var back = (Message)serializer.FromBinary(serializer.ToBinary(message), typeof(Message));
        return back.Value.GetType().Name;
    }
    catch (SerializationException)
    {
        return "an error";
    }
}
var date = ThereAndBack("", "2026-01-02T03:04:05Z");
var guid = ThereAndBack("", Guid.NewGuid());
var strict = ThereAndBack("akka.actor.serialization-settings.allow-unregistered-types = false", "2026-01-02T03:04:05Z");
Console.WriteLine($"Akka 1.5.74: the string \"2026-01-02T03:04:05Z\" in a member of type object arrives as {date}, a Guid as {guid}; with allow-unregistered-types = false it is {strict}");
return (date, guid, strict) == ("DateTime", "String", "an error") ? 0 : 1;

public sealed record Message(object Value);
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
