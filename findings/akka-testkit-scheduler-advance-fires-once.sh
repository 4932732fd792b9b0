#!/usr/bin/env bash
# Akka.TestKit 1.5.74: TestScheduler, whose time passes only when a test says so.
#
# One would have guessed: ten seconds that pass at once are like ten seconds that pass in steps of one, so a timer of one second fires ten times; one
# that was cancelled does not fire; and all the scheduler's clocks agree.
# It is so: a periodic timer fires once for each call of Advance that it was due in, and its next period begins at the time to which that went. An
# action that was scheduled with a cancellation runs though it was cancelled; only a message is held back. And the monotonic clocks are the
# machine's: no time passes on them. So what a role does at a tick a test must reach step by step, and what it measures it cannot reach at all.
#
# Prints one line and exits 0 while that is so, 1 when it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
cat > finding.csproj <<'X'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Akka.TestKit" Version="1.5.74" /></ItemGroup>
</Project>
X
cat > Program.cs <<'X'
using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;

var system = ActorSystem.Create("finding", ConfigurationFactory.ParseString("""
    akka.loglevel = OFF
    akka.stdout-loglevel = OFF
    akka.scheduler.implementation = "Akka.TestKit.TestScheduler, Akka.TestKit"
    """).WithFallback(ConfigurationFactory.FromResource("Akka.TestKit.Internal.Reference.conf", typeof(TestScheduler).Assembly)));
var scheduler = (TestScheduler)system.Scheduler;
var second = TimeSpan.FromSeconds(1);

int Fired(Action pass)
{
    var times = 0;
    scheduler.Advanced.ScheduleRepeatedly(second, second, () => times++);
    pass();
    return times;
}

var atOnce = Fired(() => scheduler.Advance(10 * second));
var inSteps = Fired(() =>
{
    for (var i = 0; i < 10; i++) scheduler.Advance(second);
});
var ran = false;
using var cancelled = new Cancelable((IScheduler)scheduler);
scheduler.Advanced.ScheduleOnce(second, () => ran = true, cancelled);
cancelled.Cancel();
var (wall, monotonic) = (scheduler.Now, scheduler.MonotonicClock);
scheduler.Advance(3600 * second);
var (wallPassed, monotonicPassed) = (scheduler.Now - wall, scheduler.MonotonicClock - monotonic);
await system.Terminate();
Console.WriteLine($"Akka.TestKit 1.5.74: a timer of 1 s fires {atOnce} time in 10 s at once and {inSteps} times in ten steps; a cancelled action {(ran ? "ran" : "did not run")}; "
    + $"in an hour the monotonic clock went {(monotonicPassed < TimeSpan.FromMinutes(1) ? "no minute" : $"{monotonicPassed}")}, Now {wallPassed.TotalHours:0} h");
return atOnce == 1 && inSteps == 10 && ran && monotonicPassed < TimeSpan.FromMinutes(1) && wallPassed == TimeSpan.FromHours(1) ? 0 : 1;
X
dotnet build -c Release -v q -nologo >build.log 2>&1 || { cat build.log; exit 2; }
dotnet bin/Release/net10.0/finding.dll
