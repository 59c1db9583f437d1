using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Sessions;
using KeyService.Storage.Tests.Stores;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Sessions over restarts, replicas, and a database that is away.</summary>
public abstract class SessionProtectionTests(Engine engine) : SessionTests(engine)
{
    [Fact]
    public void A_process_that_does_not_ask_for_it_has_none_of_it() => Store.Services.GetService<IDataProtectionProvider>().ShouldBeNull();

    [Fact]
    public async Task A_session_outlives_a_restart()
    {
        var before = await ConsoleAsync();
        var session = Protect(before, "a session");
        await before.DisposeAsync();

        var after = await ConsoleAsync();

        Unprotect(after, session).ShouldBe("a session");
        Unprotect(after, Protect(after, "another")).ShouldBe("another");
        (await RowsAsync()).ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            row => row.Generation.ShouldBe('1'), row => row.ExpireTime.ShouldNotBeNull(), row => row.CreateTime.ShouldBe(Store.Time.GetUtcNow()));
    }

    [Fact]
    public async Task Of_two_that_start_at_once_each_opens_the_others_sessions()
    {
        var (writing, both) = (0, new TaskCompletionSource());
        // Each has found an empty table before either stores its key.
        Store.Engine.BeforeWrite = () =>
        {
            if (Interlocked.Increment(ref writing) == 2) both.SetResult();
            return both.Task;
        };

        var consoles = await Task.WhenAll(Task.Run(() => ConsoleAsync()), Task.Run(() => ConsoleAsync()));

        (await RowsAsync()).Count.ShouldBe(2);
        foreach (var (one, other) in new[] { (consoles[0], consoles[1]), (consoles[1], consoles[0]) })
            Unprotect(other, Protect(one, "a session")).ShouldBe("a session");
    }

    [Fact]
    public async Task A_key_that_another_replica_made_later_is_found()
    {
        var first = await ConsoleAsync();
        var rows = await RowsAsync();
        await EmptyAsync();
        var second = await ConsoleAsync();
        await PutAsync(rows);

        Unprotect(first, Protect(second, "a session")).ShouldBe("a session");
        Unprotect(second, Protect(first, "a session")).ShouldBe("a session");
    }

    [Fact]
    public async Task A_key_that_nobody_has_is_looked_for_once_a_second()
    {
        var first = await ConsoleAsync();
        await EmptyAsync();
        var lost = Protect(await ConsoleAsync(), "a session");
        var rows = await RowsAsync();
        await EmptyAsync();
        Refuses(first, lost);
        await PutAsync(rows);

        Refuses(first, lost);
        Store.Time.Advance(LateSessionKeys.Pause);
        Unprotect(first, lost).ShouldBe("a session");
    }

    [Fact]
    public async Task A_database_that_is_away_is_an_error_and_what_is_known_stays_in_use()
    {
        var known = await ConsoleAsync();
        Store.Engine.Contexts = () => throw new TimeoutException();

        Unprotect(known, Protect(known, "a session")).ShouldBe("a session");
        var begun = await ConsoleAsync();
        Should.Throw<CryptographicException>(() => Protect(begun, "a session"));
        Should.Throw<StoreUnavailableException>(() => begun.GetRequiredService<SessionKeyRing>().StoreElement(new("key"), ""));

        Store.Engine.Contexts = null;
        Unprotect(begun, Protect(known, "a session")).ShouldBe("a session");
    }

    [Fact]
    public async Task A_database_that_does_not_answer_is_an_error_after_5_seconds()
    {
        var ring = (await ConsoleAsync()).GetRequiredService<SessionKeyRing>();
        using var asked = new SemaphoreSlim(0);
        using var answer = new ManualResetEventSlim();
        Store.Engine.Contexts = () =>
        {
            asked.Release();
            answer.Wait(TimeSpan.FromSeconds(60));
            throw new TimeoutException();
        };
        try
        {
            foreach (var call in new Action[] { () => ring.GetAllElements(), () => ring.StoreElement(new("key"), "") })
            {
                var calling = Task.Run(call);
                (await asked.WaitAsync(TimeSpan.FromSeconds(30))).ShouldBeTrue();
                calling.IsCompleted.ShouldBeFalse();

                Store.Time.Advance(SessionKeyRing.Bound);

                (await Should.ThrowAsync<StoreUnavailableException>(() => calling.WaitAsync(TimeSpan.FromSeconds(30)))).Failure.ShouldContain("5 s");
            }
        }
        finally
        {
            answer.Set();
        }
    }
}

public sealed class SessionProtectionTestsOnSqlite() : SessionProtectionTests(Engine.Sqlite);

public sealed class SessionProtectionTestsOnSqlServer() : SessionProtectionTests(Engine.SqlServer);
