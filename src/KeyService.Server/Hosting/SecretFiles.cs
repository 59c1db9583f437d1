using System.Runtime.InteropServices;
using System.Text;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>Writes a secret so that after a crash at any moment the file is whole or not there, and only its owner can read it.</summary>
internal static class SecretFiles
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="path">Where to.</param>
    /// <param name="secret">Written with a line end.</param>
    /// <param name="setting">The setting that names the path, for the error.</param>
    /// <param name="overwrite">Whether a file that is there is replaced; else it is an error.</param>
    /// <exception cref="StartException">The folder cannot be written.</exception>
    public static void Write(string path, string secret, string setting, bool overwrite)
    {
        var folder = Path.GetDirectoryName(path)!;
        // One name for it: what a killed process left is written over.
        var draft = Path.Combine(folder, $".{Path.GetFileName(path)}.new");
        try
        {
            if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
            else Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            File.Delete(draft);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite);
            SyncFolder(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What did not get its name holds a secret that nobody will look for.
            if (File.Exists(draft)) File.Delete(draft);
            throw new StartException($"{setting}: {path} cannot be written: {Reason(e)}.", e);
        }
    }

    /// <exception cref="StartException">It cannot be read.</exception>
    public static string Read(string path, string setting)
    {
        try
        {
            return File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"{setting}: {path} cannot be read: {Reason(e)}.", e);
        }
    }

    /// <summary>Else a power cut could take the file's name back, after the database has come to rely on it.</summary>
    private static void SyncFolder(string folder)
    {
        if (OperatingSystem.IsWindows()) return;
        var descriptor = open(folder, 0);
        if (descriptor < 0) return;
        _ = fsync(descriptor);
        _ = close(descriptor);
    }

#pragma warning disable SYSLIB1054 // Three calls at start need no generated marshalling.
    [DllImport("libc", CharSet = CharSet.Ansi, BestFitMapping = false, ThrowOnUnmappableChar = true)]
    private static extern int open(string path, int flags);

    [DllImport("libc")]
    private static extern int fsync(int descriptor);

    [DllImport("libc")]
    private static extern int close(int descriptor);
#pragma warning restore SYSLIB1054

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it is not there",
        UnauthorizedAccessException => "this user may not",
        _ => "the disk refuses",
    };
}
