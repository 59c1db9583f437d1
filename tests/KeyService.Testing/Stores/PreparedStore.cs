using Microsoft.Data.Sqlite;

namespace KeyService.Testing;

/// <summary>
/// An embedded store as <c>migrate</c> leaves it, made once in each test process and copied for most servers: a start on
/// a copy takes an eighth less CPU time. All copies have the same master key and root credential. Tests of the first start
/// set <see cref="TestStore.IsPrepared"/> to false.
/// </summary>
internal static class PreparedStore
{
    /// <summary>Settings that change what <c>migrate</c> makes.</summary>
    private static readonly string[] Decisive =
    [
        "KeyService__MasterKeys", "KeyService__Brand", "KeyService__RootCredential", "KeyService__DataDirectory",
        "ConnectionStrings__SqlServer",
    ];

    private static readonly string[] Files = ["keyservice.db", "master-key", "root-credential"];

    private static readonly Lazy<Task<Dictionary<string, byte[]>>> prepared = new(PrepareAsync);

    /// <summary>
    /// Makes a store that servers start on: on SQL Server by <c>migrate</c>, else a copy in a folder in which there is nothing, unless the
    /// settings ask for another store.
    /// </summary>
    /// <exception cref="InvalidOperationException">The command failed; with its output.</exception>
    public static async Task MakeAsync(TestStore store, params (string Name, string Value)[] settings)
    {
        if (store.UsesSqlServer)
        {
            var (code, output) = await TestServer.RunAsync("migrate", store, settings);
            if (code != 0) throw new InvalidOperationException(output);
        }

        if (!store.IsPrepared || Directory.EnumerateFileSystemEntries(store.DataDirectory).Any()) return;
        if (settings.Any(setting => Array.Exists(Decisive, name => setting.Name.StartsWith(name, StringComparison.Ordinal)))) return;
        foreach (var (file, content) in await prepared.Value)
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            await using var copy = new FileStream(PathOf(store, file), options);
            await copy.WriteAsync(content);
        }
    }

    private static async Task<Dictionary<string, byte[]>> PrepareAsync()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        (await CommandRun.OfServerInProcessAsync("migrate", store)).ShouldEndWith(0);
        await MoveLogIntoFileAsync(PathOf(store, Files[0]));
        var files = new Dictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var file in Files) files[file] = await File.ReadAllBytesAsync(PathOf(store, file));
        return files;
    }

    private static async Task MoveLogIntoFileAsync(string database)
    {
        await using var connection = new SqliteConnection($"Data Source={database};Pooling=False");
        await connection.OpenAsync();
        await using var checkpoint = new SqliteCommand("PRAGMA wal_checkpoint(TRUNCATE)", connection);
        await checkpoint.ExecuteNonQueryAsync();
    }

    private static string PathOf(TestStore store, string file) => Path.Combine(store.DataDirectory, file);
}
