using System.CommandLine;
using System.Text;
using System.Text.Json;
using AkkaPaxos.Gateway;
using AkkaPaxos.Kv;
using Google.Protobuf;

namespace AkkaPaxos.Cli;

/// <summary>The gateways that a command speaks to, over HTTP.</summary>
internal sealed class Endpoints : IDisposable
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private Endpoints(IReadOnlyList<string> all) => All = all;

    /// <summary>Where etcd listens by default, and so do we.</summary>
    public const string Default = "127.0.0.1:2379";

    /// <summary><c>--endpoints</c>.</summary>
    public static Option<string> Option() => new("--endpoints")
    {
        Description = "Gateways of nodes, with commas between; the next is tried where one cannot be reached. Also from AKKAPAXOS_ENDPOINTS.",
        HelpName = "host:port,...",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("AKKAPAXOS_ENDPOINTS") is { Length: > 0 } set ? set : Default,
    };

    /// <summary>All of them, <c>host:port</c> each.</summary>
    public IReadOnlyList<string> All { get; }

    /// <summary>Those that <c>--endpoints</c> names, with or without <c>http://</c>.</summary>
    /// <exception cref="CliException">One is no <c>host:port</c>.</exception>
    public static Endpoints Parse(string text)
    {
        var all = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(e => e.StartsWith("http://", StringComparison.OrdinalIgnoreCase) ? e["http://".Length..].TrimEnd('/') : e).ToList();
        foreach (var endpoint in all)
            if (!Uri.TryCreate($"http://{endpoint}", UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || !endpoint.Contains(':'))
                throw new CliException($"--endpoints: \"{endpoint}\" is not like {Default}", 2);
        return all.Count > 0 ? new Endpoints(all) : throw new CliException("--endpoints: names no endpoint", 2);
    }

    /// <summary>Posts a request to the first endpoint that can be reached.</summary>
    /// <exception cref="CliException">None can, or the node refused the request.</exception>
    public async Task<T> Post<T>(string path, IMessage request, CancellationToken cancel) where T : IMessage, new()
    {
        var body = KvJson.Format(request);
        List<string> failures = [];
        foreach (var endpoint in All)
        {
            try
            {
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var response = await _http.PostAsync($"http://{endpoint}{path}", content, cancel);
                var text = await response.Content.ReadAsStringAsync(cancel);
                return response.IsSuccessStatusCode ? KvJson.Parse<T>(text) : throw new CliException($"{endpoint}: {ErrorIn(text)}");
            }
            // Where no connection was made nothing can have happened: only then may another node be asked to write.
            catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError)
            {
                failures.Add($"{endpoint}: {e.Message}");
            }
            catch (HttpRequestException e)
            {
                throw new CliException($"{endpoint}: {e.Message}; a write may have happened");
            }
            catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
            {
                throw new CliException($"{endpoint}: no answer in {_http.Timeout.TotalSeconds:0} s; a write may still happen");
            }
        }
        throw new CliException($"no endpoint can be reached: {string.Join("; ", failures)}");
    }

    /// <summary>Asks every endpoint at once.</summary>
    /// <returns>By endpoint, its answer or why there is none.</returns>
    public async Task<IReadOnlyList<(string Endpoint, T? Answer, string? Failure)>> GetAll<T>(string path, CancellationToken cancel)
        where T : class =>
        await Task.WhenAll(All.Select(async endpoint =>
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
            patience.CancelAfter(TimeSpan.FromSeconds(5));
            try
            {
                using var response = await _http.GetAsync($"http://{endpoint}{path}", patience.Token);
                var text = await response.Content.ReadAsStringAsync(patience.Token);
                return response.IsSuccessStatusCode
                    ? (endpoint, JsonSerializer.Deserialize<T>(text, Json), null)
                    : (endpoint, (T?)null, (string?)ErrorIn(text));
            }
            catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
            {
                return (endpoint, null, "no answer in 5 s");
            }
            catch (Exception e) when (e is HttpRequestException or JsonException)
            {
                return (endpoint, null, e.Message);
            }
        }));

    /// <summary>What every endpoint says of its node.</summary>
    public Task<IReadOnlyList<(string Endpoint, NodeReport? Answer, string? Failure)>> Status(CancellationToken cancel) =>
        GetAll<NodeReport>("/status", cancel);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private static string ErrorIn(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("error").GetString() ?? body;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"not an answer of a gateway: {body}";
        }
    }
}
