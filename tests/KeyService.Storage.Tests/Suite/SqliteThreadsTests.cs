using KeyService.Server.Keys;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Which threads the embedded engine works on.</summary>
public sealed class SqliteThreadsTests() : StoreTests(Engine.Sqlite), IDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly ManualResetEventSlim _end = new();
    private readonly SemaphoreSlim _begun = new(0);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _begun.Dispose();
        _end.Dispose();
    }

    [Fact]
    public async Task Scans_of_one_caller_hold_no_thread_of_reads_look_ups_and_scans_of_others()
    {
        var key = (await CreateAsync(Request())).Key;
        var digest = await Store.WithContextAsync(context => context.KeySecrets.Select(secret => secret.Digest).SingleAsync(Cancellation));
        var engine = Store.NewEngine();
        // More than there are threads of any kind: some of them wait for a turn.
        var scans = Enumerable.Range(0, (2 * Environment.ProcessorCount) + 2).Select(_ => As("scanner", () => engine.RunScanAsync(HoldAsync, Cancellation))).ToList();
        try
        {
            // One caller has half of the scan threads.
            for (var i = 0; i < Math.Max(2, Environment.ProcessorCount / 2) / 2; i++) (await _begun.WaitAsync(Bound, Cancellation)).ShouldBeTrue();

            (await engine.FindKeyAsync(digest, Cancellation).WaitAsync(Bound, Cancellation))!.KeyId.ShouldBe(key.KeyId);
            (await As("other", () => engine.RunReadAsync(() => Task.FromResult("read"), Cancellation)).WaitAsync(Bound, Cancellation)).ShouldBe("read");
            (await As("scanner", () => engine.RunReadAsync(() => Task.FromResult("own read"), Cancellation)).WaitAsync(Bound, Cancellation)).ShouldBe("own read");
            (await As("other", () => engine.RunScanAsync(() => Task.FromResult("scan"), Cancellation)).WaitAsync(Bound, Cancellation)).ShouldBe("scan");
        }
        finally
        {
            _end.Set();
            // Those that waited for too long are refused.
            foreach (var scan in scans) await scan.ContinueWith(_ => { }, Cancellation, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        }
    }

    /// <summary>Works on the thread, as SQLite does.</summary>
    private Task<string> HoldAsync()
    {
        _begun.Release();
        _end.Wait(Cancellation);
        return Task.FromResult("held");
    }

    private static async Task<T> As<T>(string caller, Func<Task<T>> run)
    {
        CurrentCaller.Id = caller;
        return await run();
    }
}
