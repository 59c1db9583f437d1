using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Claims;
using KeyService.AdminConsole.Service;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.AdminConsole.SignIn;

/// <summary>Replaces access tokens that end. Requests that come at the same time share one answer: some issuers take a second use of a refresh token for theft.</summary>
internal sealed class TokenRefresher(IServiceProvider services, TimeProvider time)
{
    private const string RefreshClaim = "keyservice:refresh-token";
    private const string EndClaim = "keyservice:token-end";

    /// <summary>A token that ends sooner than this is replaced at the next request.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMinutes(1);

    /// <summary>Requests that were sent with the older cookie come no later.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, (Lazy<Task<OpenIdConnectMessage?>> Answer, long Asked)> _answers = new(StringComparer.Ordinal);

    /// <summary>What a session at an issuer is made of: a new one, or the former with other tokens.</summary>
    public static ClaimsPrincipal With(OpenIdConnectMessage tokens, string name, TimeProvider time, ClaimsPrincipal? former = null, string? subject = null)
    {
        List<Claim> claims = former is null ? [.. Person.Begin(time)] : [.. former.FindAll(claim => claim.Type is Person.SessionClaim or Person.BeginClaim or Person.SubjectClaim)];
        if (subject is not null) claims.Add(new(Person.SubjectClaim, subject));
        claims.AddRange([new(Person.CredentialClaim, tokens.AccessToken), new(Person.NameClaim, name), new(Person.NamedByIssuerClaim, "1")]);
        if ((tokens.RefreshToken ?? former?.FindFirstValue(RefreshClaim)) is { Length: > 0 } refresh) claims.Add(new(RefreshClaim, refresh));
        if (int.TryParse(tokens.ExpiresIn, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
            claims.Add(new(EndClaim, time.GetUtcNow().AddSeconds(seconds).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
        return new(new ClaimsIdentity(claims, CookieAuthenticationDefaults.AuthenticationScheme));
    }

    /// <summary>When the token ends; null where the issuer did not say, or there is none.</summary>
    public static DateTimeOffset? EndOf(ClaimsPrincipal person) =>
        long.TryParse(person.FindFirstValue(EndClaim), NumberStyles.None, CultureInfo.InvariantCulture, out var end) ? DateTimeOffset.FromUnixTimeSeconds(end) : null;

    /// <summary>Ends the session when its token has ended and there is no other.</summary>
    public async Task RefreshAsync(CookieValidatePrincipalContext context)
    {
        var person = context.Principal!;
        if (EndOf(person) is not { } end || end - time.GetUtcNow() > Margin) return;
        var refreshToken = person.FindFirstValue(RefreshClaim);
        if (refreshToken is not null && await ShareAsync(refreshToken) is { } tokens)
        {
            context.ReplacePrincipal(With(tokens, Person.NameOf(person), time, person));
            context.ShouldRenew = true;
        }
        else if (end <= time.GetUtcNow())
        {
            context.RejectPrincipal();
        }
    }

    private Task<OpenIdConnectMessage?> ShareAsync(string refreshToken)
    {
        foreach (var (key, answer) in _answers)
        {
            if (time.GetElapsedTime(answer.Asked) > Memory) _answers.TryRemove(key, out _);
        }

        return _answers.GetOrAdd(refreshToken, token => (new(() => AskAsync(token)), time.GetTimestamp())).Answer.Value;
    }

    /// <summary>Null when the issuer gives none.</summary>
    private async Task<OpenIdConnectMessage?> AskAsync(string refreshToken)
    {
        var oidc = services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(SessionEndpoints.OidcScheme);
        try
        {
            var issuer = await oidc.ConfigurationManager!.GetConfigurationAsync(CancellationToken.None);
            var form = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["grant_type"] = "refresh_token", ["refresh_token"] = refreshToken, ["client_id"] = oidc.ClientId!,
            };
            if (oidc.ClientSecret is { Length: > 0 } secret) form["client_secret"] = secret;
            using var body = new FormUrlEncodedContent(form);
            using var response = await oidc.Backchannel.PostAsync(new Uri(issuer.TokenEndpoint), body, CancellationToken.None);
            return response.StatusCode == HttpStatusCode.OK ? new OpenIdConnectMessage(await response.Content.ReadAsStringAsync(CancellationToken.None)) : null;
        }
        catch (Exception e) when (e is HttpRequestException or InvalidOperationException or TaskCanceledException or IOException)
        {
            // The issuer is away: the token holds until it ends.
            return null;
        }
    }
}
