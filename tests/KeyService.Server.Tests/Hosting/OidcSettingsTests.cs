using KeyService.Server.Grpc;
using KeyService.Server.Hosting;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Hosting;

public class OidcSettingsTests
{
    private const string Secret = "hunter2";

    [Fact]
    public void Every_setting_is_read()
    {
        Read((SettingNames.OidcAuthority, "https://id.example.com/realms/a"), (SettingNames.OidcAudience, "keyservice")).ShouldBe(
            new OidcOptions { Authority = new("https://id.example.com/realms/a"), Audience = "keyservice" });
        Read(
            (SettingNames.OidcAuthority, "https://id.example.com"), (SettingNames.OidcAudience, "keyservice"),
            (SettingNames.OidcClientId, "console"), (SettingNames.OidcClientSecret, Secret)).ShouldBe(
            new OidcOptions { Authority = new("https://id.example.com"), Audience = "keyservice", ClientId = "console", ClientSecret = Secret });
    }

    [Fact]
    public void The_secret_is_not_in_what_is_printed()
    {
        var options = new OidcOptions { Authority = new("https://id.example.com"), Audience = "a", ClientId = "console", ClientSecret = Secret };

        options.ToString().ShouldContain("console");
        options.ToString().ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("http://127.0.0.1:5000/")]
    [InlineData("http://localhost:5000")]
    [InlineData("http://[::1]:5000")]
    public void On_loopback_the_issuer_may_do_without_TLS(string authority) =>
        Read((SettingNames.OidcAuthority, authority), (SettingNames.OidcAudience, "a"))!.Authority.ShouldBe(new(authority));

    [Theory]
    [InlineData("hunter2")]
    [InlineData("/hunter2")]
    [InlineData("http://hunter2.example.com")]
    [InlineData("ftp://hunter2.example.com")]
    [InlineData("file:///hunter2")]
    [InlineData("https://user:hunter2@id.example.com")]
    [InlineData("https://id.example.com/?hunter2")]
    [InlineData("https://id.example.com/#hunter2")]
    public void Any_other_address_stops_the_start(string authority) =>
        Problem((SettingNames.OidcAuthority, authority), (SettingNames.OidcAudience, "a")).ShouldStartWith("KeyService:Oidc:Authority: must be");

    [Fact]
    public void What_belongs_together_is_set_together()
    {
        Problem((SettingNames.OidcAuthority, "https://id.example.com")).ShouldBe(
            "KeyService:Oidc:Authority: must be left out, or KeyService:Oidc:Audience must be set too.");
        Problem((SettingNames.OidcAudience, Secret)).ShouldStartWith("KeyService:Oidc:Audience: must be");
        Problem((SettingNames.OidcClientId, Secret)).ShouldStartWith("KeyService:Oidc:ClientId: must be");
        Problem((SettingNames.OidcAuthority, "https://id.example.com"), (SettingNames.OidcAudience, "a"), (SettingNames.OidcClientSecret, Secret))
            .ShouldStartWith("KeyService:Oidc:ClientSecret: must be");
    }

    private static OidcOptions? Read(params (string, string?)[] settings) => ServerOptions.Read(Configured.With(settings)).Oidc;

    private static string Problem(params (string, string?)[] settings)
    {
        var message = Should.Throw<StartException>(() => Read(settings)).Message;
        message.ShouldNotContain(Secret);
        message.ShouldNotContain('\n');
        return message;
    }
}
