using System.Diagnostics;

namespace AkkaPaxos.Cli.Tests;

/// <summary><c>scripts/build</c>, in a small tree of its own, with a program in place of <c>dotnet</c> that writes down what it is asked.</summary>
public sealed class BuildScriptTests : IDisposable
{
    private const string Sdk = """
        #!/usr/bin/env bash
        here=$(dirname "$0")
        [[ $1 == --version ]] && { cat "$here/version"; exit; }
        echo "$*" >> "$here/calls"
        [[ $1 == restore && -f $here/no-compiler ]] && exit 1
        [[ $1 == publish ]] || exit 0
        sleep 0.3                                       # long enough for another call to come in between
        out=${*: -1}                                    # -o FOLDER stands last
        cp src/Program.cs "$out/AkkaPaxos.Cli.dll"
        """;

    private readonly string _tree = Directory.CreateTempSubdirectory("build-script").FullName;

    public BuildScriptTests()
    {
        foreach (var folder in (string[])["scripts", "src", "sdk"]) Directory.CreateDirectory(Path.Combine(_tree, folder));
        File.Copy(Path.Combine(Checkout(), "scripts", "build"), Path.Combine(_tree, "scripts", "build"));
        Write("src/Program.cs", "first");
        Write("Directory.Build.props", "<Project/>");
        Write("sdk/version", "10.0.100");
        Write("sdk/dotnet", Sdk);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(Path.Combine(_tree, "sdk", "dotnet"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private IEnumerable<string> Published =>
        File.Exists(Path.Combine(_tree, "sdk", "calls")) ? File.ReadAllLines(Path.Combine(_tree, "sdk", "calls")).Where(c => c.StartsWith("publish ")) : [];

    [Fact]
    public async Task Calls_at_the_same_time_build_once()
    {
        var calls = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Build("--program")));
        Assert.All(calls, call => Assert.Equal((0, ""), (call.Code, call.Error)));
        var folder = Assert.Single(calls.Select(c => c.Output).Distinct());
        Assert.Equal("first", File.ReadAllText(Path.Combine(folder.Trim(), "AkkaPaxos.Cli.dll")));
        Assert.Contains("PublishReadyToRun=true", Assert.Single(Published));
    }

    [Fact]
    public async Task What_was_built_before_is_not_built_again()
    {
        var first = await Build("--program");
        Write("src/Program.cs", "second");
        var second = await Build("--program");
        Assert.NotEqual(first.Output, second.Output);
        Write("src/Program.cs", "first");
        File.SetLastWriteTimeUtc(Path.Combine(_tree, "src", "Program.cs"), DateTime.UtcNow.AddDays(1)); // as after a switch of branches, or in a copy
        Assert.Equal(first, await Build("--program"));
        Assert.Equal(2, Published.Count());
    }

    [Fact]
    public async Task Without_the_compiler_package_one_line_says_so()
    {
        Write("sdk/no-compiler", "");
        var (code, output, error) = await Build("--program");
        Assert.Equal(0, code);
        Assert.True(File.Exists(Path.Combine(output.Trim(), "AkkaPaxos.Cli.dll")));
        Assert.Matches(@"^scripts/build: the compiler package \(Microsoft\.NETCore\.App\.Crossgen2\) cannot be had: .*starts slower\n$", error);
        Assert.Contains("PublishReadyToRun=false", Assert.Single(Published));
    }

    [Theory]
    [InlineData("--program")]
    [InlineData("some.csproj")]
    public async Task An_sdk_that_is_too_old_is_named(string argument)
    {
        Write("sdk/version", "9.0.300");
        var (code, output, error) = await Build(argument);
        Assert.Equal((2, ""), (code, output));
        Assert.Equal("scripts/build: .NET SDK 9.0.300 is too old: install .NET 10 or later (https://dot.net/download) and call again\n", error);
    }

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    private void Write(string path, string text) => File.WriteAllText(Path.Combine(_tree, path), text.ReplaceLineEndings("\n"));

    private async Task<(int Code, string Output, string Error)> Build(string argument)
    {
        var start = new ProcessStartInfo("bash", [Path.Combine(_tree, "scripts", "build"), argument])
        {
            RedirectStandardOutput = true, RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{Path.Combine(_tree, "sdk")}:{Environment.GetEnvironmentVariable("PATH")}";
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    private static string Checkout()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
            if (File.Exists(Path.Combine(at, "AkkaPaxos.sln"))) return at;
        throw new DirectoryNotFoundException($"the checkout is not above {AppContext.BaseDirectory}");
    }
}
