using System.Diagnostics;

namespace KeyService.Benchmarks.Scale;

/// <summary>What the system keeps of a file in memory.</summary>
internal static class FileCache
{
    /// <summary>All of it, as far as memory goes: a store that has been served for a while. Returns its length.</summary>
    public static long Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        var buffer = new byte[1 << 20];
        while (file.Read(buffer) > 0)
        {
            // Only read.
        }

        return file.Length;
    }

    /// <summary>Nothing of it: a machine that was just started.</summary>
    public static async Task DropAsync(string path)
    {
        using var dropping = Process.Start("dd", [$"if={path}", "iflag=nocache", "count=0", "status=none"]);
        await dropping.WaitForExitAsync();
        if (dropping.ExitCode != 0) throw new InvalidOperationException("The file could not be dropped from the system's cache.");
    }
}
