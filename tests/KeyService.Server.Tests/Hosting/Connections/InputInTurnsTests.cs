using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

public class InputInTurnsTests
{
    private static readonly byte[] Sent = [.. Enumerable.Range(0, (3 * InputInTurns.SliceLength) + 100).Select(i => (byte)(i % 251))];

    private readonly InputTurns _turns = new(1);

    [Fact]
    public async Task Long_input_is_read_in_slices_and_ends()
    {
        var input = await SendAsync(Sent);

        var received = new List<byte>();
        var lengths = new List<long>();
        while (true)
        {
            var read = await input.ReadAsync();
            lengths.Add(read.Buffer.Length);
            foreach (var part in read.Buffer) received.AddRange(part.Span);
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted) break;
        }

        received.ShouldBe(Sent);
        lengths.ShouldBe([InputInTurns.SliceLength, InputInTurns.SliceLength, InputInTurns.SliceLength, 100]);
    }

    /// <summary>Its time must not grow with a turn for each slice.</summary>
    [Fact]
    public async Task A_body_is_not_cut_into_slices()
    {
        var input = await SendAsync(new byte[InputInTurns.BodyLength + 1]);

        var read = await input.ReadAsync();

        read.Buffer.Length.ShouldBe(InputInTurns.BodyLength + 1);
    }

    /// <summary>What is examined and not consumed comes again with more, or the reader would wait for ever.</summary>
    [Fact]
    public async Task A_reader_that_needs_more_than_a_slice_gets_more()
    {
        var input = await SendAsync(Sent);

        var lengths = new List<long>();
        ReadResult read;
        do
        {
            read = await input.ReadAsync();
            lengths.Add(read.Buffer.Length);
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
        while (!read.IsCompleted);

        lengths.ShouldBe([InputInTurns.SliceLength, 2 * InputInTurns.SliceLength, 3 * InputInTurns.SliceLength, Sent.Length]);
    }

    [Fact]
    public async Task Short_input_is_read_while_another_has_the_turn()
    {
        _turns.Take(new(new Pipe().Reader, _turns)).ShouldBe(InputTurn.Now);
        var input = await SendAsync(Sent[..InputInTurns.ShortLength]);

        var read = await input.ReadAsync();

        read.Buffer.Length.ShouldBe(InputInTurns.ShortLength);
    }

    [Fact]
    public async Task Long_input_waits_for_the_turn_of_another()
    {
        _turns.Take(new(new Pipe().Reader, _turns)).ShouldBe(InputTurn.Now);
        var input = await SendAsync(Sent);
        var reading = input.ReadAsync().AsTask();
        await DeliberateDelay.ForAsync(50, "that it is read would show soon");
        reading.IsCompleted.ShouldBeFalse();

        _turns.Release();

        (await reading).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    /// <summary>Connections that are closed while they wait stay in the queue until their turn: it must not grow with them.</summary>
    [Fact]
    public async Task Where_too_many_wait_input_is_read_without_a_turn()
    {
        _turns.Take(new(new Pipe().Reader, _turns)).ShouldBe(InputTurn.Now);
        var waiting = new List<Task<ReadResult>>();
        for (var i = 0; i < InputTurns.MostWaiting; i++) waiting.Add((await SendAsync(Sent)).ReadAsync().AsTask());

        var input = await SendAsync(Sent);
        var read = await input.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        read.Buffer.Length.ShouldBe(Sent.Length);
        waiting.ShouldAllBe(task => !task.IsCompleted);
        input.AdvanceTo(read.Buffer.End);
        _turns.Release();
        foreach (var one in waiting) (await one.WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
        var next = await SendAsync(Sent);
        (await next.ReadAsync()).Buffer.Length.ShouldBe(InputInTurns.SliceLength, "a turn again");
    }

    /// <summary>The task of a connection that Kestrel gives up never reads again.</summary>
    [Fact]
    public async Task A_reader_that_never_comes_back_keeps_no_turn()
    {
        var abandoned = await SendAsync(Sent);
        await abandoned.ReadAsync();

        var next = await SendAsync(Sent);
        var read = await next.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30));

        read.Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    [Fact]
    public async Task Many_inputs_at_a_time_are_all_read_to_their_end()
    {
        var turns = new InputTurns(2);
        var sums = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Task.Run(async () =>
        {
            var pipe = new Pipe();
            var input = new InputInTurns(pipe.Reader, turns);
            var sending = Task.Run(async () =>
            {
                for (var i = 0; i < 50; i++) await pipe.Writer.WriteAsync(Sent);
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

    [Fact]
    public async Task A_failed_input_fails_the_read_that_waits_for_it()
    {
        var pipe = new Pipe();
        var read = new InputInTurns(pipe.Reader, _turns).ReadAsync().AsTask();

        await pipe.Writer.CompleteAsync(new IOException("reset"));

        await Should.ThrowAsync<IOException>(read);
    }

    private async Task<InputInTurns> SendAsync(byte[] sent)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(sent);
        await pipe.Writer.CompleteAsync();
        return new(pipe.Reader, _turns);
    }
}
