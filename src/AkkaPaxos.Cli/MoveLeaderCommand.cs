using System.CommandLine;
using AkkaPaxos.Kv;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos move-leader</c>: another node is to lead, as etcdctl's command of that name.</summary>
internal static class MoveLeaderCommand
{
    public static Command Create(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var node = new Argument<uint>("node") { Description = "The number of the node that is to lead.", HelpName = "NODE" };
        var command = new Command("move-leader", "Makes a node lead, and waits until it does. Clients wait for some hundredths of a second.") { node };
        endpointOptions.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var endpoints = endpointOptions.Open(parsed);
            var target = parsed.GetRequiredValue(node);
            await endpoints.Read<MoveLeaderResponse>("/v3/maintenance/transfer-leadership", new MoveLeaderRequest { TargetID = target }, cancel);
            terminal.Text.WriteLine($"node {target} leads");
        });
        return command;
    }
}
