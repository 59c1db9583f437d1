using Grpc.Core;
using KeyService.Contracts.V1;

namespace KeyService.FunctionalTests.Infrastructure;

/// <summary>A server that takes the JWTs of an issuer, which is there too. For the tests of a class, each with a workspace of its own.</summary>
public sealed class IssuerServer : IAsyncLifetime
{
    private readonly TestStore _store = new();

    internal TestIssuer Issuer { get; private set; } = null!;

    internal TestServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Issuer = await TestIssuer.StartAsync();
        Server = await TestServer.StartAsync(_store, SettingsFor(Issuer));
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Issuer.DisposeAsync();
        await _store.DisposeAsync();
    }

    internal TestWorkspace NewWorkspace() => new(Server, SharedServer.NewWorkspace());

    /// <summary>Call metadata with a token of the issuer.</summary>
    internal async Task<Metadata> CallerAsync(string subject, params string[] permissions) =>
        TestServer.As(await Issuer.TokenAsync(subject, permissions));

    internal static (string Name, string Value)[] SettingsFor(TestIssuer issuer) =>
        [("KeyService__Oidc__Authority", issuer.Authority), ("KeyService__Oidc__Audience", issuer.Audience)];

    /// <summary>What becomes of a call with this credential.</summary>
    internal static Task<CallError> RefusedAsync(TestServer server, string token) =>
        CallError.Of(server.Client.GetCallerAsync(new(), TestServer.As(token)));

    /// <summary>Who is calling, with this credential.</summary>
    internal static async Task<GetCallerResponse> AskAsync(TestServer server, string token, string workspaceId = "") =>
        await server.Client.GetCallerAsync(new() { WorkspaceId = workspaceId }, TestServer.As(token));
}
