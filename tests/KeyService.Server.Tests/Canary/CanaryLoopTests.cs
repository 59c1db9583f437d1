using KeyService.Server.Canary;
using KeyService.Server.Observability;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Canary;

/// <summary>Whatever happens to a round, the process goes on, and stops when it is told to.</summary>
public class CanaryLoopTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly CanaryRig _rig = new();
    private readonly Lifetime _lifetime = new();

    [Fact]
    public async Task A_round_that_fails_is_counted_each_time_and_logged_once()
    {
        using var loop = Loop();
        _rig.Key.IsAway = true;
        await RoundAsync(loop);
        await RoundAsync(loop);
        _rig.Key.IsAway = false;
        await RoundAsync(loop);
        _rig.Key.IsAway = true;
        await RoundAsync(loop);

        _rig.Metrics.Count(RoundOutcome.Failed).ShouldBe(3);
        _rig.Metrics.Count(RoundOutcome.StoodBy).ShouldBe(1);
        _rig.Log.Lines.ShouldHaveSingleItem().Level.ShouldBe(LogLevel.Warning);
        _rig.Log.Lines[0].Text.ShouldContain("gone");
    }

    [Fact]
    public async Task A_row_whose_beat_stood_still_for_its_lease_is_not_asked()
    {
        using var loop = Loop();
        // Looks a second apart, as the feed makes them: a longer gap would give each row its time again.
        for (var i = 0; i < 31; i++)
        {
            await RoundAsync(loop, CanaryRig.Row("a"), i < 30 ? CanaryRig.Row("b") : CanaryRig.Row("new"));
            _rig.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var asked = _rig.Replica("a").Asked;
        await RoundAsync(loop, CanaryRig.Row("a"), CanaryRig.Row("new"));

        _rig.Replica("a").Asked.ShouldBe(asked);
        _rig.Replica("a").IsClosed.ShouldBeTrue();
        _rig.Replica("new").IsClosed.ShouldBeFalse();
    }

    [Fact]
    public async Task When_the_process_begins_to_stop_the_loop_ends_at_once()
    {
        using var loop = Loop();
        await loop.StartAsync(CancellationToken.None);
        (await _rig.Time.NextTimerAsync()).ShouldBe(TimeSpan.FromSeconds(30));
        _rig.Time.Advance(TimeSpan.FromSeconds(30));
        // The database is slow to say who is there.
        await _rig.Store.Looks.NextAsync();

        _lifetime.StopApplication();

        await loop.ExecuteTask!.WaitAsync(Patience);
        _rig.Log.Lines.ShouldBeEmpty();
    }

    private CanaryLoop Loop() => new(_rig.Round, _rig.Table, new(), _lifetime, _rig.Time, _rig.Metrics, _rig.Log, Samples.Metrics(_rig.Time));

    private async Task RoundAsync(CanaryLoop loop, params ReplicaRow[] rows)
    {
        _rig.Time.Advance(PropagationRig.LookTime);
        var round = loop.RunAsync(CancellationToken.None);
        (await _rig.Store.Looks.NextAsync()).Answers(new(0, Samples.Epoch, _rig.Time.GetUtcNow(), rows));
        await round.WaitAsync(Patience);
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        private readonly CancellationTokenSource _stopping = new();

        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => _stopping.Token;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication() => _stopping.Cancel();
    }
}
