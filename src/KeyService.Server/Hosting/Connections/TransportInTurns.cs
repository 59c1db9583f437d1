using System.IO.Pipelines;

namespace KeyService.Server.Hosting.Connections;

/// <summary>A connection whose input is read by <see cref="InputInTurns"/>.</summary>
internal sealed class TransportInTurns(IDuplexPipe transport, ProcessTurns turns, int ofARead, Func<bool> isAuthenticated) : IDuplexPipe
{
    PipeReader IDuplexPipe.Input => Input;

    public InputInTurns Input { get; } = new(transport.Input, turns, ofARead, isAuthenticated);

    public PipeWriter Output { get; } = transport.Output;
}
