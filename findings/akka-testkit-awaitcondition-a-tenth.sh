#!/usr/bin/env bash
# Akka.TestKit 1.5.74: how often `AwaitCondition` looks.
#
# One would have guessed: all the time, or every few milliseconds, so that a generous limit costs nothing where the condition soon holds.
# It is so: where no interval is given it looks a tenth of the limit apart. With a limit of 30 s a condition that holds after 50 ms is noticed after three
# seconds: the more generous the limit, the slower the test.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.TestKit.Xunit2" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using System.Diagnostics;
using Akka.TestKit.Xunit2;

using var test = new Kit();
double Noticed(Action<Func<bool>> wait)
{
    var clock = Stopwatch.StartNew();
    wait(() => clock.ElapsedMilliseconds > 50);
    return clock.Elapsed.TotalSeconds;
}

Noticed(condition => test.AwaitCondition(condition, TimeSpan.FromSeconds(1))); // once before, so that nothing is done for the first time
var asItComes = Noticed(condition => test.AwaitCondition(condition, TimeSpan.FromSeconds(30)));
var withInterval = Noticed(condition => test.AwaitCondition(condition, TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(20), "it holds"));
Console.WriteLine($"Akka.TestKit 1.5.74: what holds after 0.05 s is noticed after {asItComes:0.0} s with a limit of 30 s, after {withInterval:0.0} s with an interval of 20 ms too");
return asItComes is > 2.5 and < 10 && withInterval < 1.5 ? 0 : 1;

sealed class Kit() : TestKit("akka.loglevel = OFF\nakka.stdout-loglevel = OFF");
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
