using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Storage;

namespace KeyService.Server.Replication;

/// <summary>
/// The generations of master keys that the store names: each may have keys, so a process without one of them must not serve. Which of the
/// configured ones this process makes things with is decided here and in <see cref="GenerationRollout"/>.
/// </summary>
internal sealed class Generations(IReplicationStore store, MasterKeys masterKeys, Belief belief, ReplicaOptions options, ILogger<Generations> log)
{
    private readonly Lock _changing = new();
    private readonly TaskCompletionSource<string> _misfit = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when this process turns out to lack a master key of the store, with a line for the operator: it must stop.</summary>
    public Task<string> Misfit => _misfit.Task;

    /// <summary>Before a start: a store that has no generation gets the newest; then the active one is chosen.</summary>
    /// <exception cref="StartException">A master key is missing or wrong.</exception>
    public async Task BeginAsync(CancellationToken cancellation)
    {
        var stored = await store.ReadFingerprintsAsync(cancellation);
        if (stored.Count == 0)
        {
            // There is no key yet that anybody could fail to find.
            await store.AddFingerprintAsync(RowOf(masterKeys.Newest), cancellation);
            stored = await store.ReadFingerprintsAsync(cancellation);
        }

        if (MisfitOf(stored) is { } misfit) throw new StartException(misfit);
        // Behind the read: whoever is not in this look registers later, and its check finds what was stored.
        masterKeys.Activate(FirstOf(stored, await store.LookAsync(drawTicket: false, cancellation)));
    }

    /// <summary>
    /// After the registration under a new name, and wherever it must be certain. What it finds stored was stored before the row could be
    /// seen, or else who stored it finds the row.
    /// </summary>
    /// <returns>The generations stored; this process has them all.</returns>
    /// <exception cref="StoreUnavailableException">The database does not answer, or a master key is missing: this process stops.</exception>
    public async Task<IReadOnlyList<MasterKeyFingerprintRow>> CheckAsync(CancellationToken cancellation)
    {
        var stored = await store.ReadFingerprintsAsync(cancellation);
        if (MisfitOf(stored) is { } misfit)
        {
            if (_misfit.TrySetResult(misfit)) Log.GenerationMisfit(log, misfit);
            throw new StoreUnavailableException(failure: "a master key is missing");
        }

        lock (_changing)
        {
            // The database went back to before it was stored, so that a process without it may start.
            if (stored.Count == 0 || IsStored(masterKeys.Current, stored)) return stored;
            var former = masterKeys.Current;
            masterKeys.Activate(OldestOf(stored));
            Log.GenerationFellBack(log, former.Generation, masterKeys.Current.Generation);
        }

        return stored;
    }

    /// <summary>Makes it the active one, unless the replica has started as new since it was the one that looked.</summary>
    public bool Activate(MasterKey key, Incarnation looked)
    {
        lock (_changing)
        {
            if (!ReferenceEquals(belief.Current, looked)) return false;
            masterKeys.Activate(key);
            return true;
        }
    }

    public static MasterKeyFingerprintRow RowOf(MasterKey key) => new() { Generation = key.Generation, Fingerprint = key.Fingerprint };

    public static bool IsStored(MasterKey key, IReadOnlyList<MasterKeyFingerprintRow> stored) => stored.Any(row => row.Generation == key.Generation);

    /// <summary>The newest stored that every replica knows. A stored one may still wait for somebody.</summary>
    private MasterKey FirstOf(IReadOnlyList<MasterKeyFingerprintRow> stored, ReplicaLook look)
    {
        var longest = look.Rows.Select(row => row.Lease).Append(options.Lease).Max();
        // Right after `recover` the rows of replicas at work are missing.
        var isSure = look.Epoch.RenewTime is not { } renewed || renewed + longest < look.DatabaseTime;
        return masterKeys.All.FirstOrDefault(key => isSure && IsStored(key, stored) && look.Rows.All(row => row.Generations.Contains(key.Generation)))
            ?? OldestOf(stored);
    }

    private MasterKey OldestOf(IReadOnlyList<MasterKeyFingerprintRow> stored) => masterKeys.All.Last(key => IsStored(key, stored));

    /// <summary>Null when every generation stored is configured, with the same key.</summary>
    private string? MisfitOf(IReadOnlyList<MasterKeyFingerprintRow> stored)
    {
        foreach (var row in stored)
        {
            if (masterKeys.Find(row.Generation) is not { } key)
                return $"KeyService:MasterKeys: generation {row.Generation} is missing, and this store has keys of it.";
            if (!CryptographicOperations.FixedTimeEquals(key.Fingerprint, row.Fingerprint))
                return $"KeyService:MasterKeys: generation {row.Generation} is not the master key that this store was made with.";
        }

        return null;
    }
}
