namespace KeyService.Server.Storage.Sqlite;

/// <summary>
/// The OS lock on <c>lock</c> in the data directory, held while a process makes the store ready: the kernel frees it when the process
/// ends, however it ends. Serving needs none: several processes may serve one store.
/// </summary>
internal static class SqliteStartLock
{
    /// <summary>Longer than any migration of an embedded store should take.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    // EWOULDBLOCK of the two kernels, and a sharing violation.
    private const int LinuxTaken = 11;
    private const int MacTaken = 35;
    private const int WindowsTaken = 32;

    /// <summary>The kernel tells nobody who waits.</summary>
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(50);

    public static async Task<IAsyncDisposable> EnterAsync(string dataDirectory, TimeProvider time, CancellationToken cancellation)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            if (TryTake(dataDirectory) is { } file) return file;
            if (time.GetElapsedTime(started) >= LongestWait)
            {
                throw new StartException(
                    $"KeyService:DataDirectory: another process is starting or migrating in {dataDirectory} and has not ended in {LongestWait.TotalSeconds:0} s.");
            }

            await Task.Delay(PollInterval, time, cancellation);
        }
    }

    /// <summary>An earlier version made the file for all users to read; whoever opens it can keep others waiting.</summary>
    private static void TakeFromOthers(FileStream file)
    {
        if (OperatingSystem.IsWindows()) return;
        try
        {
            File.SetUnixFileMode(file.SafeFileHandle, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another user's, who let this one in.
        }
    }

    /// <summary>Null: another process has it.</summary>
    private static FileStream? TryTake(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "lock");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None };
            if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            var file = new FileStream(path, options);
            TakeFromOthers(file);
            return file;
        }
        catch (DirectoryNotFoundException e)
        {
            throw new StartException($"KeyService:DataDirectory: {dataDirectory} is not there.", e);
        }
        catch (IOException e) when ((e.HResult & 0xffff) is LinuxTaken or MacTaken or WindowsTaken)
        {
            return null;
        }
        catch (IOException e)
        {
            throw new StartException($"KeyService:DataDirectory: {path} cannot be locked: the disk refuses.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException($"KeyService:DataDirectory: {dataDirectory} is not writable for this user.", e);
        }
    }
}
