using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

public class InputInTurnsTests : InputTest
{
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
        lengths.ShouldBe([InputSlices.SliceLength, InputSlices.SliceLength, InputSlices.SliceLength, 100]);
    }

    /// <summary>Its time must not grow with a turn for each slice.</summary>
    [Fact]
    public async Task A_body_is_not_cut_into_slices()
    {
        var input = await SendAsync(new byte[InputSlices.BodyLength + 1]);

        var read = await input.ReadAsync();

        read.Buffer.Length.ShouldBe(InputSlices.BodyLength + 1);
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

        lengths.ShouldBe([InputSlices.SliceLength, 2 * InputSlices.SliceLength, 3 * InputSlices.SliceLength, Sent.Length]);
    }

    [Fact]
    public async Task A_failed_input_fails_the_read_that_waits_for_it()
    {
        var pipe = new Pipe();
        var read = Input(pipe).ReadAsync().AsTask();

        await pipe.Writer.CompleteAsync(new IOException("reset"));

        await Should.ThrowAsync<IOException>(read);
    }
}
