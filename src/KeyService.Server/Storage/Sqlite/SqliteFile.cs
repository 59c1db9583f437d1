using System.Runtime.InteropServices;
using KeyService.Server.Keys;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// Whether an open connection still leads to the file that others write. One that cannot be written is a copy or a snapshot, and what was put in the place of
/// a file leaves who has it open at the old one: both answer as ever, and never hear of a change.
/// </summary>
internal static class SqliteFile
{
    /// <summary>SQLITE_FCNTL_HAS_MOVED: by the file's number under its path, so a call of the system. Unknown on Windows, where an open file stays.</summary>
    private const int HasMoved = 20;

    private static readonly byte[] Main = [.. "main\0"u8];

    private static volatile bool _isMissing;

    /// <exception cref="StoreUnavailableException">It does not.</exception>
    public static void MustBeLive(SqliteConnection connection)
    {
        if (IsMoved(connection)) throw NotLive(connection, "was replaced or moved while it was open; run `keyservice recover` if an older copy is in its place now");
        if (raw.sqlite3_db_readonly(connection.Handle!, "main") == 1) throw NotLive(connection, "is read-only: a copy, or not writable for this user");
    }

    private static bool IsMoved(SqliteConnection connection)
    {
        if (_isMissing) return false;
        try
        {
            var moved = 0;
            return FileControl(connection.Handle!.DangerousGetHandle(), Main, HasMoved, ref moved) == raw.SQLITE_OK && moved != 0;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // The provider has loaded another library: then it is not known.
            _isMissing = true;
            return false;
        }
    }

    private static StoreUnavailableException NotLive(SqliteConnection connection, string why) => new(
        new StartException($"KeyService:DataDirectory: {Path.GetFileName(connection.DataSource)} {why}."), $"the database file {why}");

    /// <summary>Of the library that the provider of Microsoft.Data.Sqlite has loaded.</summary>
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories | DllImportSearchPath.AssemblyDirectory)]
    private static extern int FileControl(IntPtr database, byte[] name, int operation, ref int argument);
}
