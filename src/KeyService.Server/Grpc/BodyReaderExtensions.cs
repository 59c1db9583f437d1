using System.Buffers;
using System.IO.Pipelines;

namespace KeyService.Server.Grpc;

/// <summary>
/// Looks at a body that something else reads later. Kestrel returns examined bytes to the windows of HTTP/2, and subtracts them again when a later call of AdvanceTo examines
/// fewer. A client that has used that window then ends its connection with FLOW_CONTROL_ERROR. So what is examined once stays examined.
/// </summary>
internal static class BodyReaderExtensions
{
    /// <summary>Consumes nothing of <paramref name="body"/>, and examines all of it. The next read waits for more of the body, or returns at its end.</summary>
    public static void Keep(this PipeReader reader, in ReadOnlySequence<byte> body) => reader.AdvanceTo(body.Start, body.End);
}
