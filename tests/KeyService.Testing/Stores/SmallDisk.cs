using System.Diagnostics;

namespace KeyService.Testing;

/// <summary>A disk of its own for a store, in memory, that can be filled up. Takes root, and the right to mount.</summary>
internal sealed class SmallDisk : IDisposable
{
    private const int Megabytes = 24;
    private const int ErrorDiskFull = 28;

    private readonly string _mount;

    private SmallDisk(string mount)
    {
        _mount = mount;
        StoreFolder = Directory.CreateDirectory(Path.Combine(mount, "store")).FullName;
    }

    public string StoreFolder { get; }

    private string FillFile => Path.Combine(_mount, "fill");

    /// <summary>Null, and the reason, where it cannot be had.</summary>
    public static SmallDisk? TryMount(out string reason)
    {
        reason = "a small disk is a tmpfs that the test mounts: not on this system";
        if (!OperatingSystem.IsLinux()) return null;
        var mount = Directory.CreateTempSubdirectory("keyservice-disk-").FullName;
        reason = $"a small disk is a tmpfs that the test mounts: {Run("mount", "-t", "tmpfs", "-o", $"size={Megabytes}m,mode=700", "tmpfs", mount)}";
        if (IsMounted(mount)) return new(mount);
        Directory.Delete(mount);
        return null;
    }

    /// <summary>Not a byte is left.</summary>
    public void Fill()
    {
        var zeros = new byte[4096];
        using var file = new FileStream(FillFile, FileMode.Append, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true) file.Write(zeros);
        }
        catch (IOException e) when ((e.HResult & 0xffff) == ErrorDiskFull)
        {
            // Full.
        }
    }

    public void Free() => File.Delete(FillFile);

    public void Dispose()
    {
        var problem = Run("umount", _mount);
        if (IsMounted(_mount)) throw new InvalidOperationException(problem);
        Directory.Delete(_mount);
    }

    private static bool IsMounted(string path) => File.ReadLines("/proc/mounts").Any(line => line.Split(' ')[1] == path);

    private static string Run(string command, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { UseShellExecute = false, RedirectStandardError = true })
                ?? throw new InvalidOperationException($"{command} was not started.");
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return error.Trim();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
