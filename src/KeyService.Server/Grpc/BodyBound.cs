using System.IO.Pipelines;

namespace KeyService.Server.Grpc;

/// <summary>
/// How long a request's body may take to arrive: a slow sender holds a place meanwhile. Kestrel's least rate does not end it: over HTTP/2 it is that of
/// a whole connection, and over HTTP/1.1 64 KiB may take 4.5 minutes.
/// </summary>
internal static class BodyBound
{
    /// <summary>Callers are servers: 1 MiB takes 0.1 s at 100 Mbit/s.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    public const string Violation = "must arrive within 10 s";

    /// <summary>From now on; then a read is cancelled. Dispose it when the body is there. A token would leave Kestrel's reader unusable for its own draining.</summary>
    public static IDisposable Begin(PipeReader reader, TimeProvider time)
    {
        var bound = new CancellationTokenSource(Bound, time);
        bound.Token.UnsafeRegister(pending => ((PipeReader)pending!).CancelPendingRead(), reader);
        return bound;
    }
}
