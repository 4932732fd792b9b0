#!/usr/bin/env bash
# Akka 1.5.74: its HOCON reader, and files with a mistake in them.
#
# One would have guessed: `+=` appends, as HOCON's specification has it; an object that is never closed is an error; so is a list where a text stands, a
# number with a decimal comma, and a duration that is not there.
# It is so: none is an error. `+=` makes another key, whose name ends in a plus; the object ends where the file does; the list is empty; "1,5" is fifteen;
# and the duration is zero. So a setting with a mistake is one that somebody did not set, or another one, and nobody says so.
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
using Akka.Configuration;

var appended = ConfigurationFactory.ParseString("seeds = [a]\nseeds += b");
var (seeds, keys) = (appended.GetStringList("seeds").Count, string.Join(" and ", appended.AsEnumerable().Select(field => $"\"{field.Key}\"").Order()));
var open = ConfigurationFactory.ParseString("timeouts {\n  first = 1\n  second = 2\n").GetInt("timeouts.second");
var texts = ConfigurationFactory.ParseString("roles = one");
var list = texts.GetStringList("roles").Count;
var comma = ConfigurationFactory.ParseString("factor = \"1,5\"").GetDouble("factor");
var missing = texts.GetTimeSpan("timeout");
Console.WriteLine($"Akka 1.5.74: after seeds = [a], seeds += b there are {keys} with {seeds} seed; an object that is not closed has its {open}; a list that is a text has {list} items; \"1,5\" is {comma:0}; a missing duration is {missing.TotalSeconds:0} s");
return (seeds, keys, open, list, comma, missing) == (1, "\"seeds +\" and \"seeds\"", 2, 0, 15.0, TimeSpan.Zero) ? 0 : 1;
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
