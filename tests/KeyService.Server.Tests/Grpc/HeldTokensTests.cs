using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Grpc;

public class HeldTokensTests
{
    private static readonly DateTime Now = Samples.Now.UtcDateTime;

    private readonly HeldTokens _tokens = new();
    private readonly Issuer _issuer = new("https://issuer", []);

    [Fact]
    public void A_subject_with_many_tokens_takes_no_entry_of_another()
    {
        for (var i = 0; i < 100; i++) Keep($"other-{i}", $"oidc:{i}");

        for (var i = 0; i < 3 * HeldTokens.Capacity; i++) Keep($"flood-{i}", "oidc:flood");

        Enumerable.Range(0, 100).ShouldAllBe(i => IsHeld($"other-{i}"));
        Enumerable.Range(0, 3 * HeldTokens.Capacity).Count(i => IsHeld($"flood-{i}")).ShouldBeInRange(HeldTokens.Capacity / 2, HeldTokens.Capacity);
    }

    [Fact]
    public void What_has_expired_or_is_of_older_keys_goes_first()
    {
        var former = new Issuer("https://issuer", []);
        for (var i = 0; i < 100; i++) _tokens.Keep($"old-{i}", new(former, new($"oidc:old-{i}", Rights), DateTime.MinValue, Now.AddHours(1)), Now);
        for (var i = 0; i < 100; i++) Keep($"ended-{i}", $"oidc:ended-{i}", Now);
        for (var i = 0; i < 800; i++) Keep($"good-{i}", "oidc:good");

        Keep("last", "oidc:last");

        Enumerable.Range(0, 800).ShouldAllBe(i => IsHeld($"good-{i}"));
        IsHeld("last").ShouldBeTrue();
        Enumerable.Range(0, 100).ShouldAllBe(i => !IsHeld($"ended-{i}") && _tokens.Find($"old-{i}", former) == null);
    }

    [Fact]
    public void There_are_never_more_than_there_may_be()
    {
        for (var i = 0; i < 3 * HeldTokens.Capacity; i++) Keep($"{i}", $"oidc:{i}");

        Enumerable.Range(0, 3 * HeldTokens.Capacity).Count(i => IsHeld($"{i}")).ShouldBeInRange(HeldTokens.Capacity / 2, HeldTokens.Capacity);
    }

    private static CredentialRights Rights => CredentialRights.OfClaim([]);

    private bool IsHeld(string token) => _tokens.Find(token, _issuer) is not null;

    private void Keep(string token, string subject, DateTime? until = null) =>
        _tokens.Keep(token, new(_issuer, new(subject, Rights), DateTime.MinValue, until ?? Now.AddHours(1)), Now);
}
