using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Lifecycle;

/// <summary>How a list is ordered.</summary>
internal enum KeyOrder
{
    NewestFirst,
    OldestFirst,
    ByName,
}

/// <summary>Where the page before ended.</summary>
internal sealed record KeyPosition(long CreateMicroseconds, string NameOrder, string KeyId);

/// <summary>Which keys to list.</summary>
internal sealed record KeyList(string WorkspaceId, string Query, KeyStatus? Status, KeyOrder Order, KeyPosition? After, int Count);

/// <summary>Reads keys for management: one, a page of many, or the workspaces that have any.</summary>
internal sealed class KeyQueries(KeyStore store)
{
    /// <exception cref="RefusedException">No such key in this workspace.</exception>
    public async Task<KeyView> GetAsync(string workspaceId, string keyId, CancellationToken cancellation) =>
        await store.ReadAsync(
            async (context, token) =>
            {
                var found = await WithUse(context, context.ApiKeys.Where(key => key.KeyId == keyId && key.WorkspaceId == workspaceId))
                    .SingleOrDefaultAsync(token);
                return found is null ? null : new KeyView(found.Key.ToRecord(), found.LastUsedTime);
            },
            cancellation) ?? throw new RefusedException(Refusal.KeyNotFound, keyId);

    /// <summary>At most <see cref="KeyList.Count"/> keys and where they end; null after the last page. Keyset pages: page n costs what page 1 does.</summary>
    public async Task<(List<KeyView> Keys, KeyPosition? End)> ListAsync(KeyList list, CancellationToken cancellation)
    {
        var keys = new List<KeyView>();
        return (keys, await ListAsync(list, TryTake, cancellation));

        bool TryTake(KeyView key)
        {
            keys.Add(key);
            return true;
        }
    }

    /// <summary>The same, key by key.</summary>
    /// <param name="list">Which keys.</param>
    /// <param name="tryTake">Takes the next key; false ends the page before it. The first is always taken.</param>
    /// <param name="cancellation">The caller gave up.</param>
    /// <returns>Where the page ends; null when it is the last.</returns>
    public async Task<KeyPosition?> ListAsync(KeyList list, Func<KeyView, bool> tryTake, CancellationToken cancellation)
    {
        var found = await store.ScanAsync((context, token) => PageAsync(context, list, token), cancellation);
        var taken = 0;
        while (taken < Math.Min(found.Count, list.Count) && tryTake(new(found[taken].Key.ToRecord(), found[taken].LastUsedTime))) taken++;
        if (taken == found.Count) return null;

        var last = found[taken - 1].Key;
        return new(UtcMicroseconds.ToMicroseconds(last.CreateTime), last.NameOrder, last.KeyId);
    }

    /// <summary>One more than the page holds, to tell whether there is another.</summary>
    private static async Task<List<KeyWithUse>> PageAsync(KeyDbContext context, KeyList list, CancellationToken cancellation)
    {
        var keys = Filtered(context.ApiKeys, list);
        var count = list.Count + 1;
        if (list is not { Order: KeyOrder.ByName, After: { } after })
            return await WithUse(context, Ordered(keys, list).Take(count)).ToListAsync(cancellation);

        // Many keys may have one name. Neither engine seeks by two columns in one comparison: each page would walk the whole run of that name
        // from its first key. So the rest of the run is sought by key id, and what follows by name.
        var found = await WithUse(
            context, keys.Where(k => k.NameOrder == after.NameOrder && string.Compare(k.KeyId, after.KeyId) > 0).OrderBy(k => k.KeyId).Take(count))
            .ToListAsync(cancellation);
        if (found.Count == count) return found;
        found.AddRange(await WithUse(
            context, Ordered(keys.Where(k => string.Compare(k.NameOrder, after.NameOrder) > 0), list).Take(count - found.Count)).ToListAsync(cancellation));
        return found;
    }

    /// <summary>Workspaces that hold keys, but for <c>system</c>.</summary>
    public Task<List<string>> ListWorkspacesAsync(int count, CancellationToken cancellation) => store.ReadAsync(
        (context, token) => context.AuditHeads.Where(head => head.WorkspaceId != Workspaces.System)
            .Select(head => head.WorkspaceId).OrderBy(id => id).Take(count).ToListAsync(token),
        cancellation);

    private static IQueryable<ApiKeyRow> Filtered(IQueryable<ApiKeyRow> keys, KeyList list)
    {
        keys = keys.Where(key => key.WorkspaceId == list.WorkspaceId);
        if (list.Status is { } status) keys = keys.Where(key => key.Status == status);
        return list.Query.Length > 0 ? Matching(keys, SearchText.Fold(list.Query)) : keys;
    }

    /// <summary>
    /// Keys with the text in name, description or hint. What all hints have in common (<c>KS_LIVE_...</c>) is no hit: a text that could be of it alone must be
    /// in name or description, which a separator follows, or in the four characters at the end.
    /// </summary>
    private static IQueryable<ApiKeyRow> Matching(IQueryable<ApiKeyRow> keys, string folded)
    {
        if (!SearchText.MayBeOfEveryHint(folded)) return keys.Where(key => key.Search.Contains(folded));
        var inText = SearchText.PatternBeforeHint(folded);
        return keys.Where(key => EF.Functions.Like(key.Search, inText, SearchText.PatternEscape)
            || key.Search.Substring(key.Search.Length - SearchText.HintTailLength).Contains(folded));
    }

    // Times hardly repeat, for the changes of a workspace come one after the other: what is walked of one time is nothing.
    private static IQueryable<ApiKeyRow> Ordered(IQueryable<ApiKeyRow> keys, KeyList list)
    {
        var after = list.After;
        var time = UtcMicroseconds.FromMicroseconds(after?.CreateMicroseconds ?? 0);
        switch (list.Order)
        {
            case KeyOrder.OldestFirst:
                if (after is not null)
                    keys = keys.Where(k => k.CreateTime >= time && (k.CreateTime > time || string.Compare(k.KeyId, after.KeyId) > 0));
                return keys.OrderBy(k => k.CreateTime).ThenBy(k => k.KeyId);
            case KeyOrder.ByName:
                return keys.OrderBy(k => k.NameOrder).ThenBy(k => k.KeyId);
            default:
                if (after is not null)
                    keys = keys.Where(k => k.CreateTime <= time && (k.CreateTime < time || string.Compare(k.KeyId, after.KeyId) < 0));
                return keys.OrderByDescending(k => k.CreateTime).ThenByDescending(k => k.KeyId);
        }
    }

    // Joined after the page is cut: a list of 50 reads 50 rows of usage. The order is the outer query's own.
    private static IQueryable<KeyWithUse> WithUse(KeyDbContext context, IQueryable<ApiKeyRow> keys) =>
        keys.Select(key => new KeyWithUse
        {
            Key = key,
            LastUsedTime = context.KeyUsage.Where(use => use.KeyId == key.KeyId).Select(use => (DateTimeOffset?)use.LastUsedTime).FirstOrDefault(),
        });

    private sealed class KeyWithUse
    {
        public required ApiKeyRow Key { get; init; }

        public required DateTimeOffset? LastUsedTime { get; init; }
    }
}
