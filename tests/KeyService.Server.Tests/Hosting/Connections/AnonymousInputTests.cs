using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;
using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

/// <summary>The input of a connection without a valid credential has turns of its own: it does not delay the input of others.</summary>
public class AnonymousInputTests : InputTest
{
    private readonly Pipe _pipe = new();
    private readonly InputInTurns _input;
    private bool _isAuthenticated;

    public AnonymousInputTests() => _input = new(_pipe.Reader, All, new(AnonymousInput.OfFrames, () => _isAuthenticated, Time));

    [Fact]
    public async Task Its_first_bytes_wait_for_no_turn_when_they_are_short()
    {
        All.Anonymous.Take(new()).ShouldBeTrue();
        Turns.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[InputSlices.ShortLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputSlices.ShortLength);
    }

    [Fact]
    public async Task What_follows_its_first_bytes_waits_for_a_turn_however_short_it_is()
    {
        await SpendAsync();
        All.Anonymous.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        var reading = _input.ReadAsync().AsTask();
        await ShouldWaitAsync(reading);

        All.Anonymous.Release();

        (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(1);
    }

    [Fact]
    public async Task It_takes_no_turn_of_an_authenticated_connection()
    {
        await SpendAsync();
        Turns.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(Sent);

        (await _input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    [Fact]
    public async Task A_turn_is_one_slice()
    {
        await SpendAsync();
        await _pipe.Writer.WriteAsync(new byte[4 * InputSlices.BodyLength]);
        var read = await _input.ReadAsync();
        var isNext = All.Anonymous.Take(new());

        _input.AdvanceTo(read.Buffer.End);
        var next = _input.ReadAsync().AsTask();

        read.Buffer.Length.ShouldBe(InputSlices.SliceLength);
        isNext.ShouldBeFalse();
        await ShouldWaitAsync(next);
        All.Anonymous.Release();
        (await next.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    /// <summary>Control frames, a hundred times as many as a connection may have calls, would be read at once.</summary>
    [Fact]
    public async Task Its_long_input_is_cut_into_slices_from_the_beginning_also_when_it_is_as_long_as_a_body()
    {
        await _pipe.Writer.WriteAsync(new byte[4 * InputSlices.BodyLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    [Fact]
    public async Task A_valid_credential_ends_it()
    {
        await SpendAsync();
        All.Anonymous.Take(new()).ShouldBeTrue();
        _isAuthenticated = true;
        await _pipe.Writer.WriteAsync(new byte[InputSlices.ShortLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputSlices.ShortLength);
    }

    [Fact]
    public async Task Requests_count_more_than_frames()
    {
        All.Anonymous.Take(new()).ShouldBeTrue();
        var input = new InputInTurns(_pipe.Reader, All, new(AnonymousInput.OfARequest, () => false, Time));
        await ReadAsync(_pipe, input, AnonymousInput.Most / AnonymousInput.OfARequest);
        await _pipe.Writer.WriteAsync(new byte[1]);

        await ShouldWaitAsync(input.ReadAsync().AsTask());
    }

    [Fact]
    public async Task A_probe_is_read_without_a_turn_again_after_a_while()
    {
        await SpendAsync();
        All.Anonymous.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        Time.Advance(TimeSpan.FromSeconds(AnonymousInput.OfFrames / AnonymousInput.ASecond));

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(1);
    }

    [Fact]
    public async Task After_its_socket_is_closed_only_what_it_may_read_without_a_turn_is_read()
    {
        _input.Close();
        await SpendAsync();
        await _pipe.Writer.WriteAsync(new byte[1]);

        // Kestrel reads once more before it gives up: what was read must not be left as under way.
        Should.Throw<ConnectionAbortedException>(() => { _ = _input.ReadAsync(); });
        Should.Throw<ConnectionAbortedException>(() => { _ = _input.ReadAsync(); });
        _input.TryRead(out _).ShouldBeFalse();
    }

    [Fact]
    public async Task A_read_that_waits_for_a_turn_ends_when_its_socket_is_closed()
    {
        await SpendAsync();
        All.Anonymous.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        var reading = _input.ReadAsync().AsTask();

        _input.Close();

        await Should.ThrowAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    /// <summary>Over HTTP/1.1 the requests that are there would be answered, of as many connections as were closed.</summary>
    [Fact]
    public async Task Ended_input_is_not_read()
    {
        await _pipe.Writer.WriteAsync(new byte[1]);

        _input.End();

        Should.Throw<ConnectionAbortedException>(() => { _ = _input.ReadAsync(); });
    }

    [Fact]
    public async Task A_read_that_waits_ends_with_its_input_and_takes_no_turn()
    {
        await SpendAsync();
        All.Anonymous.Take(new()).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        var reading = _input.ReadAsync().AsTask();

        _input.End();

        await Should.ThrowAsync<OperationCanceledException>(() => reading.WaitAsync(TimeSpan.FromSeconds(30)));
        All.Anonymous.Release();
        All.Anonymous.Take(new()).ShouldBeTrue();
    }

    [Fact]
    public async Task A_read_that_has_its_turn_when_its_input_ends_gives_it_back()
    {
        var turns = new InputTurns(1, longestWait: null, Time);
        for (var i = 0; i < 200; i++)
        {
            var pipe = new Pipe();
            var input = new InputInTurns(pipe.Reader, new(Turns, turns), new(AnonymousInput.OfFrames, () => false, Time));
            await ReadAsync(pipe, input, AnonymousInput.Most / AnonymousInput.OfFrames);
            turns.Take(new()).ShouldBeTrue();
            await pipe.Writer.WriteAsync(new byte[1]);
            var reading = input.ReadAsync().AsTask();

            await Task.WhenAll(Task.Run(turns.Release), Task.Run(input.End));

            // It succeeds when it was resumed before.
            await reading.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(TimeSpan.FromSeconds(30));
            await Eventually.IsTrueAsync(() => Task.FromResult(turns.Take(new())), "the turn is free");
            turns.Release();
        }
    }

    private static async Task ShouldWaitAsync(Task reading)
    {
        await DeliberateDelay.ForAsync(50, "that it is read would show soon");
        reading.IsCompleted.ShouldBeFalse();
    }

    private Task SpendAsync() => ReadAsync(_pipe, _input, AnonymousInput.Most / AnonymousInput.OfFrames);

    private static async Task ReadAsync(Pipe pipe, InputInTurns input, int times)
    {
        for (var i = 0; i < times; i++)
        {
            await pipe.Writer.WriteAsync(new byte[1]);
            input.AdvanceTo((await input.ReadAsync()).Buffer.End);
        }
    }
}
