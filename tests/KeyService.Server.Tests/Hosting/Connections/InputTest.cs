using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Hosting.Connections;

/// <summary>What the tests of input in turns share: one turn, on fake time, and inputs with the same content.</summary>
public abstract class InputTest
{
    private protected static readonly byte[] Sent =
        [.. Enumerable.Range(0, (3 * InputSlices.SliceLength) + 100).Select(i => (byte)(i % 251))];

    private protected InputTest() => All = new(new(1, InputTurns.LongestWait, Time), new(1, longestWait: null, Time));

    private protected FakeTimeProvider Time { get; } = new();

    private protected ProcessTurns All { get; }

    private protected InputTurns Turns => All.Authenticated;

    private protected async Task EndTurnsAsync()
    {
        var next = await SendAsync(Sent);
        (await next.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputSlices.SliceLength);
    }

    private protected async Task<InputInTurns> SendAsync(byte[] sent)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(sent);
        await pipe.Writer.CompleteAsync();
        return Input(pipe);
    }

    /// <summary>Of an authenticated connection.</summary>
    private protected InputInTurns Input(Pipe pipe) => new(pipe.Reader, All, new(AnonymousInput.OfFrames, () => true, Time));
}
