using System.Net;
using KeyService.AdminConsole;
using KeyService.Server.Keys;

namespace KeyService.Server.Hosting;

/// <summary>Reads <c>KeyService:Console</c>.</summary>
internal static class ConsoleSettings
{
    /// <exception cref="StartException">A setting is wrong.</exception>
    public static ConsoleOptions Read(IConfiguration configuration, ServerOptions server)
    {
        var address = Settings.Text(configuration, SettingNames.ConsoleServiceAddress);
        var workspace = Settings.Text(configuration, SettingNames.ConsoleDefaultWorkspace) ?? "default";
        if (!Workspaces.IsValid(workspace)) throw Settings.Wrong(SettingNames.ConsoleDefaultWorkspace, workspace, "a workspace id: 1 to 64 of A-Z, a-z, 0-9, _ and -");
        return new()
        {
            ServiceAddress = address is null ? OwnAddress.Reachable(server, server.GrpcPort) : ReadAddress(address),
            IsOwnService = address is null,
            DefaultWorkspace = workspace,
            IdleTimeout = Settings.Duration(
                configuration, SettingNames.ConsoleIdleTimeout, TimeSpan.FromMinutes(30), TimeSpan.FromMinutes(1), TimeSpan.FromHours(24)),
            MaxSession = Settings.Duration(
                configuration, SettingNames.ConsoleMaxSession, TimeSpan.FromHours(12), TimeSpan.FromMinutes(5), TimeSpan.FromDays(30)),
            Trust = server.Trust,
            KnownProxies = server.CallerAddress.KnownProxies,
            Oidc = server.Oidc is { ClientId: { } client } oidc
                ? new(oidc.Authority.ToString(), oidc.Audience, client, oidc.ClientSecret) { Scope = ReadScope(configuration), AudienceParameter = ReadAudienceParameter(configuration) }
                : null,
        };
    }

    private static string ReadScope(IConfiguration configuration)
    {
        var text = Settings.Text(configuration, SettingNames.OidcScope) ?? ConsoleOidcOptions.DefaultScope;
        // Without it an issuer says nothing of who signs in.
        return text.Split(' ').Contains("openid", StringComparer.Ordinal) ? text : throw Settings.Wrong(SettingNames.OidcScope, text, "words with a space between them, openid among them");
    }

    private static AudienceParameter? ReadAudienceParameter(IConfiguration configuration) => Settings.Text(configuration, SettingNames.OidcAudienceParameter) switch
    {
        null => null,
        "none" => AudienceParameter.None,
        "resource" => AudienceParameter.Resource,
        "audience" => AudienceParameter.Audience,
        var text => throw Settings.Wrong(SettingNames.OidcAudienceParameter, text, "`resource`, `audience` or `none`"),
    };

    private static Uri ReadAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https" && address.PathAndQuery == "/" && address.UserInfo.Length == 0
            ? address
            : throw Settings.Wrong(SettingNames.ConsoleServiceAddress, text, "the address of a gRPC port such as http://keyservice:8081");

    /// <summary>For the pages, and for the address lists of credentials in processes without them too.</summary>
    /// <exception cref="StartException">One is not an address.</exception>
    public static IReadOnlyList<IPAddress> ReadProxies(IConfiguration configuration)
    {
        var text = Settings.Text(configuration, SettingNames.ConsoleKnownProxies) ?? "";
        return Array.ConvertAll(
            text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
            one => AddressRange.TryParseAddress(one, out var address)
                ? address
                : throw Settings.Wrong(SettingNames.ConsoleKnownProxies, text, "a comma-separated list of IP addresses"));
    }
}
