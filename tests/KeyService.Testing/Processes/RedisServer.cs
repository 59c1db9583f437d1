using System.Diagnostics;
using System.Net.Sockets;
using StackExchange.Redis;

namespace KeyService.Testing;

/// <summary>
/// A real redis-server on a free port of loopback, kept in memory only. It can be absent, killed, frozen, emptied and come back, also with
/// what it held earlier.
/// </summary>
internal sealed class RedisServer : IAsyncDisposable
{
    /// <summary>Its own: it loads nothing that others left.</summary>
    private readonly string _folder = Directory.CreateTempSubdirectory("keyservice-redis-").FullName;

    private Process? _process;
    private IConnectionMultiplexer? _connection;

    public int Port { get; } = Ports.Take();

    /// <summary>What <see cref="SaveSnapshotAsync"/> wrote.</summary>
    public string SnapshotFile => Path.Combine(_folder, "snapshot.rdb");

    private string DumpFile => Path.Combine(_folder, "dump.rdb");

    /// <summary>As a setting of the server.</summary>
    public (string Name, string Value) Setting => ("ConnectionStrings__Redis", $"127.0.0.1:{Port}");

    public static async Task<RedisServer> StartNewAsync()
    {
        var redis = new RedisServer();
        await redis.StartAsync();
        return redis;
    }

    /// <summary>Starts it, empty or with its snapshot, and waits until it answers.</summary>
    public async Task StartAsync(bool fromSnapshot = false)
    {
        File.Delete(DumpFile);
        if (fromSnapshot) File.Copy(SnapshotFile, DumpFile);
        var start = new ProcessStartInfo("redis-server")
        {
            WorkingDirectory = _folder,
            UseShellExecute = false,
            // Its own pipes: it must not hold those of the tests open.
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { "--bind", "127.0.0.1", "--port", $"{Port}", "--save", "", "--appendonly", "no" },
        };
        _process = Process.Start(start) ?? throw new InvalidOperationException("redis-server did not start.");
        _process.OutputDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await Eventually.IsTrueAsync(AnswersAsync, $"redis-server answers on port {Port}");
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        if (_process is null) return;
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGSTOP: connections stay open, nothing answers.</summary>
    public void Freeze() => Signals.Send(_process!.Id, Signals.Stop);

    public void Thaw() => Signals.Send(_process!.Id, Signals.Continue);

    public async Task<IDatabase> DatabaseAsync() => (await ConnectAsync()).GetDatabase();

    public async Task<List<RedisKey>> KeysAsync()
    {
        var keys = new List<RedisKey>();
        await foreach (var key in (await ConnectAsync()).GetServer("127.0.0.1", Port).KeysAsync(pageSize: 1_000)) keys.Add(key);
        return keys;
    }

    /// <summary>Keeps what it holds now, for <see cref="StartAsync"/>.</summary>
    public async Task SaveSnapshotAsync()
    {
        await (await ConnectAsync()).GetServer("127.0.0.1", Port).ExecuteAsync("SAVE");
        File.Move(DumpFile, SnapshotFile, overwrite: true);
    }

    public async Task FlushAllAsync() => await (await ConnectAsync()).GetServer("127.0.0.1", Port).FlushAllDatabasesAsync();

    /// <summary>Full: it forgets what it holds to take anything new, and refuses when that does not help.</summary>
    public Task BeginEvictingAsync() => LimitMemoryAsync("1mb");

    public Task EndEvictingAsync() => LimitMemoryAsync("0");

    public async Task ConfigureAsync(string name, string value) => await (await ConnectAsync()).GetServer("127.0.0.1", Port).ConfigSetAsync(name, value);

    /// <summary>From now on; connections that are there stay.</summary>
    public Task RequirePasswordAsync(string password) => ConfigureAsync("requirepass", password);

    /// <summary>All but the test's own.</summary>
    public async Task DropConnectionsAsync()
    {
        var server = (await ConnectAsync()).GetServer("127.0.0.1", Port);
        foreach (var client in await server.ClientListAsync())
        {
            if (client.Name == "keyservice") await server.ClientKillAsync(client.Id);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null) await _connection.DisposeAsync();
        // SIGKILL ends a stopped process too.
        await KillAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task LimitMemoryAsync(string limit)
    {
        var server = (await ConnectAsync()).GetServer("127.0.0.1", Port);
        await server.ConfigSetAsync("maxmemory-policy", "allkeys-random");
        await server.ConfigSetAsync("maxmemory", limit);
    }

    private async Task<IConnectionMultiplexer> ConnectAsync() =>
        _connection ??= await ConnectionMultiplexer.ConnectAsync($"127.0.0.1:{Port},allowAdmin=true,abortConnect=false");

    private async Task<bool> AnswersAsync()
    {
        if (_process!.HasExited) throw new InvalidOperationException($"redis-server ended with exit code {_process.ExitCode}.");
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port);
            await client.GetStream().WriteAsync("PING\r\n"u8.ToArray());
            var answer = new byte[7];
            await client.GetStream().ReadExactlyAsync(answer);
            return answer.AsSpan().SequenceEqual("+PONG\r\n"u8);
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            return false;
        }
    }
}
