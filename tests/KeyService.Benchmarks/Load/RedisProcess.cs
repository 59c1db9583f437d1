using System.Diagnostics;
using System.Globalization;
using KeyService.Testing;
using StackExchange.Redis;

namespace KeyService.Benchmarks.Load;

/// <summary>A redis-server of this run's own, in memory only, on a free port of loopback.</summary>
internal sealed class RedisProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly string _address;

    private RedisProcess(Process process, DirectoryInfo folder, string address) => (_process, _folder, _address) = (process, folder, address);

    /// <summary>Why there is none; null: there can be one.</summary>
    public static string? Missing => !OperatingSystem.IsLinux() || !Cores.HasCommand("redis-server") ? "there is no command redis-server" : null;

    /// <summary>As a setting of the server.</summary>
    public (string Name, string Value) Setting => ("ConnectionStrings__Redis", _address);

    public static async Task<RedisProcess> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("keyservice-benchmark-redis-");
        var port = Ports.Take().ToString(CultureInfo.InvariantCulture);
        var process = Process.Start(new ProcessStartInfo(
            "taskset", ["-c", Cores.Redis, "redis-server", "--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no"])
        { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, UseShellExecute = false })!;
        _ = process.StandardOutput.ReadToEndAsync();
        var redis = new RedisProcess(process, folder, $"127.0.0.1:{port}");
        await redis.WaitUntilReadyAsync();
        return redis;
    }

    /// <summary>The keys of all values that the server has put there.</summary>
    public async Task<List<string>> KeysAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync(_address);
        // A scan may come past a key twice.
        var keys = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var key in connection.GetServer(_address).KeysAsync(pattern: "ks:key:*", pageSize: 1_000)) keys.Add(key.ToString());
        return [.. keys];
    }

    /// <summary>What an earlier server left.</summary>
    public async Task ClearAsync()
    {
        await using var connection = await ConnectionMultiplexer.ConnectAsync($"{_address},allowAdmin=true");
        await connection.GetServer(_address).FlushAllDatabasesAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task WaitUntilReadyAsync()
    {
        var start = Stopwatch.GetTimestamp();
        while (true)
        {
            if (_process.HasExited) throw new InvalidOperationException("redis-server ended before it was ready.");
            try
            {
                await using var connection = await ConnectionMultiplexer.ConnectAsync(_address);
                await connection.GetDatabase().PingAsync();
                return;
            }
            catch (RedisConnectionException) when (Stopwatch.GetElapsedTime(start) < StartBound)
            {
                // It does not listen yet.
            }
        }
    }
}
