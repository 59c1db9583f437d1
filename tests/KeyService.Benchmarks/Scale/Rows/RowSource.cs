using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Benchmarks.Scale.Rows;

/// <summary>Rows of some keys, one after the other in number, for the tables that every engine has.</summary>
internal sealed record RowBatch(
    IReadOnlyList<ApiKeyRow> Keys, IReadOnlyList<KeySecretRow> Secrets, IReadOnlyList<KeyUsageRow> Uses, IReadOnlyList<AuditEventRow> Events)
{
    /// <summary>In the order in which they are written: the key rows last, as the service does.</summary>
    public IEnumerable<(Type Row, IReadOnlyList<object> Rows)> Tables =>
        [(typeof(KeySecretRow), Secrets), (typeof(KeyUsageRow), Uses), (typeof(AuditEventRow), Events), (typeof(ApiKeyRow), Keys)];
}

/// <summary>All rows of a plan in batches, the same for both engines.</summary>
internal sealed class RowSource(LoadPlan plan, MasterKeys masterKeys, string brand, int keptEvents)
{
    private readonly SyntheticKeys _keys = new(plan, masterKeys, brand);
    private readonly Chains _chains = new(plan, keptEvents, masterKeys.Current);

    /// <summary>The ends of the audit chains, once every batch has been taken.</summary>
    public IReadOnlyCollection<AuditHeadRow> Heads => _chains.Heads;

    /// <param name="size">Keys of a batch.</param>
    /// <param name="firstRevision">Of key 0, where the database stamps none of its own.</param>
    public IEnumerable<RowBatch> Batches(int size, long firstRevision)
    {
        for (var first = 0; first < plan.Keys; first += size)
            yield return BatchOf(first, Math.Min(size, plan.Keys - first), firstRevision);
    }

    private RowBatch BatchOf(int first, int count, long firstRevision)
    {
        var (keys, secrets) = (new List<ApiKeyRow>(count), new List<KeySecretRow>(count));
        var (uses, events) = (new List<KeyUsageRow>(count), new List<AuditEventRow>());
        for (var n = first; n < first + count; n++)
        {
            var text = _keys.TextOf(n);
            var key = _keys.RecordOf(n, text, firstRevision + n);
            keys.Add(ApiKeyRow.From(key));
            secrets.Add(_keys.SecretOf(key, text));
            // One key in ten was never used.
            if (n % 10 != 5) uses.Add(new() { KeyId = key.KeyId, LastUsedTime = key.CreateTime });
            if (_chains.Next(n, key, _keys.CreatedBy) is { } written) events.Add(written);
        }

        return new(keys, secrets, uses, events);
    }
}
