using System.Text;
using System.Xml.Linq;
using KeyService.Server.Keys;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

/// <summary>What lies in the table, and what does not open.</summary>
public abstract class SessionKeyTests(Engine engine) : SessionTests(engine)
{
    [Fact]
    public async Task A_row_under_another_id_is_left_out_and_told()
    {
        var session = Protect(await ConsoleAsync(), "a session");
        var row = (await RowsAsync()).ShouldHaveSingleItem();
        await PutAsync(Copy(row, Guid.CreateVersion7()));

        // Data Protection takes no ring with the same key twice.
        Unprotect(await ConsoleAsync(), session).ShouldBe("a session");

        (await RowsAsync()).Count.ShouldBe(2);
        Log.Warnings.Where(line => line.StartsWith("1 rows of SessionKeys do not open", StringComparison.Ordinal)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_damaged_row_is_left_out_and_another_key_is_made()
    {
        var session = Protect(await ConsoleAsync(), "a session");
        await Store.WithContextAsync(context => context.SessionKeys.ExecuteUpdateAsync(row => row.SetProperty(r => r.Sealed, new byte[] { 1, 2, 3 })));

        var console = await ConsoleAsync();

        Refuses(console, session);
        Unprotect(console, Protect(console, "a new one")).ShouldBe("a new one");
        (await RowsAsync()).Count.ShouldBe(2);
    }

    [Fact]
    public async Task A_new_generation_opens_what_the_one_before_it_sealed_and_nobody_else_does()
    {
        var old = Protect(await ConsoleAsync(), "an old session");
        var rollout = new MasterKeys([TestStore.NewMasterKey('b'), Store.MasterKeys.Current]);
        var now = TimeProvider.System.GetUtcNow();
        (await ConsoleAsync(rollout)).GetRequiredService<IKeyManager>().CreateNewKey(now, now.AddDays(90));

        var console = await ConsoleAsync(rollout);
        var session = Protect(console, "a session");

        Unprotect(console, old).ShouldBe("an old session");
        Unprotect(await ConsoleAsync(rollout), session).ShouldBe("a session");
        (await RowsAsync()).Select(row => row.Generation).ShouldBe(['1', 'b'], ignoreOrder: true);
        Log.Warnings.ShouldBeEmpty();

        var without = await ConsoleAsync(new([rollout.Newest]));
        Unprotect(without, session).ShouldBe("a session");
        Refuses(without, old);
        Refuses(await ConsoleAsync(new([TestStore.NewMasterKey('1')])), old);
        Log.Warnings.ShouldContain(line => line.Contains("rows of SessionKeys do not open"));
    }

    [Fact]
    public async Task Neither_the_database_nor_the_log_has_a_key_in_the_clear()
    {
        var console = await ConsoleAsync();
        Protect(console, "a session");

        var secret = console.GetRequiredService<SessionKeyRing>().GetAllElements().ShouldHaveSingleItem().Descendants("value").ShouldHaveSingleItem().Value;
        var bytes = Convert.FromBase64String(secret);
        bytes.Length.ShouldBeGreaterThanOrEqualTo(32);
        byte[][] shapes = [Encoding.UTF8.GetBytes(secret), Encoding.Unicode.GetBytes(secret), bytes];
        var stored = (await RowsAsync()).Select(row => row.Sealed).ToList();
        if (Store is SqliteTestStore files) stored.AddRange(Directory.GetFiles(files.Folder, "*.db*").Select(ReadShared));
        foreach (var shape in shapes) stored.Count(value => value.AsSpan().IndexOf(shape) >= 0).ShouldBe(0);
        Log.All.ShouldAllBe(line => !line.Text.Contains(secret));
        Log.Warnings.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_key_that_is_not_understood_is_not_written_to_the_log()
    {
        var sessions = Store.Get<SessionKeys>();
        var now = TimeProvider.System.GetUtcNow();
        await sessions.AddAsync(
            new("key", new XAttribute("id", Guid.NewGuid()), new XElement("creationDate", now), new XElement("activationDate", now),
                new XElement("expirationDate", now.AddDays(90)), new XElement("descriptor", new XAttribute("deserializerType", "none"), new XElement("masterKey", "the secret"))),
            CancellationToken.None);

        var console = await ConsoleAsync();

        Unprotect(console, Protect(console, "a session")).ShouldBe("a session");
        Log.Warnings.ShouldNotBeEmpty("that it is not understood is told");
        Log.All.ShouldAllBe(line => !line.Text.Contains("the secret"));
    }

    [Fact]
    public async Task A_key_is_removed_30_days_after_its_expiry_and_what_does_not_expire_stays()
    {
        var sessions = Store.Get<SessionKeys>();
        var now = Store.Time.GetUtcNow();
        foreach (var days in new[] { -31, -30, -29, 90 })
            await sessions.AddAsync(new("key", new XElement("expirationDate", now.AddDays(days))), CancellationToken.None);
        await sessions.AddAsync(new("revocation"), CancellationToken.None);

        (await sessions.PurgeAsync(CancellationToken.None)).ShouldBe(2);
        (await sessions.PurgeAsync(CancellationToken.None)).ShouldBe(0);

        (await RowsAsync()).Select(row => row.ExpireTime).ShouldBe([now.AddDays(-29), now.AddDays(90), null], ignoreOrder: true);
    }

    private static SessionKeyRow Copy(SessionKeyRow row, Guid id) =>
        new() { Id = id, Generation = row.Generation, Sealed = row.Sealed, CreateTime = row.CreateTime, ExpireTime = row.ExpireTime };

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var bytes = new MemoryStream();
        file.CopyTo(bytes);
        return bytes.ToArray();
    }
}

public sealed class SessionKeyTestsOnSqlite() : SessionKeyTests(Engine.Sqlite);

public sealed class SessionKeyTestsOnSqlServer() : SessionKeyTests(Engine.SqlServer);
