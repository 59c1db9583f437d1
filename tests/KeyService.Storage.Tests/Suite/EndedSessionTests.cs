using KeyService.Server.Sessions;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Which console sessions have ended, for every replica.</summary>
public abstract class EndedSessionTests(Engine engine) : StoreTests(engine)
{
    private EndedSessionStore Ended => Store.Get<EndedSessionStore>();

    [Fact]
    public async Task What_ended_since_is_read_by_another_process()
    {
        var now = Store.Time.GetUtcNow();
        var (older, newer) = (Guid.NewGuid(), Guid.NewGuid());
        (await Ended.TryAddAsync(older, now.AddMinutes(-31))).ShouldBeTrue();
        (await Ended.TryAddAsync(newer, now.AddMinutes(-29))).ShouldBeTrue();

        (await Store.Process().GetRequiredService<EndedSessionStore>().TryReadAsync(now.AddMinutes(-30))).ShouldBe([newer]);
    }

    [Fact]
    public async Task Told_twice_it_is_kept_once_as_it_was_told_first()
    {
        var now = Store.Time.GetUtcNow();
        var session = Guid.NewGuid();
        (await Ended.TryAddAsync(session, now)).ShouldBeTrue();
        (await Ended.TryAddAsync(session, now.AddHours(1))).ShouldBeTrue();

        (await Store.WithContextAsync(context => context.EndedSessions.AsNoTracking().ToListAsync())).ShouldHaveSingleItem().EndTime.ShouldBe(now, TimeSpan.FromMicroseconds(1));
    }

    [Fact]
    public async Task They_are_removed_after_49_hours()
    {
        var now = Store.Time.GetUtcNow();
        var kept = Guid.NewGuid();
        foreach (var hours in new[] { -72, -50, -49 }) await Ended.TryAddAsync(Guid.NewGuid(), now.AddHours(hours));
        await Ended.TryAddAsync(kept, now.AddHours(-48));

        (await Ended.PurgeAsync(CancellationToken.None)).ShouldBe(3);
        (await Ended.PurgeAsync(CancellationToken.None)).ShouldBe(0);

        (await Ended.TryReadAsync(DateTimeOffset.UnixEpoch)).ShouldBe([kept]);
    }
}

public sealed class EndedSessionTestsOnSqlite() : EndedSessionTests(Engine.Sqlite);

public sealed class EndedSessionTestsOnSqlServer() : EndedSessionTests(Engine.SqlServer);
