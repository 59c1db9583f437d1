using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

/// <summary>The input of a connection without a valid credential has turns of its own: it does not delay the input of others.</summary>
public class AnonymousInputTests : InputTest
{
    private readonly Pipe _pipe = new();
    private readonly InputInTurns _input;
    private bool _isAuthenticated;

    public AnonymousInputTests() => _input = new(_pipe.Reader, All, () => _isAuthenticated);

    [Fact]
    public async Task Its_first_bytes_wait_for_no_turn_when_they_are_short()
    {
        All.Anonymous.Take(Input(new())).ShouldBeTrue();
        Turns.Take(Input(new())).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[InputInTurns.ShortLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputInTurns.ShortLength);
    }

    [Fact]
    public async Task What_follows_its_first_bytes_waits_for_a_turn_however_short_it_is()
    {
        await SpendAsync();
        All.Anonymous.Take(Input(new())).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        var reading = _input.ReadAsync().AsTask();
        await DeliberateDelay.ForAsync(50, "that it is read would show soon");
        reading.IsCompleted.ShouldBeFalse();

        All.Anonymous.Release();

        (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(1);
    }

    [Fact]
    public async Task It_takes_no_turn_of_an_authenticated_connection()
    {
        await SpendAsync();
        Turns.Take(Input(new())).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(Sent);

        (await _input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    [Fact]
    public async Task A_turn_is_one_slice()
    {
        await SpendAsync();
        await _pipe.Writer.WriteAsync(new byte[4 * InputInTurns.BodyLength]);
        var read = await _input.ReadAsync();
        var other = new InputInTurns(new Pipe().Reader, All, () => true);
        var isNext = All.Anonymous.Take(other);

        _input.AdvanceTo(read.Buffer.End);
        var next = _input.ReadAsync().AsTask();
        await DeliberateDelay.ForAsync(50, "that it goes on would show soon");

        read.Buffer.Length.ShouldBe(InputInTurns.SliceLength);
        isNext.ShouldBeFalse();
        next.IsCompleted.ShouldBeFalse();
        All.Anonymous.Release();
        (await next.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    /// <summary>Control frames, a hundred times as many as a connection may have calls, would be read at once.</summary>
    [Fact]
    public async Task Its_long_input_is_cut_into_slices_from_the_beginning_also_when_it_is_as_long_as_a_body()
    {
        await _pipe.Writer.WriteAsync(new byte[4 * InputInTurns.BodyLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    [Fact]
    public async Task A_valid_credential_ends_it()
    {
        await SpendAsync();
        All.Anonymous.Take(Input(new())).ShouldBeTrue();
        _isAuthenticated = true;
        await _pipe.Writer.WriteAsync(new byte[InputInTurns.ShortLength]);

        (await _input.ReadAsync()).Buffer.Length.ShouldBe(InputInTurns.ShortLength);
    }

    /// <summary>It limits the queue, in which a closed connection stays.</summary>
    [Fact]
    public async Task Its_wait_is_limited()
    {
        await SpendAsync();
        All.Anonymous.Take(Input(new())).ShouldBeTrue();
        await _pipe.Writer.WriteAsync(new byte[1]);
        var reading = _input.ReadAsync().AsTask();
        Time.Advance(InputTurns.LongestAnonymousWait);

        All.Anonymous.AdmitOverdue();

        (await reading.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(1);
    }

    /// <summary>The bytes that it may send before.</summary>
    private async Task SpendAsync()
    {
        for (var left = InputInTurns.AnonymousLength; left > 0; left -= InputInTurns.SliceLength)
        {
            await _pipe.Writer.WriteAsync(new byte[InputInTurns.SliceLength]);
            _input.AdvanceTo((await _input.ReadAsync()).Buffer.End);
        }
    }
}
