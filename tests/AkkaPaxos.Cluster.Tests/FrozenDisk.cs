using System.ComponentModel;
using System.Diagnostics;

namespace AkkaPaxos.Cluster.Tests;

/// <summary>A small ext4 file system in a file, mounted at a folder of this machine, that can be made to hang: whoever writes to it then waits, and no signal wakes him. Gone with this object.</summary>
internal sealed class FrozenDisk : IDisposable
{
    // What is frozen cannot be killed, so it thaws also where this process ends first.
    private static readonly TimeSpan AtMost = TimeSpan.FromSeconds(60);

    private readonly string _image;
    private readonly string _folder;
    private Process? _thaw;

    /// <summary>Mounts one at a folder, which must be there.</summary>
    /// <exception cref="InvalidOperationException">It was not possible; the message has the command's words.</exception>
    public FrozenDisk(string folder, string image)
    {
        (_folder, _image) = (folder, image);
        using (var file = File.Create(image)) file.SetLength(64 << 20);
        Run("mkfs.ext4", "-q", "-F", image);
        Run("mount", "-o", "loop", image, folder);
    }

    /// <summary>From now on it hangs.</summary>
    public void Freeze()
    {
        _thaw = Process.Start("/bin/sh", ["-c", $"sleep {AtMost.TotalSeconds:0}; exec fsfreeze -u \"$0\" 2>/dev/null", _folder]);
        Run("fsfreeze", "-f", _folder);
    }

    /// <summary>It goes on.</summary>
    public void Thaw()
    {
        if (_thaw is null) return;
        Run("fsfreeze", "-u", _folder);
        _thaw.Kill(entireProcessTree: true);
        _thaw.Dispose();
        _thaw = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Thaw();
        Run("umount", "-l", _folder); // a node that has just ended may still have a file open
        File.Delete(_image);
    }

    /// <summary>Why one cannot be made here; null where it can.</summary>
    public static string? WhyNotPermitted()
    {
        if (!OperatingSystem.IsLinux()) return "a disk that hangs is made by Linux's fsfreeze";
        var folder = Directory.CreateTempSubdirectory("akkapaxos-mount-");
        try
        {
            using var disk = new FrozenDisk(folder.CreateSubdirectory("disk").FullName, Path.Combine(folder.FullName, "image"));
            disk.Freeze();
            disk.Thaw();
            return null;
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            return $"a disk that hangs cannot be made here: {e.Message}";
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Run(string command, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{command} {string.Join(' ', arguments)}: {error.Trim()}");
    }
}

/// <summary>A test that needs a <see cref="FrozenDisk"/>.</summary>
internal sealed class TheoryWhereDisksCanHangAttribute : TheoryAttribute
{
    private static readonly Lazy<string?> WhyNot = new(FrozenDisk.WhyNotPermitted);

    public TheoryWhereDisksCanHangAttribute() => Skip = WhyNot.Value;
}
