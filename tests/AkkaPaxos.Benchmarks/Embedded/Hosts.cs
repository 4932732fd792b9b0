using System.CommandLine;

namespace AkkaPaxos.Benchmarks;

/// <summary>The node processes that <see cref="EmbeddedContender"/> starts: this program, called with <c>host</c>.</summary>
internal static class Hosts
{
    /// <summary>Adds the hidden command.</summary>
    public static void AddTo(Command root)
    {
        var file = new Argument<string>("file");
        var set = new Argument<string[]>("set") { Arity = ArgumentArity.ZeroOrMore };
        var ours = new Command("akkapaxos") { file, set };
        ours.SetAction(async (parsed, cancel) => await (await AkkaPaxosNode.Start(parsed.GetRequiredValue(file), parsed.GetValue(set) ?? [], cancel)).Serve(cancel));

        var (ports, own, folder, flush) = (new Argument<string>("ports"), new Argument<int>("own"), new Argument<string>("folder"), new Argument<string>("flush"));
        var dotNext = new Command("dotnext") { ports, own, folder, flush };
        dotNext.SetAction(async (parsed, cancel) =>
        {
            int[] members = [.. parsed.GetRequiredValue(ports).Split(',').Select(int.Parse)];
            var node = await DotNextNode.Start(members, parsed.GetValue(own), parsed.GetRequiredValue(folder), parsed.GetValue(flush) == "flush", cancel);
            await node.Serve(cancel);
        });
        root.Add(new Command("host") { Hidden = true, Subcommands = { ours, dotNext } });
    }
}
