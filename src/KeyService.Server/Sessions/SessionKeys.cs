using System.Xml.Linq;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Sessions;

/// <summary>The rows of <c>SessionKeys</c>: sealed on the way in, opened on the way out.</summary>
internal sealed class SessionKeys(KeyStore store, MasterKeys masterKeys, TimeProvider time, ILogger<SessionKeys> log)
{
    /// <summary>
    /// After a key's expiry. Data Protection keeps keys for ever, since it cannot know for how long something is kept that they protect. A
    /// console session lasts hours; and a row that is left when its master key is dropped would be told of at every reading.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromDays(30);

    /// <summary>How many did not open when that was logged last: a session of an unknown key has them read again, whoever presents it.</summary>
    private int _shutLogged;

    /// <summary>Every element that opens; those that do not are left out, with one line in the log.</summary>
    /// <exception cref="StoreUnavailableException">The database does not answer.</exception>
    public async Task<IReadOnlyList<XElement>> ReadAsync(CancellationToken cancellation)
    {
        var rows = await store.ReadAsync((context, token) => context.SessionKeys.ToListAsync(token), cancellation);
        var shut = new List<Guid>();
        var elements = new List<XElement>(rows.Count);
        foreach (var row in rows)
        {
            if (masterKeys.Find(row.Generation) is { } key && SealedSessionKey.Open(key, row.Id, row.Sealed) is { } xml) elements.Add(XElement.Parse(xml));
            else shut.Add(row.Id);
        }

        if (Interlocked.Exchange(ref _shutLogged, shut.Count) != shut.Count && shut.Count > 0) Log.SessionKeysShut(log, shut.Count, shut[0]);
        return elements;
    }

    /// <exception cref="StoreUnavailableException">The database does not answer; the element may or may not be stored.</exception>
    public Task AddAsync(XElement element, CancellationToken cancellation)
    {
        var (id, key) = (Guid.CreateVersion7(time.GetUtcNow()), masterKeys.Current);
        var row = new SessionKeyRow
        {
            Id = id,
            Generation = key.Generation,
            Sealed = SealedSessionKey.Seal(key, id, element.ToString(SaveOptions.DisableFormatting)),
            CreateTime = UtcMicroseconds.Now(time),
            ExpireTime = (DateTimeOffset?)element.Element("expirationDate"),
        };
        return store.WriteAsync(
            Guid.Empty,
            async (context, token) =>
            {
                // There is no audit event to tell by: after a lost acknowledgement the row itself does.
                if (await context.SessionKeys.AnyAsync(stored => stored.Id == id, token)) return false;
                context.SessionKeys.Add(row);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellation);
    }

    /// <summary>Removes keys beyond their retention; returns how many.</summary>
    public Task<long> PurgeAsync(CancellationToken cancellation)
    {
        var cutoff = time.GetUtcNow() - Retention;
        return store.DeleteInSlicesAsync(context => context.SessionKeys.Where(key => key.ExpireTime <= cutoff), cancellation);
    }
}
