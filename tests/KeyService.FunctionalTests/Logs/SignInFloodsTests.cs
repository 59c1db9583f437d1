using System.Net;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Logs;

/// <summary>Sign-ins that fail are counted, all of them, and the log has a few.</summary>
public sealed class SignInFloodsTests
{
    private const int Tries = 100, MaxLines = 10;

    [Fact]
    public async Task Bad_callbacks_and_damaged_cookies_leave_a_few_lines_and_a_count()
    {
        await using var issuer = await TestIssuer.StartAsync();
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(
            store,
            [
                .. IssuerServer.SettingsFor(issuer), ("KeyService__Oidc__ClientId", issuer.ClientId), ("KeyService__Oidc__ClientSecret", issuer.ClientSecret),
            ]);
        // The framework calls a cookie that cannot be read an error of its own.
        server.ExpectedErrors.Add("Microsoft.AspNetCore.Antiforgery");
        using var browser = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = server.HttpAddress };

        for (var i = 0; i < Tries; i++)
        {
            (await PostBrokenFormAsync(browser)).ShouldBe(HttpStatusCode.BadRequest);
            (await browser.GetAsync(new Uri($"/session/oidc-callback?code=c{i}&state=s{i}", UriKind.Relative))).Headers.Location!.ToString().ShouldContain("problem=Issuer");
        }

        await Eventually.IsTrueAsync(async () => await FailedAsync(server, "stale_form") >= Tries && await FailedAsync(server, "issuer") >= Tries, "all are counted");
        var kinds = server.Output.Where(IsWarning).CountBy(line => line).ToList();
        kinds.ShouldContain(kind => kind.Key.Contains("SignIn"), "of the callbacks");
        kinds.ShouldAllBe(kind => kind.Value <= MaxLines);
    }

    /// <summary>A token as long as a real one, which was never made here.</summary>
    private static async Task<HttpStatusCode> PostBrokenFormAsync(HttpClient browser)
    {
        using var form = new FormUrlEncodedContent([new("credential", "nothing"), new("__RequestVerificationToken", "CfDJ8" + new string('A', 150))]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/session/credential", UriKind.Relative)) { Content = form };
        request.Headers.Add("Cookie", "keyservice-form=CfDJ8" + new string('B', 150));
        using var answer = await browser.SendAsync(request);
        return answer.StatusCode;
    }

    /// <summary>The first line of an entry: level, category and event. The message follows.</summary>
    private static bool IsWarning(string line) =>
        line.StartsWith("warn:", StringComparison.Ordinal) || line.StartsWith("fail:", StringComparison.Ordinal) || line.StartsWith("info:", StringComparison.Ordinal);

    private static Task<double> FailedAsync(TestServer server, string reason) =>
        server.SumAsync("keyservice_console_sign_ins_failed_total", $"reason=\"{reason}\"");
}
