using Microsoft.Data.Sqlite;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Whether a key has a digest at all, by one statement that each thread keeps compiled on a connection of its own. Keys that nobody knows are asked for in
/// floods, and to begin a query of EF Core costs several times what SQLite needs to find nothing.
/// </summary>
internal sealed class SqliteDigests(string connectionString) : IDisposable
{
    private readonly ThreadLocal<Session?> _session = new(trackAllValues: true);

    /// <summary>Synchronous. Reads what is committed now.</summary>
    public bool Contains(byte[] digest)
    {
        var session = _session.Value ??= new(connectionString);
        try
        {
            return session.Contains(digest);
        }
        catch
        {
            // Whatever is wrong with the connection, the next one need not have it.
            session.Dispose();
            _session.Value = null;
            throw;
        }
    }

    /// <summary>When no thread asks any more.</summary>
    public void Dispose()
    {
        foreach (var session in _session.Values) session?.Dispose();
        _session.Dispose();
    }

    private sealed class Session : IDisposable
    {
        private const long CheckMilliseconds = 100;

        private readonly SqliteConnection _connection;
        private readonly SqliteCommand _command;
        private readonly SqliteParameter _digest;
        private long _checkedAt = long.MinValue / 2;

        public Session(string connectionString)
        {
            _connection = new(connectionString);
            _command = _connection.CreateCommand();
            _digest = _command.Parameters.Add("$digest", SqliteType.Blob);
            try
            {
                _connection.Open();
                _command.CommandText = SqliteStatements.ConnectionSettings;
                _command.ExecuteNonQuery();
                _command.CommandText = SqliteStatements.FindDigest;
            }
            catch
            {
                Dispose();
                throw;
            }
        }

        public bool Contains(byte[] digest)
        {
            // A call of the system: too much for each of a flood.
            var now = Environment.TickCount64;
            if (now - _checkedAt >= CheckMilliseconds)
            {
                SqliteFile.MustBeLive(_connection);
                _checkedAt = now;
            }

            _digest.Value = digest;
            return _command.ExecuteScalar() is not null;
        }

        public void Dispose()
        {
            _command.Dispose();
            _connection.Dispose();
        }
    }
}
