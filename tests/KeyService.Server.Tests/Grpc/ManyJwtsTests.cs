using System.Security.Cryptography;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Grpc;

/// <summary>Tokens in numbers, most of them forged, and an issuer that is slow.</summary>
public sealed class ManyJwtsTests : IDisposable
{
    private const string Name = "https://issuer";

    private static readonly RsaSecurityKey Known = new(RSA.Create(2048)) { KeyId = "known" };
    private static readonly RsaSecurityKey Unknown = new(RSA.Create(2048)) { KeyId = "unknown" };

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly PendingCalls<bool, Issuer> _reads = new();
    private readonly IssuerMetadata _metadata;
    private readonly JwtCallers _jwts;

    public ManyJwtsTests()
    {
        _metadata = new(_ => _reads.Add(true), Samples.Metrics(), _time, NullLogger<IssuerMetadata>.Instance);
        _jwts = new("keyservice", _metadata, TimeSpan.FromSeconds(20), _time);
    }

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public async Task Few_wait_for_a_slow_issuer_the_others_are_refused_at_once_and_good_tokens_wait_for_nothing()
    {
        await KnowAsync(Known);
        var connection = new ConnectionQuota();
        var forged = Enumerable.Range(0, 20).Select(i => CheckAsync(Sign(Unknown, $"{i}"), connection)).ToList();
        await _reads.NextAsync();

        // All but those that wait.
        while (forged.Count > 4)
        {
            var refused = await Task.WhenAny(forged);
            (await refused).Refusal.ShouldBe(FixedError.IssuerUnavailable);
            forged.Remove(refused);
        }

        (await CheckAsync(Sign(Known), connection)).Held.ShouldNotBeNull();
        (await CheckAsync(Sign(Known, "another"), new())).Held.ShouldNotBeNull();
        (await CheckAsync("a.b.c", connection)).Refusal.ShouldBe(FixedError.BadCredential);
        forged.ShouldAllBe(call => !call.IsCompleted);
        _reads.Count.ShouldBe(2);
    }

    [Fact]
    public async Task However_many_connections_there_are_64_calls_wait_for_the_issuer()
    {
        await KnowAsync(Known);
        var forged = Enumerable.Range(0, 100).Select(i => CheckAsync(Sign(Unknown, $"{i}"), new($"peer:{i}"))).ToList();
        await _reads.NextAsync();
        while (forged.Count > 64)
        {
            var refused = await Task.WhenAny(forged);
            (await refused).Refusal.ShouldBe(FixedError.IssuerUnavailable);
            forged.Remove(refused);
        }

        forged.ShouldAllBe(call => !call.IsCompleted);
    }

    [Fact]
    public async Task All_connections_of_an_address_have_half_of_these_waits()
    {
        await KnowAsync(Known);
        var forged = Enumerable.Range(0, 100).Select(i => CheckAsync(Sign(Unknown, $"{i}"), new("peer:1"))).ToList();
        await _reads.NextAsync();
        while (forged.Count > 32) forged.Remove(await Task.WhenAny(forged).WaitAsync(TimeSpan.FromSeconds(30)));

        var other = CheckAsync(Sign(Unknown), new("peer:2"));
        _reads.Count.ShouldBe(2);
        forged.Append(other).ShouldAllBe(call => !call.IsCompleted);
    }

    [Fact]
    public async Task A_token_that_held_is_not_checked_again_because_a_forged_one_had_the_issuer_read_again()
    {
        await KnowAsync(Known);
        var token = Sign(Known);
        var held = (await CheckAsync(token, new())).Held.ShouldNotBeNull();

        var forged = CheckAsync(Sign(Unknown), new());
        (await _reads.NextAsync()).Answers(new(Name, [new RsaSecurityKey(Known.Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = Known.KeyId }]));
        (await forged).Refusal.ShouldBe(FixedError.BadCredential);

        (await CheckAsync(token, new())).Held.ShouldBeSameAs(held);
    }

    [Fact]
    public async Task Those_that_waited_have_the_new_keys_and_those_with_none_of_them_are_refused()
    {
        await KnowAsync(Known);
        var waiting = CheckAsync(Sign(Unknown), new());
        var forged = CheckAsync(Sign(new RsaSecurityKey(RSA.Create(2048)) { KeyId = "forged" }), new());
        (await _reads.NextAsync()).Answers(new(Name, [Known, Unknown]));

        (await waiting).Held!.KeyId.ShouldBe("oidc:s");
        (await forged).Refusal.ShouldBe(FixedError.BadCredential);
    }

    [Fact]
    public async Task A_token_that_held_is_checked_again_with_the_keys_that_the_issuer_has_by_then_and_at_its_end()
    {
        await KnowAsync(Known);
        var token = Sign(Known);
        var held = (await CheckAsync(token, new())).Held.ShouldNotBeNull();
        (await CheckAsync(token, new())).Held.ShouldBeSameAs(held, "its signature is not checked again");

        var rotated = CheckAsync(Sign(Unknown), new());
        (await _reads.NextAsync()).Answers(new(Name, [Unknown]));
        (await rotated).Held.ShouldNotBeNull();
        (await CheckAsync(token, new())).Refusal.ShouldBe(FixedError.BadCredential, "its key was withdrawn");

        var next = Sign(Unknown);
        (await CheckAsync(next, new())).Held.ShouldNotBeNull();
        _time.Advance(TimeSpan.FromSeconds(90));
        (await CheckAsync(next, new())).Refusal.ShouldBe(FixedError.BadCredential, "it has expired");
    }

    private Task<CredentialCheck> CheckAsync(string token, ConnectionQuota connection) =>
        _jwts.ValidateAsync(token, connection, new(_time.GetTimestamp(), DateTime.MaxValue, _time.GetUtcNow()), CancellationToken.None).AsTask();

    private async Task KnowAsync(SecurityKey key)
    {
        await _metadata.StartAsync(CancellationToken.None);
        (await _reads.NextAsync()).Answers(new(Name, [key]));
        await _metadata.GetAsync(TimeSpan.FromSeconds(20), CancellationToken.None);
    }

    private string Sign(SecurityKey key, string subject = "s") => new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
        $$"""{"sub": "{{subject}}", "iss": "{{Name}}", "aud": "keyservice", "exp": {{_time.GetUtcNow().AddSeconds(60).ToUnixTimeSeconds()}}}""",
        new SigningCredentials(key, SecurityAlgorithms.RsaSha256), new Dictionary<string, object>(StringComparer.Ordinal) { ["typ"] = "at+jwt" });
}
