using System.IO.Pipelines;

namespace KeyService.Server.Hosting.Connections;

/// <summary>A connection whose input is read by <see cref="InputInTurns"/>.</summary>
internal sealed class TransportInTurns(IDuplexPipe transport, ProcessTurns turns, Func<bool> isAuthenticated) : IDuplexPipe
{
    public PipeReader Input { get; } = new InputInTurns(transport.Input, turns, isAuthenticated);

    public PipeWriter Output { get; } = transport.Output;
}
