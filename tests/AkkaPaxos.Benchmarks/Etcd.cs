using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace AkkaPaxos.Benchmarks;

/// <summary>Three etcd processes on this machine, each with its data on the disk that the folder is on: what our own figures stand beside.</summary>
internal sealed class EtcdCluster : IDisposable
{
    private readonly List<Process> _processes = [];

    private EtcdCluster(IReadOnlyList<Uri> endpoints) => Endpoints = endpoints;

    public IReadOnlyList<Uri> Endpoints { get; }

    /// <summary>Starts them, and waits until one takes a write; null where etcd is not installed (Debian: etcd-server).</summary>
    public static async Task<EtcdCluster?> Start(string folder)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "etcd")))) return null;
        var listeners = Enumerable.Range(0, 6).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners) listener.Start();
        var urls = listeners.Select(l => $"http://127.0.0.1:{((IPEndPoint)l.LocalEndpoint).Port}").ToArray();
        foreach (var listener in listeners) listener.Dispose();

        var cluster = new EtcdCluster([.. urls[..3].Select(u => new Uri(u))]);
        for (var i = 0; i < 3; i++)
        {
            Directory.CreateDirectory(Path.Combine(folder, $"etcd{i}"));
            string[] arguments =
            [
                "--name", $"e{i}", "--data-dir", Path.Combine(folder, $"etcd{i}"), "--listen-client-urls", urls[i], "--advertise-client-urls", urls[i],
                "--listen-peer-urls", urls[3 + i], "--initial-advertise-peer-urls", urls[3 + i],
                "--initial-cluster", string.Join(',', Enumerable.Range(0, 3).Select(n => $"e{n}={urls[3 + n]}")), "--log-level", "error",
            ];
            cluster._processes.Add(Process.Start(new ProcessStartInfo("etcd", arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!);
        }
        using var client = new EtcdClient(cluster.Endpoints[0]);
        for (var patience = Stopwatch.StartNew(); patience.Elapsed < TimeSpan.FromSeconds(30);)
        {
            try
            {
                await client.Put("ready"u8.ToArray(), "1"u8.ToArray());
                return cluster;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }
        cluster.Dispose();
        throw new TimeoutException("etcd took no write within 30 s");
    }

    public void Dispose()
    {
        foreach (var process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }
}

/// <summary>etcd's Put over gRPC: one HTTP/2 connection, calls multiplexed, as etcd's own clients do.</summary>
internal sealed class EtcdClient : IDisposable
{
    private static readonly MediaTypeHeaderValue Grpc = new("application/grpc");
    private readonly HttpClient _http;

    public EtcdClient(Uri endpoint) => _http = new HttpClient { BaseAddress = endpoint };

    /// <summary>Returns when the write is acknowledged.</summary>
    /// <exception cref="HttpRequestException">It was not.</exception>
    public async Task Put(byte[] key, byte[] value)
    {
        // PutRequest { bytes key = 1; bytes value = 2; } behind gRPC's five bytes: not compressed, length.
        var size = CodedOutputStream.ComputeTagSize(1) + CodedOutputStream.ComputeBytesSize(ByteString.CopyFrom(key)) + CodedOutputStream.ComputeTagSize(2) + CodedOutputStream.ComputeBytesSize(ByteString.CopyFrom(value));
        var frame = new byte[5 + size];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), size);
        using (var output = new CodedOutputStream(new MemoryStream(frame, 5, size)))
        {
            output.WriteTag(1, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(key));
            output.WriteTag(2, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(ByteString.CopyFrom(value));
        }
        using var request = new HttpRequestMessage(HttpMethod.Post, "/etcdserverpb.KV/Put")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = Grpc } },
        };
        request.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        using var response = await _http.SendAsync(request);
        await response.Content.ReadAsByteArrayAsync();
        if (!response.TrailingHeaders.TryGetValues("grpc-status", out var status) || status.Single() != "0")
            throw new HttpRequestException($"etcd refused: {string.Join(' ', response.TrailingHeaders.Concat(response.Headers).Select(h => $"{h.Key}={string.Join(',', h.Value)}"))}");
    }

    public void Dispose() => _http.Dispose();
}
