namespace KeyService.Server.Storage.Sqlite;

/// <summary>The OS lock on <c>lock</c> in the data directory: the kernel frees it when the process ends, however it ends.</summary>
internal sealed class SqliteStoreLock : IStoreLock
{
    // EWOULDBLOCK of the two kernels, and a sharing violation.
    private const int LinuxTaken = 11;
    private const int MacTaken = 35;
    private const int WindowsTaken = 32;

    private readonly FileStream _file;

    private SqliteStoreLock(FileStream file) => _file = file;

    // The kernel takes it from nobody who lives.
    public bool IsHeld => true;

    public long Takings => 1;

    public CancellationToken Lost => CancellationToken.None;

    public static SqliteStoreLock Take(string dataDirectory)
    {
        var path = Path.Combine(dataDirectory, "serving");
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (DirectoryNotFoundException e)
        {
            throw new StartException($"KeyService:DataDirectory: {dataDirectory} is not there.", e);
        }
        catch (IOException e) when ((e.HResult & 0xffff) is not (LinuxTaken or MacTaken or WindowsTaken))
        {
            throw new StartException($"KeyService:DataDirectory: {path} cannot be locked: the disk refuses.", e);
        }
        catch (IOException e)
        {
            throw new StartException(
                $"KeyService:DataDirectory: {dataDirectory} is served by another process; stop that one first, or name another directory.", e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new StartException($"KeyService:DataDirectory: {dataDirectory} is not writable for this user.", e);
        }
    }

    public ValueTask DisposeAsync() => _file.DisposeAsync();
}
