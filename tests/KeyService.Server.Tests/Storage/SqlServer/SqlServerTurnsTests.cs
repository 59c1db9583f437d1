using KeyService.Server.Keys;
using KeyService.Server.Storage.SqlServer;

namespace KeyService.Server.Tests.Storage.SqlServer;

/// <summary>How the connections of management are divided. Which server they lead to does not matter.</summary>
public class SqlServerTurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly SqlServerEngine _engine = new("Server=none;Database=none", TimeProvider.System);
    private readonly TaskCompletionSource<int> _end = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _running = [];
    private int _begun;

    [Fact]
    public async Task One_callers_scans_leave_connections_for_another_callers_scans_and_all_scans_leave_some_for_look_ups()
    {
        Scan("a", 100);
        var ofOne = _begun;
        Scan("b", 100);
        var ofTwo = _begun;
        Scan("c", 100);

        ofOne.ShouldBe(8);
        ofTwo.ShouldBe(16);
        _begun.ShouldBe(16, "scans have no more connections together");
        foreach (var caller in new[] { "a", "c" })
        {
            CurrentCaller.Id = caller;
            (await _engine.RunReadAsync(() => Task.FromResult(1), CancellationToken.None).WaitAsync(Patience)).ShouldBe(1);
            (await _engine.RunWriteAsync(() => Task.FromResult(2), CancellationToken.None).WaitAsync(Patience)).ShouldBe(2);
        }

        _end.SetResult(0);
        await Task.WhenAll(_running).WaitAsync(Patience);
        _begun.ShouldBe(300);
    }

    [Fact]
    public async Task One_callers_changes_leave_connections_for_another_callers()
    {
        CurrentCaller.Id = "a";
        for (var i = 0; i < 100; i++) _running.Add(_engine.RunWriteAsync(WaitAsync, CancellationToken.None));

        _begun.ShouldBe(24);
        CurrentCaller.Id = "b";
        (await _engine.RunReadAsync(() => Task.FromResult(1), CancellationToken.None).WaitAsync(Patience)).ShouldBe(1);
        _end.SetResult(0);
        await Task.WhenAll(_running).WaitAsync(Patience);
    }

    private void Scan(string caller, int count)
    {
        CurrentCaller.Id = caller;
        for (var i = 0; i < count; i++) _running.Add(_engine.RunScanAsync(WaitAsync, CancellationToken.None));
    }

    private Task<int> WaitAsync()
    {
        Interlocked.Increment(ref _begun);
        return _end.Task;
    }
}
