using System.Diagnostics;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>File systems in memory of a size of one's own, mounted at folders of this machine; gone with this object.</summary>
internal sealed class SmallDisks : IDisposable
{
    private readonly List<string> _mounted = [];

    /// <summary>Mounts one at a folder, which must be there.</summary>
    /// <exception cref="InvalidOperationException">It was not possible; the message has the command's words.</exception>
    public void Mount(string folder, string size)
    {
        Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", folder);
        _mounted.Add(folder);
    }

    /// <summary>Gives all of them another size; what is in them stays.</summary>
    public void Resize(string size)
    {
        foreach (var folder in _mounted) Run("mount", "-o", $"remount,size={size}", folder);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // A node that has just ended may still have a file open.
        foreach (var folder in _mounted) Run("umount", "-l", folder);
        _mounted.Clear();
    }

    /// <summary>Why mounting is not possible here; null where it is.</summary>
    public static string? WhyNotPermitted()
    {
        if (!OperatingSystem.IsLinux()) return "small disks are Linux's tmpfs";
        var folder = Directory.CreateTempSubdirectory("akkapaxos-mount-");
        try
        {
            using var disks = new SmallDisks();
            disks.Mount(folder.FullName, "1m");
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception)
        {
            return $"file systems cannot be mounted here: {e.Message}";
        }
        finally
        {
            folder.Delete();
        }
    }

    private static void Run(string command, params string[] arguments)
    {
        var start = new ProcessStartInfo(command, arguments) { RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {error.Trim()}");
    }
}

/// <summary>A test that needs <see cref="SmallDisks"/>.</summary>
internal sealed class FactWhereMountingIsPermittedAttribute : FactAttribute
{
    private static readonly Lazy<string?> WhyNot = new(SmallDisks.WhyNotPermitted);

    public FactWhereMountingIsPermittedAttribute() => Skip = WhyNot.Value;
}
