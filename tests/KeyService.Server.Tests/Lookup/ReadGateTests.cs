using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Tests.Lookup;

public sealed class ReadGateTests : IDisposable
{
    private readonly ReadGate _gate = new();

    [Fact]
    public async Task As_many_reads_as_it_allows_are_in_flight_and_the_next_waits_for_one_to_end()
    {
        List<IDisposable> inFlight = [];
        for (var i = 0; i < ReadGate.Reads; i++) inFlight.Add(await Enter().AsTask().WaitAsync(TimeSpan.Zero));

        var first = Enter().AsTask();
        var second = Enter().AsTask();
        (first.IsCompleted, second.IsCompleted).ShouldBe((false, false));

        inFlight[0].Dispose();
        using var _ = await second;
        first.IsCompleted.ShouldBeFalse("who came last is let in first: who came first has the least of its budget left");
    }

    [Fact]
    public async Task When_the_queue_is_full_who_has_waited_longest_is_told_at_once()
    {
        for (var i = 0; i < ReadGate.Reads; i++) await Enter();
        var queued = Enumerable.Range(0, 2_000).Select(_ => Enter().AsTask()).ToList();
        queued.ShouldAllBe(waiting => !waiting.IsCompleted);

        var newest = Enter().AsTask();

        await Should.ThrowAsync<StoreUnavailableException>(queued[0].WaitAsync(TimeSpan.FromSeconds(5)));
        queued.Skip(1).Append(newest).ShouldAllBe(waiting => !waiting.IsCompleted);
    }

    [Fact]
    public async Task Who_goes_away_leaves_the_queue()
    {
        for (var i = 0; i < ReadGate.Reads; i++) await Enter();
        using var gone = new CancellationTokenSource();
        var queued = Enumerable.Range(0, 2_000).Select(_ => _gate.EnterAsync(gone.Token).AsTask()).ToList();
        await gone.CancelAsync();

        foreach (var waiting in queued) await Should.ThrowAsync<OperationCanceledException>(waiting);
        Enter().IsCompleted.ShouldBeFalse("there is room to wait again");
    }

    public void Dispose() => _gate.Dispose();

    private ValueTask<IDisposable> Enter() => _gate.EnterAsync(CancellationToken.None);
}
