using System.Threading.Channels;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Fakes;

/// <summary>
/// A database whose answers the test gives, one by one. Each read waits in <see cref="NextReadAsync"/> until the test settles it, so
/// nothing is left to timing.
/// </summary>
internal sealed class FakeEngine : IStorageEngine
{
    /// <summary>Only a test that fails waits for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<Read> _reads = Channel.CreateUnbounded<Read>();
    private int _count;

    public string Name => "fake";

    public IReplicationStore Replication => throw new NotSupportedException();

    /// <summary>When set, reads are answered from it at once.</summary>
    public Func<byte[], ApiKeyRow?>? Rows { get; set; }

    /// <summary>What a flush of last-used times does.</summary>
    public Func<string, Task> OnFlush { get; set; } = _ => Task.CompletedTask;

    /// <summary>What opening a context for management throws.</summary>
    public Func<Exception> OnCreateContext { get; set; } = () => new NotSupportedException();

    public int ScanCount { get; private set; }

    public int ReadCount => Volatile.Read(ref _count);

    public Task<Read> NextReadAsync() => _reads.Reader.ReadAsync().AsTask().WaitAsync(Patience);

    public Task<ApiKeyRow?> FindKeyAsync(byte[] digest, CancellationToken cancellation)
    {
        Interlocked.Increment(ref _count);
        if (Rows is { } rows) return Task.FromResult(rows(digest));
        var read = new Read();
        _reads.Writer.TryWrite(read).ShouldBeTrue();
        return read.Answer;
    }

    public Task FlushUsageAsync(string usesJson, CancellationToken cancellation) => OnFlush(usesJson);

    public KeyDbContext CreateContext() => throw OnCreateContext();

    public KeyDbContext CreateLookupContext() => throw new NotSupportedException();

    public Task<T> RunReadAsync<T>(Func<Task<T>> read, CancellationToken cancellation) => read();

    public Task<T> RunScanAsync<T>(Func<Task<T>> scan, CancellationToken cancellation)
    {
        ScanCount++;
        return scan();
    }

    public Task<T> RunWriteAsync<T>(Func<Task<T>> write, CancellationToken cancellation) => write();

    public ValueTask<IDisposable> EnterWriteAsync(CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        return new(new MemoryStream());
    }

    public Task<AuditHeadRow?> LockAuditHeadAsync(KeyDbContext context, string workspaceId, CancellationToken cancellation) => throw new NotSupportedException();

    public Task StampRevisionAsync(KeyDbContext context, ApiKeyRow key, CancellationToken cancellation) => throw new NotSupportedException();

    public Task PingAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task CheckSettingsAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task MigrateAsync(CancellationToken cancellation) => throw new NotSupportedException();

    public Task<IAsyncDisposable> EnterStartAsync(CancellationToken cancellation) => throw new NotSupportedException();


    /// <summary>A read under way.</summary>
    internal sealed class Read
    {
        private readonly TaskCompletionSource<ApiKeyRow?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<ApiKeyRow?> Answer => _answer.Task;

        public void Finds(ApiKeyRow? row) => _answer.SetResult(row);

        public void Fails(Exception exception) => _answer.SetException(exception);
    }
}
