using System.Buffers.Text;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace KeyService.Testing;

/// <summary>Asks the issuer for tokens, as its client does.</summary>
internal sealed class TokenRequests(TestIssuer issuer) : IDisposable
{
    private const string RedirectUri = "http://127.0.0.1/signin-oidc";

    private readonly HttpClient _http = new(new SocketsHttpHandler { AllowAutoRedirect = false }) { BaseAddress = new(issuer.Authority) };

    public async Task<string> ByClientCredentialsAsync(string subject) =>
        Text(await PostAsync([new("grant_type", "client_credentials"), new("login_hint", subject)]), "access_token");

    public async Task<TestTokens> ByCodeAsync(string subject)
    {
        var verifier = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));
        var challenge = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(verifier)));
        var query = $"connect/authorize?response_type=code&client_id={issuer.ClientId}&redirect_uri={Uri.EscapeDataString(RedirectUri)}"
            + $"&scope={Uri.EscapeDataString("openid profile offline_access")}&code_challenge={challenge}&code_challenge_method=S256&nonce=n&login_hint={Uri.EscapeDataString(subject)}";
        using var response = await _http.GetAsync(query);
        var code = response.Headers.Location is { } location ? System.Web.HttpUtility.ParseQueryString(location.Query)["code"] : null;
        if (code is null) throw new InvalidOperationException($"No code: {(int)response.StatusCode} {response.Headers.Location} {await response.Content.ReadAsStringAsync()}");
        return Tokens(await PostAsync([new("grant_type", "authorization_code"), new("code", code), new("redirect_uri", RedirectUri), new("code_verifier", verifier)]));
    }

    public async Task<TestTokens> ByRefreshTokenAsync(string refreshToken) =>
        Tokens(await PostAsync([new("grant_type", "refresh_token"), new("refresh_token", refreshToken)]));

    public void Dispose() => _http.Dispose();

    private async Task<JsonElement> PostAsync(IEnumerable<KeyValuePair<string, string>> fields)
    {
        using var form = new FormUrlEncodedContent([.. fields, new("client_id", issuer.ClientId), new("client_secret", issuer.ClientSecret)]);
        using var response = await _http.PostAsync("connect/token", form);
        return response.IsSuccessStatusCode
            ? await response.Content.ReadFromJsonAsync<JsonElement>()
            : throw new InvalidOperationException($"No token: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
    }

    private static TestTokens Tokens(JsonElement answer) => new(Text(answer, "access_token"), Text(answer, "id_token"), Text(answer, "refresh_token"));

    private static string Text(JsonElement answer, string name) => answer.GetProperty(name).GetString()!;
}
