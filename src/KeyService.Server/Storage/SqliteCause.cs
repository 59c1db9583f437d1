using System.Globalization;
using Microsoft.Data.Sqlite;

namespace KeyService.Server.Storage;

/// <summary>What an error of SQLite means for the operator, with its number (https://www.sqlite.org/rescode.html).</summary>
internal static class SqliteCause
{
    public static string Of(SqliteException exception)
    {
        var words = Words(exception.SqliteErrorCode);
        var number = exception.SqliteExtendedErrorCode == exception.SqliteErrorCode || exception.SqliteExtendedErrorCode == 0
            ? exception.SqliteErrorCode.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{exception.SqliteErrorCode}, extended {exception.SqliteExtendedErrorCode}");
        return words is null ? $"SQLite error {number}" : $"SQLite error {number}: {words}";
    }

    /// <summary>Whether no change can be written until an operator has done something; a lock that is held passes by itself.</summary>
    public static bool StopsWrites(SqliteException exception) => exception.SqliteErrorCode is 3 or 8 or 10 or 11 or 13 or 14 or 23 or 26;

    private static string? Words(int code) => code switch
    {
        3 => "access to the file is denied",
        5 => "another process has the file locked (busy)",
        6 => "a table is locked",
        7 => "out of memory",
        8 => "the file or its folder is read-only",
        10 => "the disk reports an I/O error",
        11 => "the file is corrupt",
        13 => "the disk is full",
        14 => "the file cannot be opened",
        23 => "access is not authorized",
        26 => "the file is not a database",
        _ => null,
    };
}
