using KeyService.Server.Grpc;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>Reads <see cref="OidcOptions"/>: what belongs together is set together.</summary>
internal static class OidcSettings
{
    /// <summary>Null without an issuer.</summary>
    /// <exception cref="StartException">A setting is wrong, or lacks another.</exception>
    public static OidcOptions? Read(IConfiguration configuration)
    {
        var authority = Settings.Text(configuration, SettingNames.OidcAuthority);
        var audience = Settings.Text(configuration, SettingNames.OidcAudience);
        var clientId = Settings.Text(configuration, SettingNames.OidcClientId);
        var clientSecret = Settings.Text(configuration, SettingNames.OidcClientSecret);
        Needs(SettingNames.OidcAuthority, authority, SettingNames.OidcAudience, audience);
        Needs(SettingNames.OidcAudience, audience, SettingNames.OidcAuthority, authority);
        Needs(SettingNames.OidcClientId, clientId, SettingNames.OidcAuthority, authority);
        Needs(SettingNames.OidcClientSecret, clientSecret, SettingNames.OidcClientId, clientId);
        foreach (var name in (string[])[SettingNames.OidcScope, SettingNames.OidcAudienceParameter])
            Needs(name, Settings.Text(configuration, name), SettingNames.OidcClientId, clientId);
        return authority is null ? null : new()
        {
            Authority = ReadAuthority(authority), Audience = audience!, ClientId = clientId, ClientSecret = clientSecret,
        };
    }

    private static void Needs(string name, string? value, string other, string? otherValue)
    {
        if (value is not null && otherValue is null) throw new StartException($"{name}: must be left out, or {other} must be set too.");
    }

    /// <summary>Keys read over a plain connection could be anybody's.</summary>
    private static Uri ReadAuthority(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var authority)
        && (authority.Scheme == Uri.UriSchemeHttps || (authority.Scheme == Uri.UriSchemeHttp && authority.IsLoopback))
        && authority is { UserInfo: "", Query: "", Fragment: "" }
            ? authority
            : throw Settings.Wrong(
                SettingNames.OidcAuthority, text, "the https URL of an OpenID Connect issuer, or an http URL on loopback, without user, query and fragment");
}
