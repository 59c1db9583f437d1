using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using KeyService.Server.Storage.SqlServer;

namespace KeyService.Server.Hosting;

/// <summary>Which engine the settings name.</summary>
internal static class StorageEngines
{
    /// <exception cref="StartException">The data directory cannot be made or written.</exception>
    public static IStorageEngine Create(ServerOptions options)
    {
        if (options.SqlServer is { } connectionString) return new SqlServerEngine(connectionString, TimeProvider.System);

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

        return new SqliteEngine(options.DataDirectory);
    }
}
