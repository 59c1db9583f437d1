using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Testing;

/// <summary>A real OpenID Connect issuer on loopback, for tests: one client, people that the test makes up, keys made in memory.</summary>
public sealed class TestIssuer : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, TestPerson> _people = new(StringComparer.Ordinal);
    private readonly SymmetricSecurityKey _encryptionKey = new(RandomNumberGenerator.GetBytes(32));
    private readonly TokenRequests _requests;
    private RsaSecurityKey _signingKey = NewKey();
    private WebApplication? _host;

    private TestIssuer(int port)
    {
        Authority = $"http://127.0.0.1:{port}/";
        _requests = new(this);
    }

    /// <summary>Its address and its name in tokens, with a slash at the end.</summary>
    public string Authority { get; }

    /// <summary>What its access tokens are for.</summary>
    public string Audience => "keyservice";

    /// <summary>The one client: code flow with PKCE, refresh tokens, client credentials; any redirect URI on loopback.</summary>
    public string ClientId => "console";

    public string ClientSecret { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Who is signed in by an authorization request without <c>login_hint</c>; none: that is refused.</summary>
    public string? SignedIn { get; set; }

    /// <summary>What tokens are signed with from the last start on, private part included: for tokens that the issuer would not make.</summary>
    public RsaSecurityKey SigningKey => _signingKey;

    /// <summary>Starts one on a free port.</summary>
    public static async Task<TestIssuer> StartAsync()
    {
        var issuer = Create();
        await issuer.StartAgainAsync();
        return issuer;
    }

    /// <summary>One that is away: nothing listens at its address until it is started.</summary>
    public static TestIssuer Create()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new(((IPEndPoint)listener.LocalEndpoint).Port);
    }

    /// <summary>Starts it after it was stopped: same address, same client, same people, same keys unless new ones are asked for.</summary>
    public async Task StartAgainAsync(bool newKeys = false)
    {
        if (_host is not null) throw new InvalidOperationException("It runs.");
        if (newKeys) _signingKey = NewKey();
        _host = IssuerHost.Build(this, _signingKey, _encryptionKey);
        await _host.StartAsync();
    }

    /// <summary>Nothing listens at its address any more.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _host, null) is not { } host) return;
        await host.StopAsync();
        await host.DisposeAsync();
    }

    /// <summary>A restart with new keys: tokens from before, refresh tokens too, have a key that it does not name any more.</summary>
    public async Task RotateKeysAsync()
    {
        await StopAsync();
        await StartAgainAsync(newKeys: true);
    }

    /// <summary>Adds a person, or says anew what they may do.</summary>
    public void Set(TestPerson person) => _people[person.Subject] = person;

    /// <inheritdoc cref="TokenAsync(TestPerson)"/>
    public Task<string> TokenAsync(string subject, params IReadOnlyList<string> permissions) => TokenAsync(new TestPerson(subject, permissions));

    /// <summary>An access token by client credentials, for this person, who is added.</summary>
    public Task<string> TokenAsync(TestPerson person)
    {
        Set(person);
        return _requests.ByClientCredentialsAsync(person.Subject);
    }

    /// <summary>The tokens of the code flow with PKCE, for somebody who was added; scopes openid, profile and offline_access.</summary>
    public Task<TestTokens> SignInAsync(string subject) => _requests.ByCodeAsync(subject);

    /// <summary>The next tokens, with what the person may do by now.</summary>
    public Task<TestTokens> RefreshAsync(string refreshToken) => _requests.ByRefreshTokenAsync(refreshToken);

    /// <summary>A token that the test describes, signed with the issuer's key: good for ten minutes unless it is changed.</summary>
    /// <param name="change">Changes it before it is signed.</param>
    public string Sign(Action<SecurityTokenDescriptor>? change = null)
    {
        var now = TimeProvider.System.GetUtcNow().UtcDateTime;
        var token = new SecurityTokenDescriptor
        {
            Issuer = Authority,
            Audience = Audience,
            NotBefore = now,
            IssuedAt = now,
            Expires = now.AddMinutes(10),
            TokenType = "at+jwt",
            Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = "somebody", [IssuerHost.PermissionsClaim] = "keys:read" },
            SigningCredentials = new(_signingKey, SecurityAlgorithms.RsaSha256),
        };
        change?.Invoke(token);
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _requests.Dispose();
    }

    internal TestPerson? Find(string? subject) => _people.GetValueOrDefault(subject ?? SignedIn ?? "");

    private static RsaSecurityKey NewKey() => new(RSA.Create(2048)) { KeyId = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)) };
}
