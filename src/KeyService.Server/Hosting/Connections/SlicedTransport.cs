using System.IO.Pipelines;

namespace KeyService.Server.Hosting.Connections;

/// <summary>A connection whose input is read by <see cref="InputSlices"/>.</summary>
internal sealed class SlicedTransport(IDuplexPipe transport) : IDuplexPipe
{
    public PipeReader Input { get; } = new InputSlices(transport.Input, InputSlices.IsPoolBusy);

    public PipeWriter Output { get; } = transport.Output;
}
