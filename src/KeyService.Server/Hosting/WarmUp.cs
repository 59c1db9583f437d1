using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Server.Audit;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Lookup;
using KeyService.Server.Storage;
using KeyService.Server.Validation;
using Microsoft.EntityFrameworkCore;
using Api = KeyService.Contracts.V1;

namespace KeyService.Server.Hosting;

/// <summary>
/// Makes real calls to the process's own ports before it says that it is ready: what runs for the first time is compiled, connected and read from disk first, which
/// takes longer than a validation may. Nothing is changed, and what comes of the calls does not matter.
/// </summary>
internal sealed class WarmUp(
    ServerOptions options, OwnConnections own, MasterKeys masterKeys, KeyStore store, KeySource source, KeyQueries queries, AuditQueries events, StatusChanger changer, TimeProvider time)
{
    /// <summary>Whatever happens, the process is ready after that.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan CallBound = TimeSpan.FromSeconds(5);

    /// <summary>In the first one everything is compiled; the second finds the caches and pools that the first has filled.</summary>
    private const int Rounds = 2;

    /// <summary>A workspace that has no keys.</summary>
    private const string NoWorkspace = "warm-up";

    private volatile bool _isDone;

    /// <summary>Whether the process may be called ready.</summary>
    public bool IsDone => _isDone;

    /// <summary>Once, when the listeners are open and the replica follows the feed.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        bound.CancelAfter(Bound);
        try
        {
            for (var round = 0; round < Rounds && !bound.IsCancellationRequested; round++) await RoundAsync(bound.Token);
        }
        catch (OperationCanceledException)
        {
            // Too late, or stopping.
        }
        finally
        {
            own.End();
            _isDone = true;
        }
    }

    /// <summary>Each round on connections of its own: the first call of a connection is another than its second.</summary>
    private async Task RoundAsync(CancellationToken cancellation)
    {
        await TryAsync(() => ReadAnyAsync(cancellation));
        var key = ApiKeyText.Generate(options.Issuance.Brand, KeyEnvironment.Live, masterKeys.Current);
        // An API key that was never issued, with a tag of this service, goes all the way to the database.
        foreach (var isKnown in (bool[])[true, false])
        {
            var credential = isKnown ? $"warm-up-{Guid.NewGuid():N}" : key;
            await CallGrpcAsync(credential, isKnown, key, cancellation);
            await CallJsonAsync(credential, isKnown, key, cancellation);
        }

        if (!options.Roles.HasFlag(Roles.Management)) return;
        foreach (var order in Enum.GetValues<KeyOrder>())
            await TryAsync(() => queries.ListAsync(new(NoWorkspace, "", null, order, null, 50), cancellation));
        await TryAsync(() => queries.GetAsync(NoWorkspace, KeyIds.New(time), cancellation));
        await TryAsync(() => events.ListAsync(NoWorkspace, "", null, 50, cancellation));
        // A change of a key that is not there begins a transaction and changes nothing.
        await TryAsync(() => changer.ChangeAsync(
            new(NoWorkspace, KeyIds.New(time), KeyStatus.Disabled, "", "", TimeSpan.Zero), Actor.Operator, CredentialRights.None, DateTime.MaxValue, cancellation));
    }

    /// <summary>A key that is found is read, taken apart and encoded by code that one that is not found never meets. Whichever it is, its record stays here.</summary>
    private async Task ReadAnyAsync(CancellationToken cancellation)
    {
        var digest = await store.ReadAsync(
            (context, token) => context.KeySecrets.Where(secret => secret.RetireTime == null).Select(secret => secret.Digest).FirstOrDefaultAsync(token), cancellation);
        if (digest is not null && (await source.ReadAsync(KeyDigest.FromBytes(digest), CallBound, cancellation)).Key is { } key) _ = KeyMapping.ToResponse(new(Verdict.Valid, key));
    }

    private async Task CallGrpcAsync(string credential, bool isKnown, string key, CancellationToken cancellation)
    {
        using var channel = GrpcChannel.ForAddress(
            OwnAddress.Reachable(options, options.GrpcPort), new() { HttpHandler = Handler(credential, isKnown), DisposeHttpClient = true });
        var client = new Api.ApiKeyService.ApiKeyServiceClient(channel);
        var call = new CallOptions(new() { { "authorization", $"Bearer {credential}" } }, time.GetUtcNow().UtcDateTime + CallBound, cancellation);
        Api.ValidateKeyRequest[] questions = [new() { ApiKey = key }, new() { ApiKey = key + "x", WorkspaceId = NoWorkspace, ClientAddress = "127.0.0.1", RequiredScopes = { "a.b" } }];
        foreach (var question in questions)
        {
            // In front of the gRPC framework, and, with an actor, behind it.
            await TryAsync(() => client.ValidateKeyAsync(question, call).ResponseAsync);
            await TryAsync(() => client.ValidateKeyAsync(question, call.WithHeaders(new() { call.Headers![0], { "x-keyservice-actor", "warm-up" } })).ResponseAsync);
        }

        await TryAsync(() => client.ValidateKeysAsync(new() { Requests = { questions } }, call).ResponseAsync);
        await TryAsync(() => client.GetCallerAsync(new(), call).ResponseAsync);
        await TryAsync(() => client.ListKeysAsync(new() { WorkspaceId = NoWorkspace }, call).ResponseAsync);
        await TryAsync(() => client.GetKeyAsync(new() { WorkspaceId = NoWorkspace, KeyId = KeyIds.New(time) }, call).ResponseAsync);
        await TryAsync(() => client.CreateKeyAsync(new() { WorkspaceId = NoWorkspace, Name = "warm-up" }, call).ResponseAsync);
        await TryAsync(() => client.SetStatusAsync(new() { WorkspaceId = NoWorkspace, KeyId = KeyIds.New(time), Status = Api.KeyStatus.Disabled }, call).ResponseAsync);
        await TryAsync(() => client.ListAuditEventsAsync(new() { WorkspaceId = NoWorkspace }, call).ResponseAsync);
    }

    private async Task CallJsonAsync(string credential, bool isKnown, string key, CancellationToken cancellation)
    {
        using var http = new HttpClient(Handler(credential, isKnown)) { BaseAddress = OwnAddress.Reachable(options, options.HttpPort), Timeout = CallBound };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        foreach (var (path, body) in ((string, string)[])[("/v1/keys:validate", $$"""{"apiKey": "{{key}}"}"""), ("/v1/keys:validateBatch", $$"""{"requests": [{"apiKey": "{{key}}"}]}""")])
        {
            await TryAsync(async () =>
            {
                using var content = new StringContent(body, Encoding.UTF8, "application/json");
                using var answer = await http.PostAsync(new Uri(path, UriKind.Relative), content, cancellation);
            });
        }

        foreach (var path in (string[])["/v1/caller", $"/v1/workspaces/{NoWorkspace}/keys", "/health/live", "/sign-in"])
        {
            await TryAsync(async () =>
            {
                using var answer = await http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            });
        }
    }

    private SocketsHttpHandler Handler(string credential, bool isKnown)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var target = new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host.Trim('[', ']')), context.DnsEndPoint.Port);
                var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                try
                {
                    // Bound first: from then on no other process has this end point.
                    socket.Bind(new IPEndPoint(target.Address, 0));
                    if (isKnown) own.Expect((IPEndPoint)socket.LocalEndPoint!, credential);
                    await socket.ConnectAsync(target, cancellation);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        // To itself, with a credential that is good for nothing: whatever certificate there is.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        return handler;
    }

    /// <summary>A refusal is an answer, and what is wrong shows in the first real call too.</summary>
    private static async Task TryAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Not what is wanted here.
        }
    }
}
