using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Callers;

/// <summary>A credential's <c>allowed_addresses</c> bind who uses it, whatever stands between them and the service.</summary>
public sealed partial class AddressListTests(SharedServer shared)
{
    private const string Elsewhere = "127.0.0.5";
    private const string Person = "203.0.113.7";

    [Fact]
    public async Task At_the_console_the_person_s_address_counts()
    {
        var own = await CredentialAsync(shared.Server, "127.0.0.1");
        var other = await CredentialAsync(shared.Server, Elsewhere);

        (await SignInAsync(shared.Server, own, from: "127.0.0.1")).ShouldBeTrue();
        (await SignInAsync(shared.Server, own, from: Elsewhere)).ShouldBeFalse("the console's own address is no pass");
        (await SignInAsync(shared.Server, other, from: Elsewhere)).ShouldBeTrue("the person is where the list says");
        (await SignInAsync(shared.Server, other, from: "127.0.0.1")).ShouldBeFalse();
        (await JsonAsync(shared.Server, own, from: Elsewhere)).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Behind_a_known_proxy_the_one_whom_it_names_counts()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__Console__KnownProxies", "127.0.0.1"));
        var own = await CredentialAsync(server, "127.0.0.1");
        var person = await CredentialAsync(server, $"{Person}/32");

        (await SignInAsync(server, own, from: "127.0.0.1", forwarded: Person)).ShouldBeFalse();
        (await SignInAsync(server, person, from: "127.0.0.1", forwarded: Person)).ShouldBeTrue();
        (await SignInAsync(server, person, from: Elsewhere, forwarded: Person)).ShouldBeFalse("nobody knows that proxy");

        (await JsonAsync(server, own, from: "127.0.0.1", forwarded: Person)).ShouldBe(HttpStatusCode.Unauthorized);
        (await JsonAsync(server, person, from: "127.0.0.1", forwarded: Person)).ShouldBe(HttpStatusCode.OK);
        (await JsonAsync(server, person, from: Elsewhere, forwarded: Person)).ShouldBe(HttpStatusCode.Unauthorized);
        (await JsonAsync(server, own, from: "127.0.0.1")).ShouldBe(HttpStatusCode.OK, "the proxy itself");

        // One connection, as a gateway shares it: the list is asked at each call, and of ValidateKey too, which memory answers.
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress);
        var client = new ApiKeyService.ApiKeyServiceClient(channel);
        for (var i = 0; i < 3; i++)
        {
            (await ValidateAsync(client, person, ("x-forwarded-for", Person))).ShouldBe(StatusCode.OK);
            (await ValidateAsync(client, person, ("x-forwarded-for", "203.0.113.8"))).ShouldBe(StatusCode.Unauthenticated);
        }
    }

    [Fact]
    public async Task A_header_that_any_client_can_write_opens_nothing()
    {
        var credential = await CredentialAsync(shared.Server, Person);
        var open = await CredentialAsync(shared.Server, "127.0.0.1");
        const string Forged = "1.1.1795971600.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.203.0.113.7";
        foreach (var value in (string[])[Person, Forged, ""])
        {
            (await ValidateAsync(shared.Server.Client, credential, ("x-keyservice-person", value))).ShouldBe(StatusCode.Unauthenticated);
            (await GetCallerAsync(shared.Server.Client, credential, ("x-keyservice-person", value))).ShouldBe(StatusCode.Unauthenticated);
            (await GetCallerAsync(shared.Server.Client, open, ("x-keyservice-person", value))).ShouldBe(StatusCode.Unauthenticated, "it is not passed over");
            (await ValidateAsync(shared.Server.Client, open)).ShouldBe(StatusCode.OK);
            (await ValidateAsync(shared.Server.Client, open, ("x-keyservice-person", value))).ShouldBe(StatusCode.Unauthenticated, "nor where memory answers");
        }
    }

    private static async Task<string> CredentialAsync(TestServer server, string addresses) =>
        (await new TestWorkspace(server, "system").CreateAsync(request =>
    {
        request.Scopes.Add(["keys:read", "keys:validate"]);
        request.PermittedWorkspaces.Add("*");
        request.AllowedAddresses.Add(addresses);
    })).ApiKey;

    private static async Task<bool> SignInAsync(TestServer server, string credential, string from, string? forwarded = null)
    {
        using var http = From(server, from, forwarded, redirects: false);
        using var page = await http.GetAsync("/sign-in");
        // By hand: a cookie for TLS alone, which ends at the proxy, is not sent by a client that sees none.
        if (!page.Headers.TryGetValues("set-cookie", out var cookies)) return false;
        http.DefaultRequestHeaders.Add("cookie", cookies.Select(cookie => cookie.Split(';')[0]));
        var token = RequestToken().Match(await page.Content.ReadAsStringAsync()).Groups["token"].Value;
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["__RequestVerificationToken"] = token, ["credential"] = credential, ["return"] = "/",
        });
        using var response = await http.PostAsync("/session/credential", form);
        return response.StatusCode == HttpStatusCode.Found && response.Headers.Location?.ToString() == "/";
    }

    private static async Task<HttpStatusCode> JsonAsync(TestServer server, string credential, string from, string? forwarded = null)
    {
        using var http = From(server, from, forwarded);
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", credential);
        using var response = await http.GetAsync("/v1/caller");
        return response.StatusCode;
    }

    private static HttpClient From(TestServer server, string from, string? forwarded, bool redirects = true)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = redirects,
            UseCookies = false,
            ConnectCallback = async (context, cancellation) =>
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
                await socket.ConnectAsync(context.DnsEndPoint, cancellation);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        var http = new HttpClient(handler) { BaseAddress = server.HttpAddress };
        http.DefaultRequestHeaders.Add("origin", server.HttpAddress.ToString().TrimEnd('/'));
        if (forwarded is null) return http;
        http.DefaultRequestHeaders.Add("X-Forwarded-For", forwarded);
        http.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        http.DefaultRequestHeaders.Remove("origin");
        return http;
    }

    private static Task<StatusCode> ValidateAsync(ApiKeyService.ApiKeyServiceClient client, string credential, params (string Name, string Value)[] headers) =>
        StatusOfAsync(client.ValidateKeyAsync(new() { ApiKey = "ks_live_x" }, As(credential, headers)).ResponseAsync);

    private static Task<StatusCode> GetCallerAsync(ApiKeyService.ApiKeyServiceClient client, string credential, params (string Name, string Value)[] headers) =>
        StatusOfAsync(client.GetCallerAsync(new(), As(credential, headers)).ResponseAsync);

    private static Metadata As(string credential, (string Name, string Value)[] headers)
    {
        var metadata = TestServer.As(credential);
        foreach (var (name, value) in headers) metadata.Add(name, value);
        return metadata;
    }

    private static async Task<StatusCode> StatusOfAsync(Task call)
    {
        try
        {
            await call;
            return StatusCode.OK;
        }
        catch (RpcException e)
        {
            return e.StatusCode;
        }
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\"[^>]*value=\"(?<token>[^\"]*)\"", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant)]
    private static partial Regex RequestToken();
}
