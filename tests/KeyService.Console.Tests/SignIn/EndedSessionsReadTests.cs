using KeyService.AdminConsole.Service;
using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.SignIn;

/// <summary>How much of the store is read, and that nothing is missed by it.</summary>
public sealed class EndedSessionsReadTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly SharedStore _store = new();
    private readonly string _session = Person.NewSession();

    [Fact]
    public async Task What_was_read_is_not_read_again_but_for_what_clocks_may_differ_by_and_once_a_minute()
    {
        using var ended = New();
        var old = Person.NewSession();
        await ended.AddAsync(old);
        _time.Advance(TimeSpan.FromMinutes(20));
        await ended.AddAsync(_session);
        _store.Returned.ShouldBe(2, "all, as the last time is long ago");

        _time.Advance(EndedSessions.Pause);
        (await ended.ContainsAsync(Person.NewSession())).ShouldBeFalse();
        _store.Returned.ShouldBe(1);
        (await ended.ContainsAsync(old)).ShouldBeTrue();
        (await ended.ContainsAsync(_session)).ShouldBeTrue();

        _time.Advance(EndedSessions.PauseBetweenAll);
        await ended.ContainsAsync(Person.NewSession());
        _store.Returned.ShouldBe(2);
    }

    /// <summary>The end is as old as the store was away.</summary>
    [Fact]
    public async Task What_was_told_late_is_known_elsewhere_a_second_later()
    {
        using var here = New();
        using var elsewhere = New();
        _store.IsAway = true;
        await here.AddAsync(_session);
        _time.Advance(TimeSpan.FromMinutes(20));
        _store.IsAway = false;
        (await elsewhere.ContainsAsync(_session)).ShouldBeFalse();

        (await here.ContainsAsync(Person.NewSession())).ShouldBeFalse();

        _time.Advance(EndedSessions.Pause);
        (await elsewhere.ContainsAsync(_session)).ShouldBeTrue();
    }

    [Theory]
    [InlineData(14)]
    [InlineData(-14)]
    public async Task Clocks_may_differ_by_a_quarter_of_an_hour(int minutes)
    {
        using var here = New();
        (await here.ContainsAsync(_session)).ShouldBeFalse();
        _store.Sessions.Add(Guid.ParseExact(_session, "N"), _time.GetUtcNow().AddMinutes(minutes));

        _time.Advance(EndedSessions.Pause);

        (await here.ContainsAsync(_session)).ShouldBeTrue();
    }

    private EndedSessions New() => new(_store, new() { ServiceAddress = new("http://127.0.0.1:1"), IdleTimeout = TimeSpan.FromMinutes(30) }, _time);
}
