using System.Security.Claims;
using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Time.Testing;
using Microsoft.JSInterop;

namespace KeyService.AdminConsole.Tests.Service;

/// <summary>Which calls are made at all: here there is no service, so one that is made finds it away.</summary>
public sealed class KeyServiceCallsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakePage _page = new();
    private readonly ServiceChannel _channel;
    private readonly EndedSessions _ended;
    private readonly LiveSessions _live;
    private readonly ClaimsPrincipal _person;
    private readonly KeyServiceCalls _calls;

    public KeyServiceCallsTests()
    {
        var options = new ConsoleOptions { ServiceAddress = new("http://127.0.0.1:1") };
        _channel = new(options, _time);
        _ended = new(new NoStore(), options, _time);
        _live = new(options, _time);
        _person = new(new ClaimsIdentity([.. Person.Begin(_time), new(Person.CredentialClaim, "a credential")], "test"));
        _live.Keep(_person);
        _calls = new(_channel, new SignedIn(_person), _ended, _live, new(options, _time), _page);
    }

    [Fact]
    public async Task Who_was_at_another_tab_is_not_idle_here()
    {
        (await FailAsync()).ShouldBe(ProblemKind.Away);
        _time.Advance(TimeSpan.FromMinutes(29));
        _live.Touch(_person);
        _time.Advance(TimeSpan.FromMinutes(29));
        (await FailAsync()).ShouldBe(ProblemKind.Away);

        _time.Advance(TimeSpan.FromMinutes(2));
        (await FailAsync()).ShouldBe(ProblemKind.SignedOut);
    }

    [Fact]
    public async Task A_page_that_is_open_for_longer_than_a_session_lasts_is_signed_out()
    {
        for (var i = 0; i < 24; i++)
        {
            _live.Touch(_person);
            (await FailAsync()).ShouldBe(ProblemKind.Away);
            _time.Advance(TimeSpan.FromMinutes(30));
        }

        (await FailAsync()).ShouldBe(ProblemKind.SignedOut);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_page_whose_session_has_ended_is_told_if_it_is_still_there(bool isGone)
    {
        _page.IsGone = isGone;
        await _ended.AddAsync(Person.SessionOf(_person));

        (await FailAsync()).ShouldBe(ProblemKind.SignedOut);
        _page.Told.ShouldBe(["keyservice.sessionEnded"]);
    }

    public void Dispose()
    {
        _channel.Dispose();
        _ended.Dispose();
    }

    private async Task<ProblemKind> FailAsync() => (await Should.ThrowAsync<CallProblem>(() => _calls.GetCallerAsync("w"))).Kind;

    private sealed class SignedIn(ClaimsPrincipal person) : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(person));
    }

    private sealed class FakePage : IJSRuntime
    {
        public List<string> Told { get; } = [];

        public bool IsGone { get; set; }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, object?[]? args)
        {
            Told.Add(identifier);
            return IsGone ? ValueTask.FromException<TValue>(new TaskCanceledException()) : ValueTask.FromResult<TValue>(default!);
        }

        public ValueTask<TValue> InvokeAsync<TValue>(string identifier, CancellationToken cancellationToken, object?[]? args) => InvokeAsync<TValue>(identifier, args);
    }

    private sealed class NoStore : IEndedSessionStore
    {
        public Task<bool> TryAddAsync(Guid session, DateTimeOffset end) => Task.FromResult(false);

        public Task<IReadOnlyList<Guid>?> TryReadAsync(DateTimeOffset since) => Task.FromResult<IReadOnlyList<Guid>?>(null);
    }
}
