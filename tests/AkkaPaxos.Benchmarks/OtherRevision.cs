using System.Diagnostics;

namespace AkkaPaxos.Benchmarks;

/// <summary>Another commit of the repository, built in a temporary worktree that goes with it.</summary>
internal sealed class OtherRevision : IDisposable
{
    private readonly string _worktree;

    private OtherRevision(string name, string worktree) => (Name, _worktree) = (name, worktree);

    /// <summary>The commit's short name.</summary>
    public string Name { get; }

    /// <summary>Where its program is.</summary>
    public string Program => Path.Combine(_worktree, ".build", "program");

    /// <summary>Builds one.</summary>
    /// <param name="revision">What git takes for a commit.</param>
    /// <exception cref="InvalidOperationException">There is no such commit, or it cannot be built; git's or the compiler's words.</exception>
    public static async Task<OtherRevision> Build(string revision, CancellationToken cancel)
    {
        var commit = await Run(null, "git", ["rev-parse", "--verify", "--quiet", "--end-of-options", $"{revision}^{{commit}}"], $"--against {revision}: there is no such commit here", cancel);
        var name = await Run(null, "git", ["rev-parse", "--short", commit], $"--against {revision}", cancel);
        var folder = Directory.CreateTempSubdirectory("akkapaxos-against-").FullName;
        var other = new OtherRevision(name, folder);
        try
        {
            await Run(null, "git", ["worktree", "add", "--quiet", "--detach", folder, commit], $"--against {revision}", cancel);
            string[] ahead = ["-c", "Release", "-v", "quiet", "-nologo", "--use-current-runtime", "--self-contained", "false", "-p:PublishReadyToRun=true", "-o", other.Program];
            await Run(folder, "dotnet", ["publish", "src/AkkaPaxos.Cli/AkkaPaxos.Cli.csproj", .. ahead], $"--against {revision}: the build failed", cancel);
            return other;
        }
        catch
        {
            other.Dispose();
            throw;
        }
    }

    private static async Task<string> Run(string? folder, string program, string[] arguments, string failed, CancellationToken cancel)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? "" };
        using var process = Started.Add(Process.Start(start)!);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(cancel);
            var said = await process.StandardOutput.ReadToEndAsync(cancel);
            await process.WaitForExitAsync(cancel);
            var wrong = (await errors).Trim() is { Length: > 0 } text ? text : said.Trim();
            return process.ExitCode == 0 ? said.Trim() : throw new InvalidOperationException($"{failed}: {wrong}".TrimEnd(' ', ':'));
        }
        finally
        {
            Started.Kill(process);
        }
    }

    public void Dispose()
    {
        using var remove = Process.Start("git", ["worktree", "remove", "--force", _worktree]);
        remove.WaitForExit();
        if (Directory.Exists(_worktree)) Directory.Delete(_worktree, recursive: true);
    }
}
