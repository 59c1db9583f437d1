using Microsoft.Data.Sqlite;

namespace KeyService.Testing;

/// <summary>More keys than there is time to create.</summary>
internal static class KeyCopies
{
    /// <summary>Copies of a key in an embedded store, made past the service: it takes minutes to create as many.</summary>
    public static async Task CopyKeyAsync(string dataDirectory, string keyId, int copies)
    {
        await using var connection = new SqliteConnection($"Data Source={Path.Combine(dataDirectory, "keyservice.db")};Pooling=False");
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT group_concat(name) FROM pragma_table_info('ApiKeys') WHERE name NOT IN ('KeyId', 'Revision')";
        var columns = (string)(await command.ExecuteScalarAsync())!;
        command.CommandText = $"""
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < $copies)
            INSERT INTO ApiKeys (KeyId, Revision, {columns}) SELECT printf('key_%032x', i), -i, {columns} FROM n, ApiKeys WHERE KeyId = $key
            """;
        command.Parameters.AddWithValue("$copies", copies);
        command.Parameters.AddWithValue("$key", keyId);
        if (await command.ExecuteNonQueryAsync() != copies) throw new InvalidOperationException($"There is no key {keyId}.");
    }
}
