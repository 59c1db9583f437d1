using KeyService.AdminConsole.SignIn;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class IssuerRequestTests
{
    [Theory]
    [InlineData("keyservice", null, null, null)]
    [InlineData("https://keys.example.com", null, "https://keys.example.com", null)]
    [InlineData("https://keys.example.com", AudienceParameter.None, null, null)]
    [InlineData("https://keys.example.com", AudienceParameter.Audience, null, "https://keys.example.com")]
    [InlineData("urn:keys", AudienceParameter.Resource, "urn:keys", null)]
    [InlineData("keyservice", AudienceParameter.Audience, null, "keyservice")]
    public void The_audience_is_asked_for_as_the_issuer_takes_it(string audience, AudienceParameter? parameter, string? resource, string? inAudience)
    {
        var asked = Asked(new("https://id.example.com", audience, "console", ClientSecret: null) { AudienceParameter = parameter });

        asked.Resource.ShouldBe(resource);
        (asked.AdditionalAuthorizationParameters.TryGetValue("audience", out var told) ? told : null).ShouldBe(inAudience);
    }

    [Fact]
    public void What_is_asked_for_is_what_the_settings_say()
    {
        var issuer = new ConsoleOidcOptions("https://id.example.com", "keyservice", "console", ClientSecret: null);

        Asked(issuer).Scope.ShouldBe(["openid", "profile", "offline_access"], ignoreOrder: true);
        Asked(issuer with { Scope = "openid  api://keyservice/manage" }).Scope.ShouldBe(["openid", "api://keyservice/manage"], ignoreOrder: true);
    }

    private static OpenIdConnectOptions Asked(ConsoleOidcOptions issuer)
    {
        using var services = new ServiceCollection().AddLogging()
            .AddKeyServiceConsole(new() { ServiceAddress = new("http://127.0.0.1:1"), Oidc = issuer }).BuildServiceProvider();
        return services.GetRequiredService<IOptionsMonitor<OpenIdConnectOptions>>().Get(SessionEndpoints.OidcScheme);
    }
}
