using System.CommandLine;
using System.Globalization;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using AkkaPaxos.MultiPaxos;
using AkkaPaxos.Node;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos snapshot</c>: takes a cluster's state out of it, looks at it, and begins a cluster with it.</summary>
internal static class SnapshotCommand
{
    public static Command Create(Terminal terminal) =>
        new("snapshot", "Takes a cluster's state out of it into a file, looks at it, and begins a cluster with it.") { Save(terminal), Status(terminal), Restore(terminal) };

    private static Argument<string> File(string description) => new("FILE") { Description = description };

    private static Command Save(Terminal terminal)
    {
        var file = File("Where to write it; a file that is there is replaced once the new one is whole.");
        var endpointOptions = new EndpointOptions();
        var command = new Command("save",
            "Writes the state of a running cluster to a file: all that was acknowledged before the command began, as of one slot. It is read back and compared before it counts.")
        {
            file,
        };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetRequiredValue(file);
            var building = path + ".part";
            using var endpoints = endpointOptions.Open(parsed);
            try
            {
                string from;
                using (var stream = new FileStream(building, FileMode.Create, FileAccess.Write))
                {
                    from = await endpoints.Download("/snapshot", stream, cancel);
                    stream.Flush(flushToDisk: true);
                }
                var (head, _) = Read(building);
                System.IO.File.Move(building, path, overwrite: true);
                terminal.Text.WriteLine($"{path} holds the state before slot {head.Slot}, {Number(head.Bytes)} bytes, from {from}");
                return 0;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new CliException($"{path} cannot be written: {e.Message}", 2);
            }
            finally
            {
                if (System.IO.File.Exists(building)) System.IO.File.Delete(building);
            }
        });
        return command;
    }

    private static Command Status(Terminal terminal)
    {
        var file = File("What `akkapaxos snapshot save` wrote.");
        var command = new Command("status", "Shows what is in a snapshot's file, and whether it is as it was written. Exits with 1 where it is not.") { file };
        command.SetAction(parsed =>
        {
            var path = parsed.GetRequiredValue(file);
            var (head, state) = Read(path);
            var store = new KvStateMachine();
            SnapshotRestore.Try(store, SnapshotRestore.Anybody, head.Slot, state, path);
            terminal.Text.WriteLine($"{path}: group {head.Group}, before slot {head.Slot}, revision {store.Revision}, {Number(store.Count)} keys, {Number(head.Bytes)} bytes, checksum {head.Checksum}");
        });
        return command;
    }

    private static Command Restore(Terminal terminal)
    {
        var file = File("What `akkapaxos snapshot save` wrote.");
        var config = new Option<string>("--config") { Description = "The node's HOCON file.", HelpName = "FILE", Required = true };
        var set = new Option<string[]>("--set") { Description = "A setting over the file's. May be given again.", HelpName = "key=value" };
        var command = new Command("restore",
            "Begins a node's empty folder with the state in a file. To be done for every node of the cluster, with the same file, before any of them starts; they may be more or fewer "
            + "than the cluster had, or others. No node of the cluster that it was taken from may meet them.")
        {
            file, config, set,
        };
        command.SetAction(async (parsed, cancel) =>
        {
            var path = parsed.GetRequiredValue(file);
            var (head, state) = Read(path);
            var (node, settings) = NodeConfig.Read(parsed.GetRequiredValue(config), parsed.GetValue(set) ?? [], node => (node, new PaxosSettings(node)));
            var folder = NodeConfig.DataDirectory(node, settings);
            state = SnapshotRestore.Try(settings.NewStateMachine(), settings.Membership.Founding, head.Slot, state, path);
            if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
                throw new CliException($"akkapaxos.data-directory {Path.GetFullPath(folder)} is not empty: a snapshot begins a folder; move what is there away, if no node is to run on it again", 2);
            using var held = DataFolder.Take(folder, settings);
            await SnapshotRestore.Write(node, settings, new ReplicaSnapshot(head.Slot, state), terminal.Error.WriteLine, cancel);
            terminal.Text.WriteLine($"{folder} begins before slot {head.Slot} with {Number(head.Bytes)} bytes of state: node {settings.NodeId} may start once every other node has its folder from {path}");
            return 0;
        });
        return command;
    }

    private static (SnapshotHead Head, ReadOnlyMemory<byte> State) Read(string path)
    {
        try
        {
            return SnapshotForm.Parse(System.IO.File.ReadAllBytes(path));
        }
        catch (FormatException e)
        {
            throw new CliException($"{path} {e.Message}; `akkapaxos snapshot save` makes one", 1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CliException($"{path} cannot be read: {e.Message}", 2);
        }
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
