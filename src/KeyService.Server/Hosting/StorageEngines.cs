using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Server.Storage.SqlServer;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Hosting;

/// <summary>Which engine the settings name.</summary>
internal static class StorageEngines
{
    /// <param name="options">Which one.</param>
    /// <param name="allowsCopy">For commands that answer no call, such as <c>verify-audit</c>.</param>
    /// <exception cref="StartException">The data directory cannot be made or written.</exception>
    public static IStorageEngine Create(ServerOptions options, bool allowsCopy = false) =>
#if TEST_HOOKS
        TestHooks.FaultyEngine.Around(New(options, allowsCopy));
#else
        New(options, allowsCopy);
#endif

    private static IStorageEngine New(ServerOptions options, bool allowsCopy)
    {
        if (options.SqlServer is { } connectionString) return new SqlServerEngine(connectionString, TimeProvider.System, allowsCopy);

        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(options.DataDirectory);
            else Directory.CreateDirectory(options.DataDirectory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var probe = Path.Combine(options.DataDirectory, $".writable.{Guid.NewGuid():N}");
            File.Create(probe, 1, FileOptions.DeleteOnClose).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{SettingNames.DataDirectory}: {options.DataDirectory} is not writable for this user.", e);
        }

        return new SqliteEngine(options.DataDirectory, TimeProvider.System, allowsCopy);
    }

    /// <summary>For commands that make no store.</summary>
    /// <exception cref="StartException">There is none.</exception>
    public static IStorageEngine Existing(ServerOptions options)
    {
        if (options.IsEmbedded && !File.Exists(Path.Combine(options.DataDirectory, SqliteEngine.FileName)))
            throw new StartException($"{SettingNames.DataDirectory}: there is no store in {options.DataDirectory}.");
        return Create(options, allowsCopy: true);
    }

    /// <summary>As <see cref="Existing"/>, with a schema that this version knows.</summary>
    public static async Task<IStorageEngine> MigratedAsync(ServerOptions options, CancellationToken cancellation)
    {
        var engine = Existing(options);
        await CheckMigratedAsync(engine, cancellation);
        return engine;
    }

    /// <exception cref="StartException">The schema is older than this version's.</exception>
    public static async Task CheckMigratedAsync(IStorageEngine engine, CancellationToken cancellation)
    {
        await using var context = engine.CreateLookupContext();
        if ((await context.Database.GetPendingMigrationsAsync(cancellation)).Any())
            throw new StartException($"The {engine.Name} schema is not migrated: run `keyservice migrate` first.");
    }
}
