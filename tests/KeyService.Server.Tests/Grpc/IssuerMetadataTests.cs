using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Grpc;

public sealed class IssuerMetadataTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly System.Security.Cryptography.RSAParameters Parameters = NewParameters();

    private readonly FakeTimeProvider _time = new(Samples.Now);
    private readonly PendingCalls<bool, Issuer> _reads = new();
    private readonly LogLines<IssuerMetadata> _log = new();
    private readonly IssuerMetadata _metadata;
    private int _keys;

    public IssuerMetadataTests() => _metadata = new(_ => _reads.Add(true), Samples.Metrics(_time), _time, _log);

    public void Dispose() => _metadata.Dispose();

    [Fact]
    public async Task All_who_need_it_first_wait_for_one_read()
    {
        var calls = Enumerable.Range(0, 10).Select(_ => GetAsync()).ToList();
        var issuer = New();
        (await _reads.NextAsync()).Answers(issuer);

        foreach (var call in calls) (await call).ShouldBeSameAs(issuer);
        _reads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Nobody_waits_longer_than_he_may_and_the_read_goes_on_for_the_next()
    {
        var call = GetAsync();
        var read = await _reads.NextAsync();
        _time.Advance(Patience);
        await Should.ThrowAsync<IssuerUnavailableException>(call);

        var next = GetAsync();
        var issuer = New();
        read.Answers(issuer);
        (await next).ShouldBeSameAs(issuer);
        _reads.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_issuer_that_is_away_is_asked_once_a_second_and_spoken_of_twice()
    {
        for (var i = 0; i < 3; i++)
        {
            var call = GetAsync();
            (await _reads.NextAsync()).Fails(new IOException("http://issuer.internal", new TimeoutException("hunter2")));
            await Should.ThrowAsync<IssuerUnavailableException>(call);
            await Should.ThrowAsync<IssuerUnavailableException>(GetAsync());
            _time.Advance(IssuerMetadata.PauseAfterFailure);
        }

        var last = GetAsync();
        (await _reads.NextAsync()).Answers(New());
        await last;
        _reads.Count.ShouldBe(4);
        _log.All.Count.ShouldBe(2);
        _log.All[0].ShouldContain("no answer in time");
        _log.All[0].ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task What_is_old_is_read_again_and_still_answers_until_then()
    {
        var old = await KnownAsync();
        _time.Advance(IssuerMetadata.MaxAge);
        (await GetAsync()).ShouldBeSameAs(old);
        _reads.Count.ShouldBe(1, "an hour is not over yet");

        _time.Advance(TimeSpan.FromTicks(1));
        (await GetAsync()).ShouldBeSameAs(old);
        var read = await _reads.NextAsync();
        (await GetAsync()).ShouldBeSameAs(old);
        read.Fails(new IOException());
        (await GetAsync()).ShouldBeSameAs(old, "a known issuer may be away");
        _reads.Count.ShouldBe(2);
    }

    [Fact]
    public async Task For_a_key_that_is_not_known_the_call_waits_for_one_read_and_the_next_has_it()
    {
        var old = await KnownAsync();
        var calls = Enumerable.Range(0, 5).Select(_ => GetNewerAsync(old)).ToList();
        var newer = New();
        (await _reads.NextAsync()).Answers(newer);

        foreach (var call in calls) (await call).ShouldBeSameAs(newer);
        (await GetNewerAsync(old)).ShouldBeSameAs(newer);
        (await GetAsync()).ShouldBeSameAs(newer);
        _reads.Count.ShouldBe(2);
    }

    [Fact]
    public async Task For_keys_that_nobody_knows_the_issuer_is_asked_once_in_ten_seconds()
    {
        var known = await KnownAsync();
        for (var round = 1; round <= 3; round++)
        {
            var first = GetNewerAsync(known);
            var newer = New();
            (await _reads.NextAsync()).Answers(newer);
            (await first).ShouldBeSameAs(newer);
            known = newer;

            _time.Advance(IssuerMetadata.PauseBetweenRefreshes - TimeSpan.FromTicks(1));
            (await GetNewerAsync(known)).ShouldBeNull();
            _reads.Count.ShouldBe(1 + round);
            _time.Advance(TimeSpan.FromTicks(1));
        }
    }

    [Fact]
    public async Task Equal_keys_are_nothing_newer_in_whatever_order_they_come()
    {
        var first = GetAsync();
        (await _reads.NextAsync()).Answers(New("a", "b"));
        var known = await first;

        var refresh = GetNewerAsync(known);
        (await _reads.NextAsync()).Answers(New("b", "a"));

        (await refresh).ShouldBeNull();
        (await GetAsync()).ShouldBeSameAs(known);
    }

    [Fact]
    public async Task A_refresh_that_fails_or_comes_too_late_finds_nothing_newer()
    {
        var known = await KnownAsync();
        var failing = GetNewerAsync(known);
        (await _reads.NextAsync()).Fails(new IOException());
        (await failing).ShouldBeNull();

        _time.Advance(IssuerMetadata.PauseBetweenRefreshes);
        var late = GetNewerAsync(known);
        await _reads.NextAsync();
        _time.Advance(Patience);
        (await late).ShouldBeNull();
        (await GetAsync()).ShouldBeSameAs(known);
    }

    [Fact]
    public async Task The_start_reads_and_does_not_wait()
    {
        await _metadata.StartAsync(CancellationToken.None);

        (await _reads.NextAsync()).Answers(New());
        await GetAsync();
        _reads.Count.ShouldBe(1);
    }

    private Issuer New() => New($"{++_keys}");

    private static Issuer New(params string[] ids) => new("https://issuer", [.. ids.Select(id => new RsaSecurityKey(Parameters) { KeyId = id })]);

    private static System.Security.Cryptography.RSAParameters NewParameters()
    {
        using var rsa = System.Security.Cryptography.RSA.Create(2048);
        return rsa.ExportParameters(includePrivateParameters: false);
    }

    private async Task<Issuer> GetAsync() => await _metadata.GetAsync(Patience, CancellationToken.None) ?? throw new IssuerUnavailableException();

    private Task<Issuer?> GetNewerAsync(Issuer seen) => _metadata.GetNewerAsync(seen, Patience, CancellationToken.None).AsTask();

    private async Task<Issuer> KnownAsync()
    {
        var call = GetAsync();
        (await _reads.NextAsync()).Answers(New());
        return await call;
    }
}
