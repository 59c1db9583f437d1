using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Lookup;

/// <summary>Who has 200 ms left has three quarters of them, 150 ms, for waiting and reading.</summary>
public sealed class ReadGateTests
{
    private static readonly TimeSpan Left = TimeSpan.FromMilliseconds(200);

    private readonly TimerWatch _time = new(Samples.Now);
    private readonly ReadGate _gate;

    public ReadGateTests() => _gate = new(_time);

    [Fact]
    public async Task As_many_reads_as_it_allows_are_in_flight_and_the_next_wait_in_turn()
    {
        var inFlight = await FillAsync();

        var first = Enter();
        var second = Enter();
        (first.IsCompleted, second.IsCompleted).ShouldBe((false, false));

        inFlight[0].Dispose();
        (await first.WaitAsync(TimeSpan.FromSeconds(5))).ShouldNotBeNull();
        second.IsCompleted.ShouldBeFalse();
    }

    [Theory]
    [InlineData(10, 896)]
    [InlineData(100, 32)]
    [InlineData(140, 4)]
    [InlineData(200, 0)]
    public async Task As_many_wait_as_will_be_answered_in_time_and_all_others_are_told_at_once(int readMilliseconds, int places)
    {
        await ReadAtPaceAsync(readMilliseconds);
        await FillAsync();

        var waiting = Enumerable.Range(0, places).Select(_ => Enter()).ToList();
        waiting.ShouldAllBe(turn => !turn.IsCompleted);
        var refused = Enter();

        refused.IsCompleted.ShouldBeTrue();
        (await refused).ShouldBeNull();
    }

    /// <summary>As a change does, whose credential must not be refused because validations are.</summary>
    [Fact]
    public async Task Whoever_waits_longer_gets_in_where_others_would_be_late()
    {
        await ReadAtPaceAsync(200);
        var inFlight = await FillAsync();
        (await Enter()).ShouldBeNull();

        var patient = _gate.EnterAsync(TimeSpan.FromSeconds(10), CancellationToken.None).AsTask();

        patient.IsCompleted.ShouldBeFalse("it waits for its turn");
        inFlight[0].Dispose();
        (await patient.WaitAsync(TimeSpan.FromSeconds(5))).ShouldNotBeNull();
    }

    [Fact]
    public async Task Who_was_refused_holds_no_place()
    {
        await ReadAtPaceAsync(200);
        var inFlight = await FillAsync();
        for (var i = 0; i < 1_000; i++) (await Enter()).ShouldBeNull();

        inFlight[0].Dispose();
        (await Enter()).ShouldNotBeNull();
    }

    /// <summary>Reads outlive their callers: few calls fill the gate while the database is silent.</summary>
    [Fact]
    public async Task Reads_of_which_none_is_answered_for_a_second_are_an_outage_and_not_too_many_calls()
    {
        await ReadAtPaceAsync(200);
        _time.Advance(TimeSpan.FromMinutes(1));
        _gate.IsStalled.ShouldBeFalse("no read is under way");
        var inFlight = await FillAsync();
        (await Enter()).ShouldBeNull();
        _gate.IsStalled.ShouldBeFalse("they have just begun");

        _time.Advance(TimeSpan.FromMilliseconds(1_001));
        _gate.IsStalled.ShouldBeTrue();
        // As a command of SQL Server does after its timeout.
        inFlight[0].Dispose();
        _gate.IsStalled.ShouldBeTrue("a read that failed is no answer");

        inFlight[1].Answered();
        inFlight[1].Dispose();
        _gate.IsStalled.ShouldBeFalse("one was answered");
    }

    [Fact]
    public async Task An_outage_goes_on_when_all_its_reads_have_failed_and_others_begin()
    {
        await ReadAtPaceAsync(200);
        foreach (var read in await FillAsync())
        {
            _time.Advance(TimeSpan.FromMilliseconds(40));
            read.Dispose();
        }

        var next = await FillAsync();
        _gate.IsStalled.ShouldBeTrue();

        next[0].Answered();
        _gate.IsStalled.ShouldBeFalse();
    }

    [Fact]
    public async Task A_database_that_was_slow_once_is_asked_again()
    {
        await ReadAtPaceAsync(10_000);
        await ReadAtPaceAsync(10);
        await FillAsync();

        Enter().IsCompleted.ShouldBeFalse("it waits for its turn");
    }

    [Fact]
    public async Task Not_even_fast_reads_have_a_queue_without_end()
    {
        await FillAsync();
        for (var i = 0; i < 2_000; i++) Enter().IsCompleted.ShouldBeFalse();

        (await Enter()).ShouldBeNull();
    }

    [Fact]
    public async Task Who_goes_away_leaves_the_queue()
    {
        await ReadAtPaceAsync(140);
        await FillAsync();
        using var gone = new CancellationTokenSource();
        var queued = Enumerable.Range(0, 4).Select(_ => _gate.EnterAsync(Left, gone.Token).AsTask()).ToList();
        (await Enter()).ShouldBeNull();
        await gone.CancelAsync();

        foreach (var waiting in queued) await Should.ThrowAsync<OperationCanceledException>(waiting);
        Enter().IsCompleted.ShouldBeFalse("there is room to wait again");
    }

    /// <summary>Reads of 100 ms: the flood's 32 would be answered in 150 ms, and a 33rd would not; another caller's is next.</summary>
    [Fact]
    public async Task A_caller_that_fills_its_queue_does_not_keep_others_out_of_theirs()
    {
        await ReadAtPaceAsync(100);
        CurrentCaller.Id = "flood";
        var inFlight = await FillAsync();
        var waiting = Enumerable.Range(0, 32).Select(_ => Enter()).ToList();
        (await Enter()).ShouldBeNull();

        CurrentCaller.Id = "other";
        var other = Enter();
        other.IsCompleted.ShouldBeFalse("it waits for its turn");
        foreach (var turn in inFlight.Take(2)) turn.Dispose();

        (await other.WaitAsync(TimeSpan.FromSeconds(5))).ShouldNotBeNull();
        await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(5));
        waiting.Count(each => each.IsCompleted).ShouldBe(1);
    }

    private async Task<List<ReadGate.Turn>> FillAsync()
    {
        List<ReadGate.Turn> inFlight = [];
        for (var i = 0; i < ReadGate.Reads; i++) inFlight.Add((await Enter().WaitAsync(TimeSpan.Zero)).ShouldNotBeNull());
        return inFlight;
    }

    /// <summary>So many reads that nothing else is remembered.</summary>
    private async Task ReadAtPaceAsync(int milliseconds)
    {
        for (var i = 0; i < 400; i++)
        {
            using var turn = (await Enter()).ShouldNotBeNull();
            _time.Advance(TimeSpan.FromMilliseconds(milliseconds));
            turn.Answered();
        }
    }

    private Task<ReadGate.Turn?> Enter() => _gate.EnterAsync(Left, CancellationToken.None).AsTask();
}
