using Microsoft.Data.Sqlite;

namespace KeyService.Testing.Cluster.Rig;

/// <summary>An earlier copy of an embedded store's database.</summary>
internal sealed class DatabaseCopy : IDisposable
{
    private readonly string _copy = Path.Combine(Path.GetTempPath(), $"keyservice-copy-{Guid.NewGuid():N}.db");
    private readonly string _database;

    private DatabaseCopy(TestStore store) => _database = Path.Combine(store.DataDirectory, "keyservice.db");

    /// <summary>Of what is committed now; replicas may be running.</summary>
    public static DatabaseCopy Take(TestStore store)
    {
        var copy = new DatabaseCopy(store);
        Copy(copy._database, copy._copy);
        return copy;
    }

    /// <summary>Under running replicas: to them the database goes back in time from one transaction to the next.</summary>
    public void PutBackInPlace() => Copy(_copy, _database);

    /// <summary>As an operator does it: the file in place, the log of the later one away. No replica may run.</summary>
    public void PutBack()
    {
        File.Delete(_database + "-wal");
        File.Delete(_database + "-shm");
        File.Copy(_copy, _database, overwrite: true);
    }

    private static void Copy(string fromFile, string toFile)
    {
        using var from = new SqliteConnection($"Data Source={fromFile};Mode=ReadOnly;Pooling=False");
        using var to = new SqliteConnection($"Data Source={toFile};Pooling=False");
        from.Open();
        to.Open();
        // Beats of replicas are in its way.
        using var patience = new SqliteCommand("PRAGMA busy_timeout=10000", to);
        patience.ExecuteNonQuery();
        from.BackupDatabase(to);
    }

    public void Dispose()
    {
        // Who reads it leaves the other two behind.
        foreach (var end in (string[])["", "-wal", "-shm"]) File.Delete(_copy + end);
    }
}
