using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;

namespace KeyService.Server.Tests.Hosting.Connections;

public class InputSlicesTests
{
    private static readonly byte[] Sent = [.. Enumerable.Range(0, (3 * InputSlices.Length) + 100).Select(i => (byte)(i % 251))];

    private readonly Pipe _pipe = new();

    [Fact]
    public async Task A_process_that_has_time_reads_all_there_is()
    {
        var input = new InputSlices(_pipe.Reader, () => false);
        await SendAsync();

        var read = await input.ReadAsync();

        read.Buffer.Length.ShouldBe(Sent.Length);
        read.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public async Task A_busy_one_reads_slices_and_then_the_end()
    {
        var input = new InputSlices(_pipe.Reader, () => true);
        await SendAsync();

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
        lengths.ShouldBe([InputSlices.Length, InputSlices.Length, InputSlices.Length, 100]);
    }

    /// <summary>What is examined and not consumed comes again with more, or the reader would wait for ever.</summary>
    [Fact]
    public async Task A_reader_that_needs_more_than_a_slice_gets_more()
    {
        var input = new InputSlices(_pipe.Reader, () => true);
        await SendAsync();

        var lengths = new List<long>();
        ReadResult read;
        do
        {
            read = await input.ReadAsync();
            lengths.Add(read.Buffer.Length);
            input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
        while (!read.IsCompleted);

        lengths.ShouldBe([InputSlices.Length, 2 * InputSlices.Length, 3 * InputSlices.Length, Sent.Length]);
    }

    [Fact]
    public async Task A_failed_input_fails_the_read_that_waits_for_it()
    {
        var input = new InputSlices(_pipe.Reader, () => true);
        var read = input.ReadAsync().AsTask();

        await _pipe.Writer.CompleteAsync(new IOException("reset"));

        await Should.ThrowAsync<IOException>(read);
    }

    private async Task SendAsync()
    {
        await _pipe.Writer.WriteAsync(Sent);
        await _pipe.Writer.CompleteAsync();
    }
}
