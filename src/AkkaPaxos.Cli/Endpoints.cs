using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using System.Text;
using System.Text.Json;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Cli;

/// <summary>The options of every command that speaks to gateways.</summary>
internal sealed class EndpointOptions
{
    private readonly Option<string> _endpoints = new("--endpoints")
    {
        Description = "Gateways of nodes, with commas between; the next is asked where one does not answer. Also from AKKAPAXOS_ENDPOINTS.",
        HelpName = "host:port,...",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("AKKAPAXOS_ENDPOINTS") is { Length: > 0 } set ? set : Endpoints.Default,
    };

    private readonly Option<TimeSpan?> _timeout = new("--command-timeout")
    {
        Description = "How long to wait for an answer. Default: 10s; of all endpoints at once, 3s; for the first writes of bench, 30s; of a snapshot, 60s without a byte.", HelpName = "T",
        CustomParser = Parsers.Duration,
    };

    public void AddTo(Command command)
    {
        command.Add(_endpoints);
        command.Add(_timeout);
    }

    /// <summary>How long to wait, where that is given.</summary>
    public TimeSpan? Timeout(ParseResult parsed) => parsed.GetValue(_timeout);

    /// <summary>Whether endpoints stand on the command line.</summary>
    public bool AreGiven(CommandResult command) => command.GetResult(_endpoints) is { Implicit: false };

    /// <exception cref="CliException">An endpoint is no <c>host:port</c>.</exception>
    public Endpoints Open(ParseResult parsed) => Endpoints.Parse(parsed.GetRequiredValue(_endpoints), parsed.GetValue(_timeout));
}

/// <summary>The gateways that a command speaks to, over HTTP.</summary>
internal sealed class Endpoints : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
    // After this long with no word of one gateway the next is tried.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private const string NoGateway = "what answers there is no gateway of AkkaPaxos";

    private readonly HttpClient _http = new(new SocketsHttpHandler { ConnectTimeout = 2 * Patience }) { Timeout = Timeout.InfiniteTimeSpan };
    // Longer than a gateway's own request-timeout: its words say more.
    private readonly TimeSpan _timeout;
    private readonly TimeSpan _timeoutOfAll;
    private readonly TimeSpan _timeoutOfBulk;

    private Endpoints(IReadOnlyList<string> all, TimeSpan? timeout) =>
        (All, _timeout, _timeoutOfAll, _timeoutOfBulk) = (all, timeout ?? TimeSpan.FromSeconds(10), timeout ?? TimeSpan.FromSeconds(3), timeout ?? TimeSpan.FromSeconds(60));

    /// <summary>Where etcd listens by default, and so do we.</summary>
    public const string Default = "127.0.0.1:2379";

    /// <summary>All of them, <c>host:port</c> each.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Those that a text names, with commas between, with or without <c>http://</c> and a slash behind.</summary>
    /// <exception cref="CliException">One is no <c>host:port</c>.</exception>
    public static Endpoints Parse(string text, TimeSpan? timeout = null)
    {
        var all = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(e => (e.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? e["http://".Length..] : e).TrimEnd('/')).ToList();
        foreach (var endpoint in all)
            if (!Uri.TryCreate($"http://{endpoint}", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || !endpoint.Contains(':'))
                throw new CliException($"--endpoints: \"{endpoint}\" is not like {Default} or http://{Default}", 2);
        return all.Count > 0 ? new Endpoints(all, timeout) : throw new CliException("--endpoints: names no endpoint", 2);
    }

    /// <summary>What one gateway made of a request.</summary>
    /// <param name="Endpoint">The gateway.</param>
    /// <param name="Answer">Its answer; null where there is none.</param>
    /// <param name="Failure">Why there is none.</param>
    /// <param name="GoOn">Whether another one might do better, for all that is known of this one.</param>
    /// <param name="WasSent">Whether it may have been told what to do.</param>
    private sealed record Attempt<T>(string Endpoint, T? Answer, string? Failure = null, bool GoOn = false, bool WasSent = true) where T : class
    {
        public override string ToString() => $"{Endpoint}: {Failure}";
    }

    /// <summary>
    /// Posts a question. Where a gateway says nothing for a while the next is asked beside it, and the first answer counts.
    /// </summary>
    /// <exception cref="CliException">None answers, or one refuses the question.</exception>
    public async Task<T> Read<T>(string path, IMessage question, CancellationToken cancel) where T : class, IMessage, new()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(_timeout);
        var body = KvJson.Format(question);
        List<Attempt<T>> failed = [];
        List<Task<Attempt<T>>> asked = [];
        for (var next = 0; ;)
        {
            if (next < All.Count) asked.Add(Post<T>(All[next++], path, body, isRead: true, patience.Token, cancel));
            else if (asked.Count == 0) throw new CliException($"no endpoint answers: {string.Join("; ", failed)}");
            var pause = Task.Delay(next < All.Count ? Patience : Timeout.InfiniteTimeSpan, CancellationToken.None);
            if (await Task.WhenAny([pause, .. asked]) is not Task<Attempt<T>> over) continue;
            asked.Remove(over);
            var attempt = await over;
            if (attempt.Answer is { } answer)
            {
                await patience.CancelAsync();
                return answer;
            }
            if (!attempt.GoOn) throw new CliException($"{attempt}");
            failed.Add(attempt);
        }
    }

    /// <summary>Posts a write, to one gateway only: the first that answers, and another one only while the write surely was not sent.</summary>
    /// <exception cref="CliException">None can be reached, or the write was refused, or what became of it is not known.</exception>
    public async Task<T> Write<T>(string path, IMessage request, CancellationToken cancel) where T : class, IMessage, new()
    {
        var body = KvJson.Format(request);
        List<string> failures = [];
        foreach (var endpoint in All)
        {
            // A process that hangs accepts what it is sent, and never answers: so it has to say something first.
            if (await Get<JsonElement>(endpoint, "/version", endpoint == All[^1] ? _timeoutOfAll : Patience, cancel) is (_, _, { } silent))
            {
                failures.Add($"{endpoint}: {silent}");
                continue;
            }
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(_timeout);
            var attempt = await Post<T>(endpoint, path, body, isRead: false, patience.Token, cancel);
            if (attempt.Answer is { } answer) return answer;
            if (attempt.WasSent) throw new CliException(attempt.GoOn ? $"{attempt}; the write may have happened, or may still" : $"{attempt}");
            failures.Add($"{attempt}");
        }
        throw new CliException($"no endpoint answers, nothing was written: {string.Join("; ", failures)}");
    }

    private async Task<Attempt<T>> Post<T>(
        string endpoint, string path, string body, bool isRead, CancellationToken patience, CancellationToken cancel)
        where T : class, IMessage, new()
    {
        try
        {
            using var content = new StringContent(body, Encoding.UTF8, "application/json");
            using var response = await _http.PostAsync($"http://{endpoint}{path}", content, patience);
            var text = await response.Content.ReadAsStringAsync(patience);
            if (response.IsSuccessStatusCode) return new Attempt<T>(endpoint, KvJson.Parse<T>(text));
            // What a gateway says of a write that failed has in it whether the write may have happened.
            return ErrorIn(text) is { } error
                ? new Attempt<T>(endpoint, null, error, GoOn: isRead && response.StatusCode >= HttpStatusCode.InternalServerError)
                : NotAGateway();
        }
        catch (FormatException)
        {
            return NotAGateway();
        }
        catch (HttpRequestException e)
        {
            var unsent = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError;
            return new Attempt<T>(endpoint, null, isRead ? Why(e) : e.Message, GoOn: true, WasSent: !unsent);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return patience.IsCancellationRequested
                ? new Attempt<T>(endpoint, null, $"no answer in {_timeout.TotalSeconds:0.###} s (--command-timeout)", GoOn: true)
                : new Attempt<T>(endpoint, null, "no connection", GoOn: true, WasSent: false);
        }

        Attempt<T> NotAGateway() => new(endpoint, null, NoGateway, GoOn: true);
    }

    /// <summary>Asks every endpoint at once.</summary>
    /// <returns>By endpoint, its answer or why there is none.</returns>
    public async Task<IReadOnlyList<(string Endpoint, T? Answer, string? Failure)>> GetAll<T>(string path, CancellationToken cancel) =>
        await Task.WhenAll(All.Select(endpoint => Get<T>(endpoint, path, _timeoutOfAll, cancel)));

    private async Task<(string Endpoint, T? Answer, string? Failure)> Get<T>(string endpoint, string path, TimeSpan limit, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(limit);
        try
        {
            using var response = await _http.GetAsync($"http://{endpoint}{path}", patience.Token);
            var text = await response.Content.ReadAsStringAsync(patience.Token);
            return response.IsSuccessStatusCode
                ? (endpoint, JsonSerializer.Deserialize<T>(text, Json), null)
                : (endpoint, default, ErrorIn(text) ?? NoGateway);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (endpoint, default, $"no answer in {limit.TotalSeconds:0.###} s");
        }
        catch (HttpRequestException e)
        {
            return (endpoint, default, Why(e));
        }
        catch (JsonException)
        {
            return (endpoint, default, NoGateway);
        }
    }

    /// <summary>Gets bytes from the first gateway that has them.</summary>
    /// <param name="path">What is asked for.</param>
    /// <param name="to">Gets the bytes; emptied where one gateway broke off and another is asked.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Which gateway it was.</returns>
    /// <exception cref="CliException">None has.</exception>
    public async Task<string> Download(string path, Stream to, CancellationToken cancel)
    {
        List<string> failures = [];
        foreach (var endpoint in All)
        {
            // It may take long to make and to send, so what is limited is how long nothing comes.
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(_timeoutOfBulk);
            try
            {
                to.SetLength(0);
                using var response = await _http.GetAsync($"http://{endpoint}{path}", HttpCompletionOption.ResponseHeadersRead, patience.Token);
                if (!response.IsSuccessStatusCode)
                {
                    failures.Add($"{endpoint}: {ErrorIn(await response.Content.ReadAsStringAsync(patience.Token)) ?? NoGateway}");
                    continue;
                }
                await using var from = await response.Content.ReadAsStreamAsync(patience.Token);
                var part = new byte[64 << 10];
                for (int read; (read = await from.ReadAsync(part, patience.Token)) > 0;)
                {
                    await to.WriteAsync(part.AsMemory(0, read), cancel);
                    patience.CancelAfter(_timeoutOfBulk);
                }
                return endpoint;
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                failures.Add($"{endpoint}: nothing came for {_timeoutOfBulk.TotalSeconds:0.###} s (--command-timeout)");
            }
            catch (HttpRequestException e)
            {
                failures.Add($"{endpoint}: {Why(e)}");
            }
            catch (HttpIOException e)
            {
                failures.Add($"{endpoint}: it broke off: {e.Message}");
            }
        }
        throw new CliException($"no endpoint answers: {string.Join("; ", failures)}");
    }

    /// <summary>What every endpoint says of its node.</summary>
    public Task<IReadOnlyList<(string Endpoint, NodeReport? Answer, string? Failure)>> Status(CancellationToken cancel) =>
        GetAll<NodeReport>("/status", cancel);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    /// <summary>Why a question has no answer. A node's port for nodes hangs up on HTTP.</summary>
    private static string Why(HttpRequestException e) => e.HttpRequestError is HttpRequestError.ResponseEnded
        ? "it closed the connection without an answer: is that the port for clients?"
        : e.Message;

    /// <summary>The error of a gateway's answer; null where it is no gateway's.</summary>
    private static string? ErrorIn(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("error").GetString();
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return null;
        }
    }
}
