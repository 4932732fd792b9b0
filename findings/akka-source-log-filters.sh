#!/usr/bin/env bash
# Akka.NET: a LogFilterSetup whose filters all look at sources changes what the default logger prints of the entries it keeps.
# One would guess: a filter keeps an entry or drops it; what is kept is printed as before, with level, time and source.
# It is so: with source filters alone, what is kept is printed as the bare message, without level, time, thread and source, and without the cause of an
# error; one filter on the content among them, even one that drops nothing, brings all of it back.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/finding.csproj" <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka" Version="1.5.74" /></ItemGroup>
</Project>
PROJECT
cat >"$folder/Program.cs" <<'PROGRAM'
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Actor.Setup;
using Akka.Configuration;
using Akka.Event;

StandardOutLogger.UseColors = false;
var screen = Console.Out;
var bySource = Printed(new LogFilterBuilder().ExcludeSourceExactly("nobody").Build());
var byContent = Printed(new LogFilterBuilder().ExcludeSourceExactly("nobody").ExcludeMessageContaining("nothing like this").Build());
screen.WriteLine($"Akka {typeof(ActorSystem).Assembly.GetName().Version?.ToString(3)}: a source filter alone prints \"{bySource}\", with a content filter beside it \"{byContent}\"");
return !bySource.Contains("ERROR") && !bySource.Contains("the cause") && byContent.Contains("ERROR") && byContent.Contains("the cause") ? 0 : 1;

static string Printed(LogFilterSetup filters)
{
    var output = new StringWriter();
    Console.SetOut(TextWriter.Synchronized(output));
    var system = ActorSystem.Create("finding", BootstrapSetup.Create().WithConfig(ConfigurationFactory.ParseString("akka.loglevel = ERROR")).And(filters));
    Logging.GetLogger(system, "somebody").Error(new InvalidOperationException("the cause"), "the message");
    Thread.Sleep(1000);
    system.Terminate().Wait();
    return Regex.Replace(output.ToString().Trim().Replace(Environment.NewLine, " / "), "[0-9/]+ [0-9:.]+Z", "TIME");
}
PROGRAM
cd "$folder"
dotnet run --project finding.csproj
