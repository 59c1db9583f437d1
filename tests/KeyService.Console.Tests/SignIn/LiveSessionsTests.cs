using System.Security.Claims;
using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class LiveSessionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LiveSessions _live;
    private readonly ClaimsPrincipal _first;

    public LiveSessionsTests()
    {
        _live = new(new() { ServiceAddress = new("http://127.0.0.1:1") }, _time);
        _first = TokenRefresher.With(Tokens("first", 300), "alice", _time);
    }

    [Fact]
    public void A_page_finds_the_token_that_replaced_its_own()
    {
        _live.CredentialOf(_first).ShouldBe("first");
        _live.Keep(_first);
        _time.Advance(TimeSpan.FromMinutes(5));
        var second = TokenRefresher.With(Tokens("second", 300), "alice", _time, _first);
        _live.Keep(second);

        _live.CredentialOf(_first).ShouldBe("second");
        _live.Keep(_first);
        _live.CredentialOf(_first).ShouldBe("second", "a cookie from before came later");
        _live.CredentialOf(TokenRefresher.With(Tokens("another", 300), "alice", _time)).ShouldBe("another", "of another session");
    }

    [Fact]
    public void What_replaces_a_token_goes_on_with_the_session()
    {
        _time.Advance(TimeSpan.FromHours(1));
        var second = TokenRefresher.With(Tokens("second", 300), "alice", _time, _first);

        Person.SessionOf(second).ShouldBe(Person.SessionOf(_first));
        Person.BeginOf(second).ShouldBe(Person.BeginOf(_first));
    }

    [Fact]
    public void Nobody_is_idle_who_was_there_at_another_tab()
    {
        _live.Keep(_first);
        _live.IsIdle(_first).ShouldBeTrue("nobody said that somebody is there");
        _live.Touch(_first);
        _time.Advance(TimeSpan.FromMinutes(20));
        _live.Touch(_first);
        _time.Advance(TimeSpan.FromMinutes(30));
        _live.IsIdle(_first).ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(1));
        _live.IsIdle(_first).ShouldBeTrue();
    }

    [Fact]
    public void What_ended_or_whose_cookie_did_is_forgotten()
    {
        var other = TokenRefresher.With(Tokens("other", 3_600), "bob", _time);
        _live.Keep(TokenRefresher.With(Tokens("newer", 600), "alice", _time, _first));
        _live.Keep(TokenRefresher.With(Tokens("other newer", 7_200), "bob", _time, other));
        _live.CredentialOf(_first).ShouldBe("newer");
        _live.Forget(_first);
        _live.CredentialOf(_first).ShouldBe("first");

        _time.Advance(TimeSpan.FromMinutes(31));
        _live.CredentialOf(other).ShouldBe("other newer");
        _live.Keep(_first);
        _live.CredentialOf(other).ShouldBe("other");
    }

    private static OpenIdConnectMessage Tokens(string accessToken, int seconds) =>
        new() { AccessToken = accessToken, ExpiresIn = $"{seconds}", RefreshToken = $"after {accessToken}" };
}
