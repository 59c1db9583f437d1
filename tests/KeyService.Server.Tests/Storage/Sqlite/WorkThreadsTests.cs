using KeyService.Server.Storage.Sqlite;

namespace KeyService.Server.Tests.Storage.Sqlite;

public sealed class WorkThreadsTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly WorkThreads _threads = new("test", 2);
    private readonly ManualResetEventSlim _release = new();

    [Fact]
    public async Task No_more_work_at_a_time_than_there_are_threads_and_none_of_the_pool_s()
    {
        using var two = new CountdownEvent(2);
        var blocked = Enumerable.Range(0, 2).Select(_ => Run(() =>
        {
            two.Signal();
            _release.Wait();
            return Thread.CurrentThread.IsThreadPoolThread;
        })).ToList();
        two.Wait(Patience).ShouldBeTrue();
        var third = Run(() => true);

        third.IsCompleted.ShouldBeFalse();

        _release.Set();
        (await Task.WhenAll(blocked).WaitAsync(Patience)).ShouldBe([false, false]);
        (await third.WaitAsync(Patience)).ShouldBeTrue();
    }

    [Fact]
    public async Task Whoever_waited_for_it_goes_on_elsewhere()
    {
        _ = await Task.Run(() => Run(() => 1)).WaitAsync(Patience);

        // On a thread of the work, what comes behind an answer would be in the way of the next.
        await Task.Run(async () =>
        {
            await Run(() => 1).WaitAsync(Patience);
            Thread.CurrentThread.IsThreadPoolThread.ShouldBeTrue();
        });
    }

    [Fact]
    public async Task What_is_cancelled_before_its_turn_is_not_begun()
    {
        var blocked = Enumerable.Range(0, 2).Select(_ => Run(() =>
        {
            _release.Wait();
            return true;
        })).ToList();
        using var gone = new CancellationTokenSource();
        var begun = false;
        var waiting = _threads.RunAsync(() => Task.FromResult(begun = true), gone.Token);

        await gone.CancelAsync();

        _release.Set();
        await Should.ThrowAsync<OperationCanceledException>(waiting.WaitAsync(Patience));
        await Task.WhenAll(blocked).WaitAsync(Patience);
        begun.ShouldBeFalse();
    }

    [Fact]
    public async Task Work_that_waits_holds_no_thread_meanwhile()
    {
        var answer = new TaskCompletionSource<int>();
        var waiting = Enumerable.Range(0, 5).Select(_ => _threads.RunAsync(async () => await answer.Task, CancellationToken.None)).ToList();

        (await Run(() => 7).WaitAsync(Patience)).ShouldBe(7);

        answer.SetResult(1);
        (await Task.WhenAll(waiting).WaitAsync(Patience)).Sum().ShouldBe(5);
    }

    public void Dispose()
    {
        _release.Set();
        _threads.Dispose();
    }

    private Task<T> Run<T>(Func<T> work) => _threads.RunAsync(() => Task.FromResult(work()), CancellationToken.None);
}
