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
        try
        {
            var folder = Path.GetDirectoryName(path)!;
            Directory.CreateDirectory(folder);
            var draft = Path.Combine(folder, $".{Path.GetFileName(path)}.{Guid.NewGuid():N}");
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(draft, options))
            {
                file.Write(Encoding.ASCII.GetBytes(secret + "\n"));
                file.Flush(flushToDisk: true);
            }

            File.Move(draft, path, overwrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
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

    private static string Reason(Exception e) => e switch
    {
        FileNotFoundException or DirectoryNotFoundException => "it is not there",
        UnauthorizedAccessException => "this user may not",
        _ => "the disk refuses",
    };
}
