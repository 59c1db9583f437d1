using System.Buffers;
using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

public class InputTurnsTests : InputTest
{
    /// <summary>Kestrel takes at most 4 KiB of it at a time over HTTP/2: not each of them waits for a turn of its own.</summary>
    [Fact]
    public Task A_turn_goes_on_with_the_rest_of_a_body() =>
        ShouldGoOnAsync(new byte[4 * InputSlices.BodyLength], read => read.GetPosition(4096));

    [Fact]
    public async Task Short_input_is_read_while_another_has_the_turn()
    {
        Turns.Take(new()).ShouldBeTrue();
        var input = await SendAsync(Sent[..InputSlices.ShortLength]);

        var read = await input.ReadAsync();

        read.Buffer.Length.ShouldBe(InputSlices.ShortLength);
    }

    [Fact]
    public async Task Long_input_waits_for_the_turn_of_another()
    {
        Turns.Take(new()).ShouldBeTrue();
        var input = await SendAsync(Sent);
        var reading = input.ReadAsync().AsTask();
        await DeliberateDelay.ForAsync(50, "that it is read would show soon");
        reading.IsCompleted.ShouldBeFalse();

        Turns.Release();

        (await reading).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    /// <summary>Its calls find their objects in the processor's caches.</summary>
    [Fact]
    public Task A_turn_takes_the_slices_that_are_there_before_another_input() =>
        ShouldGoOnAsync(Sent, read => read.End);

    /// <summary>
    /// A client that keeps its input long must not keep the turn. Where the system stops a thread, a turn ends early, or its
    /// end is seen late: of 500 turns, about half take eight slices, and without the rule about half take more.
    /// </summary>
    [Fact]
    public async Task A_turn_ends_after_eight_slices_while_there_is_more_input()
    {
        var lengths = new List<int>();
        for (var i = 0; i < 500; i++)
        {
            var pipe = new Pipe();
            var input = Input(pipe);
            await pipe.Writer.WriteAsync(new byte[4 * InputSlices.SliceLength]);
            var read = await input.ReadAsync();
            var other = (await SendAsync(Sent)).ReadAsync().AsTask();
            var slices = 0;
            while (!other.IsCompleted && slices < 50)
            {
                slices++;
                await pipe.Writer.WriteAsync(new byte[InputSlices.SliceLength]);
                input.AdvanceTo(read.Buffer.End);
                read = await input.ReadAsync();
            }

            lengths.Add(slices);
            await pipe.Writer.CompleteAsync();
            await other.WaitAsync(TimeSpan.FromSeconds(30));
            await EndTurnsAsync();
        }

        var longer = lengths.Count(length => length > InputInTurns.MostReads);
        longer.ShouldBeLessThan(lengths.Count(length => length == InputInTurns.MostReads));
    }

    /// <summary>
    /// Where the thread pool is full, turns are long. The wait is limited, and with it the queue, in which a closed connection stays until its turn.
    /// </summary>
    [Fact]
    public async Task Input_that_waits_too_long_gets_a_turn_beyond_the_limit()
    {
        Turns.Take(new()).ShouldBeTrue();
        var late = (await SendAsync(Sent)).ReadAsync().AsTask();
        Time.Advance(InputTurns.LongestWait);

        var next = (await SendAsync(Sent)).ReadAsync().AsTask();

        (await late.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputSlices.SliceLength);
        next.IsCompleted.ShouldBeFalse("two turns are taken of one");
        Turns.Release();
        (await next.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    [Fact]
    public async Task A_failed_input_ends_its_turn()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Sent);
        var failing = Input(pipe);
        var read = await failing.ReadAsync();
        failing.AdvanceTo(read.Buffer.End);
        var again = failing.ReadAsync().AsTask();
        await pipe.Writer.CompleteAsync(new IOException("reset"));
        try
        {
            while (true)
            {
                read = await again;
                failing.AdvanceTo(read.Buffer.End);
                again = failing.ReadAsync().AsTask();
            }
        }
        catch (IOException)
        {
        }

        await EndTurnsAsync();
    }

    /// <summary>The task of a connection that Kestrel gives up never reads again.</summary>
    [Fact]
    public async Task A_reader_that_never_comes_back_keeps_no_turn()
    {
        var abandoned = await SendAsync(Sent);
        await abandoned.ReadAsync();

        var next = await SendAsync(Sent);
        var read = await next.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        read.Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    [Fact]
    public async Task Many_inputs_at_aTime_are_all_read_to_their_end()
    {
        var turns = new InputTurns(2, InputTurns.LongestWait, TimeProvider.System);
        var sums = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
        {
            var pipe = new Pipe();
            var anonymous = new AnonymousInput(AnonymousInput.OfFrames, () => i % 2 == 0, TimeProvider.System);
            var input = new InputInTurns(pipe.Reader, new(turns, turns), anonymous);
            var sending = Task.Run(async () =>
            {
                for (var sent = 0; sent < 50; sent++) await pipe.Writer.WriteAsync(Sent);
                await pipe.Writer.CompleteAsync();
            });
            long sum = 0;
            ReadResult read;
            do
            {
                read = await input.ReadAsync();
                sum += read.Buffer.Length;
                input.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);
            await sending;
            return sum;
        })));

        sums.ShouldAllBe(sum => sum == 50L * Sent.Length);
    }

    /// <summary>
    /// After a part of its input, the same reader is served before another input. A reader that comes back late has lost its turn, so this
    /// counts how often it is in time. If turns ended with each read, the other would be first, except where the system stops a thread
    /// between two steps.
    /// </summary>
    private async Task ShouldGoOnAsync(byte[] sent, Func<ReadOnlySequence<byte>, SequencePosition> taken)
    {
        var first = 0;
        for (var i = 0; i < 2000 && first < 20; i++)
        {
            var input = await SendAsync(sent);
            var read = await input.ReadAsync();
            var other = (await SendAsync(Sent)).ReadAsync().AsTask();
            input.AdvanceTo(taken(read.Buffer));
            if (!other.IsCompleted) await input.ReadAsync();
            if (!other.IsCompleted) first++;
            await other.WaitAsync(TimeSpan.FromSeconds(30));
            await EndTurnsAsync();
        }

        first.ShouldBe(20);
    }
}
