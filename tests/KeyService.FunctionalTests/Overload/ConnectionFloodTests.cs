using System.Net;
using System.Net.Sockets;
using System.Text;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A process with a low limit of open files, so that floods are small: 100 connections on each listener, 25 of them without a valid credential.</summary>
[TakesLong]
public sealed class ConnectionFloodTests
{
    private const int OpenFiles = 800, Connections = 100;
    private const string CallerPath = "/keyservice.v1.ApiKeyService/GetCaller";

    private static readonly byte[] Calls = RawHttp2.ShortCalls(160, "/a.b/c");

    [Fact]
    public async Task Idle_connections_keep_nobody_out_and_harm_no_connection_with_a_credential()
    {
        await using var store = new TestStore { OpenFiles = OpenFiles };
        await using var server = await TestServer.StartAsync(store);
        using var known = await AuthenticatedAsync(server, server.RootCredential);
        var idle = new List<TcpClient>();
        try
        {
            foreach (var port in new[] { server.GrpcAddress.Port, server.HttpAddress.Port })
            {
                for (var i = 0; i < 5 * Connections; i++)
                {
                    var client = new TcpClient();
                    idle.Add(client);
                    await client.ConnectAsync("127.0.0.1", port);
                }
            }

            (await server.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
            await ShouldBeReadyAsync(server);
            (await known.IsAliveAsync()).ShouldBeTrue();
            (await MetricAsync(server, "replaced")).ShouldBeGreaterThan(8 * Connections);
            Directory.GetFiles($"/proc/{server.Id}/fd").Length.ShouldBeLessThan(OpenFiles - Connections);
        }
        finally
        {
            idle.ForEach(client => client.Dispose());
        }
    }

    /// <summary>Each connection overflows the queue of Kestrel's output, and its task never ends.</summary>
    [Fact]
    public async Task Connections_whose_tasks_never_end_take_no_place()
    {
        await using var store = new TestStore { OpenFiles = OpenFiles };
        await using var server = await TestServer.StartAsync(store);
        // Kestrel says so when it ends a connection.
        server.ExpectedErrors.Add("exceeded the output operations maximum queue size");
        // Whether one of them overflows depends on which thread is first: more than half did.
        for (var i = 0; i < 2 * Connections; i++) await AbuseAsync(server.GrpcAddress.Port, overTls: false);

        await Eventually.IsTrueAsync(async () => await MetricAsync(server, "abandoned") > 0, "tasks that did not end are left behind");

        await Task.WhenAll(Enumerable.Range(0, Connections / 2).Select(async _ => (await AuthenticatedAsync(server, server.RootCredential)).Dispose()));
        await ShouldBeReadyAsync(server);
    }

    /// <summary>The port speaks both protocols: that the connection is HTTP/2 is known from its handshake alone.</summary>
    [Fact]
    public async Task Over_TLS_connections_whose_tasks_never_end_are_left_behind()
    {
        await using var store = new TestStore();
        var (certificate, key) = Start.Certificates.Write(store.Folder);
        var port = Ports.Take();
        await using var server = await TestServer.StartAsync(
            store, ("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key),
            ("KeyService__HttpPort", $"{port}"), ("KeyService__GrpcPort", $"{port}"));
        server.ExpectedErrors.Add("exceeded the output operations maximum queue size");
        using var metrics = new HttpClient(Start.TlsTests.Trusting(certificate)) { BaseAddress = new($"https://127.0.0.1:{port}") };

        await Eventually.IsTrueAsync(
            async () =>
            {
                for (var i = 0; i < 10; i++) await AbuseAsync(port, overTls: true);
                return ClosedIn(await metrics.GetStringAsync(new Uri("/metrics", UriKind.Relative)), "abandoned") > 0;
            },
            "tasks that did not end are left behind",
            seconds: 30);
    }

    /// <summary>
    /// Over HTTP/1.1 a client may send many requests before it reads an answer: those of 1,500 closed connections would take
    /// a processor for more than a minute.
    /// </summary>
    [Fact]
    public async Task Requests_of_closed_connections_are_given_up()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartAsync(store);
        var requests = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat("GET /sign-in HTTP/1.1\r\nHost: localhost\r\n\r\n", 90)));
        await Parallel.ForAsync(0, 1_500, new ParallelOptions { MaxDegreeOfParallelism = 50 }, async (_, token) =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", server.HttpAddress.Port, token);
            await client.GetStream().WriteAsync(requests, token);
        });

        await Eventually.IsTrueAsync(async () => await OpenAsync(server) <= 2, "no connection is served any more");
    }

    [Fact]
    public async Task A_process_whose_listener_lets_nobody_in_is_not_ready()
    {
        await using var store = new TestStore { OpenFiles = OpenFiles };
        await using var server = await TestServer.StartAsync(store);
        var other = (await new TestWorkspace(server, "w").CreateCredentialAsync(["keys:read"], ["w"])).ApiKey;
        await ShouldBeReadyAsync(server);
        var known = new List<RawHttp2>();
        try
        {
            // Until there is no place: each of the two callers has half of them.
            for (var i = 0; await TryAuthenticateAsync(server, i % 2 == 0 ? other : server.RootCredential) is { } raw; i++) known.Add(raw);

            known.Count.ShouldBeGreaterThanOrEqualTo(Connections - 2);
            await ShouldBeReadyAsync(server, HttpStatusCode.ServiceUnavailable);
            await Eventually.IsTrueAsync(
                () => Task.FromResult(server.Output.Any(line => line.Contains($"A listener does not answer (port {server.GrpcAddress.Port}:"))), "it is logged");
        }
        finally
        {
            known.ForEach(raw => raw.Dispose());
        }

        await ShouldBeReadyAsync(server);
    }

    [Fact]
    public async Task The_limit_is_logged_at_the_start_and_one_that_is_too_low_stops_it()
    {
        await using var store = new TestStore { OpenFiles = 650 };

        (await Start.Refusal.OfStartAsync(store)).ShouldBe(
            "The limit of open files of this process (ulimit -n) is 650: at least 700 are needed.");
    }

    /// <summary>Opens streams, reads what is answered first and nothing more, and closes the connection.</summary>
    private static async Task AbuseAsync(int port, bool overTls)
    {
        try
        {
            using var raw = await RawHttp2.ConnectAsync(port, overTls);
            await raw.SendAsync(Calls);
            await raw.ReadAsync();
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // Closed while it was sent.
        }
    }

    /// <summary>A check of the listeners that finds no answer in its time, on a busy machine, is repeated within seconds.</summary>
    private static Task ShouldBeReadyAsync(TestServer server, HttpStatusCode status = HttpStatusCode.OK) => Eventually.IsTrueAsync(
        async () => (await JsonAnswer.Send(server, new(HttpMethod.Get, "/health/ready"), "")).Status == status, $"readiness is {status}");

    /// <summary>A connection that has carried a valid credential.</summary>
    private static async Task<RawHttp2> AuthenticatedAsync(TestServer server, string credential)
    {
        var raw = await RawHttp2.ConnectAsync(server.GrpcAddress.Port);
        var stream = await raw.CallAsync(CallerPath, credential, RawGrpc.Frame([]));
        (await raw.ReadAsync(Http2Frames.Data, stream)).ShouldNotBeNull();
        return raw;
    }

    private static async Task<RawHttp2?> TryAuthenticateAsync(TestServer server, string credential)
    {
        try
        {
            return await AuthenticatedAsync(server, credential);
        }
        catch (Exception e) when (e is IOException or SocketException or ShouldAssertException)
        {
            return null;
        }
    }

    private static async Task<double> MetricAsync(TestServer server, string reason) =>
        ClosedIn((await JsonAnswer.Send(server, new(HttpMethod.Get, "/metrics"), "")).Text, reason);

    /// <summary>Connections of the HTTP port that are served, whether or not their sockets are open.</summary>
    private static async Task<double> OpenAsync(TestServer server)
    {
        var page = (await JsonAnswer.Send(server, new(HttpMethod.Get, "/metrics"), "")).Text;
        var lines = page.Split('\n').Where(line => line.StartsWith("kestrel_active_connections", StringComparison.Ordinal));
        var line = lines.First(line => line.Contains($"\"{server.HttpAddress.Port}\""));
        return double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }

    private static double ClosedIn(string page, string reason)
    {
        var line = page.Split('\n').FirstOrDefault(line => line.StartsWith("keyservice_connections_closed_total", StringComparison.Ordinal) && line.Contains($"reason=\"{reason}\""));
        return line is null ? 0 : double.Parse(line[(line.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture);
    }
}
