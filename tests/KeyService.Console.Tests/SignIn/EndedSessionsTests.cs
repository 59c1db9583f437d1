using System.Security.Claims;
using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class EndedSessionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SharedStore _store = new();
    private readonly string _session = Person.NewSession();

    [Fact]
    public async Task What_ended_here_has_ended_at_once_and_elsewhere_after_a_second()
    {
        using var here = New();
        using var elsewhere = New();
        (await elsewhere.ContainsAsync(_session)).ShouldBeFalse();

        await here.AddAsync(_session);

        (await here.ContainsAsync(_session)).ShouldBeTrue();
        (await elsewhere.ContainsAsync(_session)).ShouldBeFalse();
        _time.Advance(EndedSessions.Pause);
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
        (await elsewhere.ContainsAsync(Person.NewSession())).ShouldBeFalse();
    }

    [Fact]
    public async Task A_process_that_starts_later_knows_it_at_its_first_question()
    {
        using var before = New();
        await before.AddAsync(_session);
        using var after = New();

        (await after.ContainsAsync(_session)).ShouldBeTrue();
    }

    [Fact]
    public async Task The_store_is_read_at_most_once_a_second()
    {
        using var ended = New();
        for (var i = 0; i < 100; i++) await ended.ContainsAsync(Person.NewSession());
        _store.Reads.ShouldBe(1);

        _time.Advance(EndedSessions.Pause);
        for (var i = 0; i < 100; i++) await ended.ContainsAsync(Person.NewSession());
        _store.Reads.ShouldBe(2);
    }

    [Fact]
    public async Task While_the_store_is_away_what_is_known_stays_and_what_it_missed_is_told_later()
    {
        using var here = New();
        using var elsewhere = New();
        await here.AddAsync(_session);
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
        _store.IsAway = true;
        var missed = Person.NewSession();

        await here.AddAsync(missed);
        _time.Advance(EndedSessions.Pause);

        (await here.ContainsAsync(missed)).ShouldBeTrue();
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
        (await elsewhere.ContainsAsync(missed)).ShouldBeFalse();

        _store.IsAway = false;
        _time.Advance(EndedSessions.Pause);
        (await here.ContainsAsync(Person.NewSession())).ShouldBeFalse();
        (await elsewhere.ContainsAsync(missed)).ShouldBeTrue();
    }

    [Fact]
    public async Task What_the_cookie_has_outlived_is_forgotten_and_what_was_not_told_is_not()
    {
        using var ended = New();
        await ended.AddAsync(_session);
        _store.IsAway = true;
        var untold = Person.NewSession();
        await ended.AddAsync(untold);
        _time.Advance(TimeSpan.FromMinutes(61));

        (await ended.ContainsAsync(Person.NewSession())).ShouldBeFalse();
        _store.IsAway = false;
        _time.Advance(EndedSessions.Pause);
        await ended.ContainsAsync(Person.NewSession());

        (await ended.ContainsAsync(_session)).ShouldBeFalse();
        _store.Sessions.Count.ShouldBe(2);
    }

    /// <summary>It may be of a moment in which the end was not known there: it is good for one time-out from then, and must not be for a moment longer.</summary>
    [Fact]
    public async Task A_copy_that_was_renewed_before_the_end_was_known_does_not_come_back()
    {
        using var here = New();
        using var elsewhere = New();
        (await elsewhere.ContainsAsync(_session)).ShouldBeFalse();
        await here.AddAsync(_session);
        (await elsewhere.ContainsAsync(_session)).ShouldBeFalse("renewed, for 30 minutes from now");

        _time.Advance(TimeSpan.FromMinutes(30));
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
        _time.Advance(EndedSessions.Pause);
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a session")]
    public async Task What_is_no_session_has_not_ended(string session)
    {
        using var ended = New();
        await ended.AddAsync(session);

        (await ended.ContainsAsync(session)).ShouldBeFalse();
        _store.Sessions.ShouldBeEmpty();
    }

    /// <summary>However often its cookie is renewed: a copy that is used lives no longer.</summary>
    [Fact]
    public async Task A_session_holds_for_half_a_day_at_most()
    {
        using var ended = New();
        var person = new ClaimsPrincipal(new ClaimsIdentity(Person.Begin(_time)));

        _time.Advance(TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1));
        (await ended.HoldsAsync(person)).ShouldBeTrue();
        _time.Advance(TimeSpan.FromSeconds(1));
        (await ended.HoldsAsync(person)).ShouldBeFalse();
        (await ended.HoldsAsync(new ClaimsPrincipal(new ClaimsIdentity([new(Person.SessionClaim, _session)])))).ShouldBeFalse("which does not say how old it is");
    }

    [Fact]
    public async Task A_session_that_ended_does_not_hold()
    {
        using var ended = New();
        var person = new ClaimsPrincipal(new ClaimsIdentity(Person.Begin(_time)));
        (await ended.HoldsAsync(person)).ShouldBeTrue();

        await ended.AddAsync(Person.SessionOf(person));

        (await ended.HoldsAsync(person)).ShouldBeFalse();
    }

    private EndedSessions New() => new(_store, new() { ServiceAddress = new("http://127.0.0.1:1"), IdleTimeout = TimeSpan.FromMinutes(30) }, _time);
}
