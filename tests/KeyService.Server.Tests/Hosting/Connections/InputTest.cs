using System.IO.Pipelines;
using KeyService.Server.Hosting.Connections;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Hosting.Connections;

/// <summary>What the tests of input in turns share: one turn, on fake time, and inputs with the same content.</summary>
public abstract class InputTest
{
    private protected static readonly byte[] Sent = [.. Enumerable.Range(0, (3 * InputInTurns.SliceLength) + 100).Select(i => (byte)(i % 251))];

    private protected InputTest() => Turns = new(1, Time);

    private protected FakeTimeProvider Time { get; } = new();

    private protected InputTurns Turns { get; }

    private protected async Task EndTurnsAsync()
    {
        var next = await SendAsync(Sent);
        (await next.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30))).Buffer.Length.ShouldBe(InputInTurns.SliceLength);
    }

    private protected async Task<InputInTurns> SendAsync(byte[] sent)
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(sent);
        await pipe.Writer.CompleteAsync();
        return new(pipe.Reader, Turns);
    }
}
