using System.Net;
using KeyService.AdminConsole;
using KeyService.Server.Hosting;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Hosting;

public class ConsoleSettingsTests
{
    [Fact]
    public void The_console_opens_the_service_of_its_own_process()
    {
        var console = ServerOptions.Read(Configured.With((SettingNames.GrpcPort, "9081"), (SettingNames.BindAddress, "0.0.0.0"))).Console.ShouldNotBeNull();

        (console.ServiceAddress, console.IsOwnService).ShouldBe((new Uri("http://127.0.0.1:9081"), true));
        (console.DefaultWorkspace, console.IdleTimeout, console.MaxSession, console.KnownProxies.Count).ShouldBe(("default", TimeSpan.FromMinutes(30), TimeSpan.FromHours(12), 0));
        ServerOptions.Read(Configured.With((SettingNames.BindAddress, "::"))).Console!.ServiceAddress.ShouldBe(new Uri("http://[::1]:8081"));
        ServerOptions.Read(Configured.With((SettingNames.Roles, "validation"))).Console.ShouldBeNull();
    }

    [Fact]
    public void Every_setting_of_the_console_is_read()
    {
        var console = ServerOptions.Read(Configured.With(
            (SettingNames.ConsoleServiceAddress, "https://keyservice:8081"), (SettingNames.ConsoleDefaultWorkspace, "wallet-a"),
            (SettingNames.ConsoleIdleTimeout, "00:05:00"), (SettingNames.ConsoleMaxSession, "08:00:00"), (SettingNames.ConsoleKnownProxies, "10.0.0.1, ::1"))).Console.ShouldNotBeNull();

        (console.ServiceAddress, console.IsOwnService).ShouldBe((new Uri("https://keyservice:8081"), false));
        (console.DefaultWorkspace, console.IdleTimeout, console.MaxSession).ShouldBe(("wallet-a", TimeSpan.FromMinutes(5), TimeSpan.FromHours(8)));
        console.KnownProxies.ShouldBe([IPAddress.Parse("10.0.0.1"), IPAddress.IPv6Loopback]);
    }

    [Theory]
    [InlineData(SettingNames.ConsoleServiceAddress, "keyservice:8081")]
    [InlineData(SettingNames.ConsoleServiceAddress, "http://user:secret@keyservice:8081")]
    [InlineData(SettingNames.ConsoleServiceAddress, "http://keyservice:8081/path")]
    [InlineData(SettingNames.ConsoleDefaultWorkspace, "not an id")]
    [InlineData(SettingNames.ConsoleIdleTimeout, "00:00:30")]
    [InlineData(SettingNames.ConsoleMaxSession, "00:01:00")]
    [InlineData(SettingNames.ConsoleKnownProxies, "proxy.example")]
    public void A_wrong_setting_of_the_console_is_named(string name, string value)
    {
        var error = Should.Throw<StartException>(() => ServerOptions.Read(Configured.With((name, value))));

        error.Message.ShouldStartWith(name);
        error.Message.ShouldNotContain("secret");
    }

    [Fact]
    public void An_issuer_is_asked_as_the_settings_say()
    {
        var issuer = Issuer().ShouldNotBeNull();
        (issuer.Scope, issuer.AudienceParameter).ShouldBe(("openid profile offline_access", null));
        issuer = Issuer((SettingNames.OidcScope, "openid api://keyservice/manage"), (SettingNames.OidcAudienceParameter, "audience")).ShouldNotBeNull();
        (issuer.Scope, issuer.AudienceParameter).ShouldBe(("openid api://keyservice/manage", AudienceParameter.Audience));
        Issuer((SettingNames.OidcAudienceParameter, "none"))!.AudienceParameter.ShouldBe(AudienceParameter.None);
        Issuer((SettingNames.OidcAudienceParameter, "resource"))!.AudienceParameter.ShouldBe(AudienceParameter.Resource);
    }

    [Theory]
    [InlineData(SettingNames.OidcScope, "profile", "must be words")]
    [InlineData(SettingNames.OidcAudienceParameter, "Audience", "must be `resource`")]
    public void A_wrong_way_to_ask_is_named(string name, string value, string told)
    {
        Should.Throw<StartException>(() => Issuer((name, value))).Message.ShouldStartWith($"{name}: {told}");
        Should.Throw<StartException>(() => ServerOptions.Read(Configured.With((name, "openid")))).Message
            .ShouldBe($"{name}: must be left out, or {SettingNames.OidcClientId} must be set too.");
    }

    private static ConsoleOidcOptions? Issuer(params (string, string?)[] settings) => ServerOptions.Read(Configured.With(
    [
        (SettingNames.OidcAuthority, "https://id.example.com"), (SettingNames.OidcAudience, "keyservice"), (SettingNames.OidcClientId, "console"), .. settings,
    ])).Console?.Oidc;
}
