using KeyService.FunctionalTests.Infrastructure;
using Microsoft.Data.Sqlite;

namespace KeyService.Cluster.Tests.Rig;

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
        using var from = new SqliteConnection($"Data Source={copy._database};Mode=ReadOnly;Pooling=False");
        using var to = new SqliteConnection($"Data Source={copy._copy};Pooling=False");
        from.Open();
        to.Open();
        from.BackupDatabase(to);
        return copy;
    }

    /// <summary>As an operator does it: the file in place, the log of the later one away. No replica may run.</summary>
    public void PutBack()
    {
        File.Delete(_database + "-wal");
        File.Delete(_database + "-shm");
        File.Copy(_copy, _database, overwrite: true);
    }

    public void Dispose() => File.Delete(_copy);
}
