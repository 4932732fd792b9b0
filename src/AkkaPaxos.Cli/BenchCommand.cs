using System.CommandLine;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using AkkaPaxos.Client;
using AkkaPaxos.Kv;
using AkkaPaxos.Node;
using Google.Protobuf;

namespace AkkaPaxos.Cli;

/// <summary><c>akkapaxos bench</c>: closed-loop clients, each of which sends its next operation when the last one is answered.</summary>
internal static class BenchCommand
{
    // Fewer than a session has in flight at once, so that no client waits for another.
    private const int ClientsPerSession = 512;
    private const string Loopback = "127.0.0.1";

    /// <summary>What a run measured.</summary>
    private sealed record Figures(
        string Op,
        int Clients,
        double Seconds,
        int ValueSize,
        long Operations,
        double OperationsPerSecond,
        double P50Ms,
        double P99Ms,
        double P999Ms,
        double MaxMs,
        long Errors,
        string? FirstError,
        bool Durable,
        string Durability);

    private sealed record Plan(string Op, int Clients, double Seconds, double WarmUp, int ValueSize, int Keys);

    public static Command Create(Terminal terminal)
    {
        var endpointOptions = new EndpointOptions();
        var contacts = new Option<string?>("--contact-points")
        {
            Description = "Akka addresses of nodes, with commas between; the first is asked. Without it, --endpoints are asked for theirs.",
            HelpName = "akka.tcp://akkapaxos@host:port,...",
        };
        var targetLeader = new Option<bool>("--target-leader") { Description = "Send to the leader instead of the first of --endpoints." };
        var group = new Option<string>("--group") { Description = "The nodes' akkapaxos.group.", DefaultValueFactory = _ => "default" };
        var clients = Number("--clients", "Clients at once.", "N", 64, 1, 100_000);
        var seconds = Number("--seconds", "How long to measure.", "S", 10, 1, 86_400);
        var warmUp = Number("--warm-up", "How long to run before measuring.", "S", 2, 0, 3_600);
        var valueSize = Number("--value-size", "Bytes of a value.", "B", 256, 0, 512 << 20);
        var keys = Number("--keys", "Different keys.", "N", 10_000, 1, 10_000_000);
        var linksOption = new Option<string>("--links") { Description = "With --contact-points: the nodes' akkapaxos.links, akka or direct.", DefaultValueFactory = _ => "akka" };
        linksOption.AcceptOnlyFromAmong("akka", "direct");
        var op = new Option<string>("--op") { Description = "put, or get (linearizable).", DefaultValueFactory = _ => "put" };
        op.AcceptOnlyFromAmong("put", "get");
        var json = new Option<bool>("--json") { Description = "Print the figures as JSON." };
        var profile = new Option<bool>("--profile")
        {
            Description = "Print also where the time of a write goes and what it costs, from all of --endpoints, whose nodes run with akkapaxos.trace-slots=4096. Tracing itself costs some.",
        };
        var command = new Command("bench",
            "Measures operations per second and latencies through AkkaPaxos.Client. Writes the keys bench-00000000 and on, and leaves them there.")
        {
            contacts, linksOption, targetLeader, group, clients, seconds, warmUp, valueSize, keys, op, json, profile,
        };
        endpointOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(contacts) is not null && (result.GetValue(targetLeader) || endpointOptions.AreGiven(result)))
                result.AddError("--contact-points can be given with neither --endpoints nor --target-leader: those are to find the contact points");
            if (result.GetValue(profile) && (result.GetValue(json) || result.GetValue(op) is "get" || result.GetValue(contacts) is not null))
                result.AddError("--profile is of puts, asks --endpoints, and prints tables: it goes with neither --op get, --contact-points nor --json");
        });
        command.SetAction(async (parsed, cancel) =>
        {
            var (nodes, durability, links) = parsed.GetValue(contacts) is { } given
                ? (given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), BenchDurability.Unknown, parsed.GetRequiredValue(linksOption))
                : await Discover(endpointOptions, parsed, parsed.GetValue(targetLeader), cancel);
            var plan = new Plan(
                parsed.GetRequiredValue(op), parsed.GetValue(clients), parsed.GetValue(seconds), parsed.GetValue(warmUp),
                parsed.GetValue(valueSize), parsed.GetValue(keys));
            var patience = endpointOptions.Timeout(parsed) ?? TimeSpan.FromSeconds(30);
            using var endpoints = parsed.GetValue(profile) ? endpointOptions.Open(parsed) : null;
            var (measured, before, after) = await Run(nodes, parsed.GetRequiredValue(group), links, plan, endpoints, patience, cancel);
            var figures = measured with { Durable = durability.IsDurable, Durability = durability.Text };
            terminal.Text.WriteLine(parsed.GetValue(json) ? JsonSerializer.Serialize(figures, JsonSerializerOptions.Web) : Text(figures));
            if (endpoints is not null)
                foreach (var table in await BenchProfile.Tables(endpoints, before!, after!, figures.Operations, cancel)) terminal.Write(table);
            if (figures.Operations == 0) throw new CliException($"no operation was done: {figures.FirstError ?? "no answer"}");
            return 0;
        });
        return command;
    }

    private static Option<int> Number(string name, string description, string unit, int value, int min, int max)
    {
        var option = new Option<int>(name) { Description = description, HelpName = unit, DefaultValueFactory = _ => value };
        option.Validators.Add(r =>
        {
            if (r.Tokens is [var given] && !(int.TryParse(given.Value, out var n) && n >= min && n <= max)) r.AddError($"{name}: {given.Value} is not a whole number from {min} to {max}");
        });
        return option;
    }

    private static async Task<(string[] Nodes, BenchDurability Durability, string Links)> Discover(
        EndpointOptions options, ParseResult parsed, bool leaderFirst, CancellationToken cancel)
    {
        using var endpoints = options.Open(parsed);
        var answers = await endpoints.Status(cancel);
        var nodes = answers.Select(a => a.Answer).OfType<Gateway.NodeReport>().ToList();
        if (nodes.Count == 0)
            throw new CliException($"no endpoint can be reached: {string.Join("; ", answers.Select(a => $"{a.Endpoint}: {a.Failure}"))}");
        // All members are contact points, those at the endpoints first.
        var addresses = nodes.Select(n => n.Address).Concat(nodes[0].Peers.Select(p => p.Address)).Distinct().ToList();
        if (leaderFirst && nodes[0].Peers.FirstOrDefault(p => p.Node == nodes[0].Leader) is { } leader)
            addresses = [leader.Address, .. addresses.Where(a => a != leader.Address)];
        return ([.. addresses], BenchDurability.Of(nodes), nodes[0].Links ?? "akka");
    }

    private static async Task<(Figures Figures, BenchProfile.Used? Before, BenchProfile.Used? After)> Run(
        IReadOnlyList<string> contactPoints, string group, string links, Plan plan, Endpoints? profiled, TimeSpan patience, CancellationToken cancel)
    {
        // What goes wrong is counted, and told in the figures; Akka would tell it with stack traces, of each failed connection one.
        var config = ConfigurationFactory.ParseString($"""
            akka.loglevel = OFF
            akka.stdout-loglevel = OFF
            akka.remote.dot-netty.tcp.hostname = "{OwnHost(contactPoints[0])}"
            akkapaxos.links = {links}
            """).WithFallback(PaxosClient.DefaultConfig());
        using var system = ActorSystem.Create("bench", config);
        try
        {
            List<PaxosClient> sessions;
            try
            {
                var count = ((plan.Clients - 1) / ClientsPerSession) + 1;
                sessions = [.. Enumerable.Range(0, count).Select(_ => new PaxosClient(system, contactPoints, group))];
            }
            catch (FormatException e)
            {
                throw new CliException($"--contact-points: {e.Message}", 2);
            }
            return await Measure(sessions, plan, profiled, patience, cancel);
        }
        finally
        {
            await system.Terminate();
        }
    }

    // Nodes connect to a client to answer it: at the address that this machine has towards them.
    private static string OwnHost(string node)
    {
        if (!Address.TryParse(node, out var at) || at.Host is null) return Loopback; // PaxosClient says what is wrong
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Connect(at.Host, at.Port ?? 0); // which sends nothing
            return $"{((IPEndPoint)socket.LocalEndPoint!).Address}";
        }
        catch (SocketException)
        {
            return Loopback;
        }
    }

    private static async Task<(Figures Figures, BenchProfile.Used? Before, BenchProfile.Used? After)> Measure(
        IReadOnlyList<PaxosClient> sessions, Plan plan, Endpoints? profiled, TimeSpan patience, CancellationToken cancel)
    {
        var value = new byte[plan.ValueSize];
        new Random(1).NextBytes(value);
        var content = UnsafeByteOperations.UnsafeWrap(value);
        var keys = Enumerable.Range(0, plan.Keys).Select(i => ByteString.CopyFromUtf8($"bench-{i:00000000}")).ToArray();
        PaxosClient Of(int client) => sessions[client % sessions.Count];
        Task Put(int client, int key, CancellationToken stop) => Of(client).PutAsync(new PutRequest { Key = keys[key], Value = content }, stop);
        Task Get(int client, int key, CancellationToken stop) => Of(client).RangeAsync(new RangeRequest { Key = keys[key] }, stop);
        Func<int, int, CancellationToken, Task> operation = plan.Op == "put" ? Put : Get;

        using var first = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        first.CancelAfter(patience);
        try
        {
            if (plan.Op == "put") await Put(0, 0, first.Token);
            else
            {
                var options = new ParallelOptions { MaxDegreeOfParallelism = 256, CancellationToken = first.Token };
                await Parallel.ForEachAsync(Enumerable.Range(0, plan.Keys), options, (i, stop) => new ValueTask(Put(i, i, stop)));
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CliException($"the cluster did not take the first writes within {patience.TotalSeconds:0.###} s (--command-timeout)");
        }
        catch (Exception e) when (e is OutcomeUnknownException or SessionsForgottenException or RequestTooLargeException)
        {
            throw new CliException(e.Message);
        }

        if (plan.WarmUp > 0) await ClosedLoop.Run(plan.Clients, plan.Keys, plan.WarmUp, operation, cancel);
        var before = profiled is null ? null : await BenchProfile.Now(profiled, cancel);
        var (latencies, errors, firstError, took) = await ClosedLoop.Run(plan.Clients, plan.Keys, plan.Seconds, operation, cancel);
        var after = profiled is null ? null : await BenchProfile.Now(profiled, cancel);
        var figures = new Figures(
            plan.Op, plan.Clients, Math.Round(took.TotalSeconds, 3), plan.ValueSize, latencies.Count, Math.Round(latencies.Count / took.TotalSeconds, 1),
            Ms(latencies.Quantile(0.5)), Ms(latencies.Quantile(0.99)), Ms(latencies.Quantile(0.999)), Ms(latencies.Max), errors, firstError, false, "");
        return (figures, before, after);
    }

    private static double Ms(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static string Text(Figures f) =>
        FormattableString.Invariant($"""
        {f.OperationsPerSecond:0} {f.Op}s/s: {f.Operations} in {f.Seconds:0.0} s, {f.Clients} clients, values of {f.ValueSize} bytes
        p50 {f.P50Ms} ms, p99 {f.P99Ms} ms, p99.9 {f.P999Ms} ms, max {f.MaxMs} ms
        errors {f.Errors}{(f.FirstError is null ? "" : $", the first: {f.FirstError}")}
        {f.Durability}
        """);
}
