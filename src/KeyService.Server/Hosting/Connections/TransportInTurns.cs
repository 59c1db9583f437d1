using System.IO.Pipelines;

namespace KeyService.Server.Hosting.Connections;

/// <summary>A connection whose input is read by <see cref="InputInTurns"/>.</summary>
internal sealed class TransportInTurns(IDuplexPipe transport, ProcessTurns turns, AnonymousInput anonymous) : IDuplexPipe
{
    PipeReader IDuplexPipe.Input => Input;

    public InputInTurns Input { get; } = new(transport.Input, turns, anonymous);

    public PipeWriter Output { get; } = transport.Output;
}
