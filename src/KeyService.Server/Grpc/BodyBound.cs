using System.IO.Pipelines;

namespace KeyService.Server.Grpc;

/// <summary>
/// How long a request's body may take to arrive: a slow sender holds a place meanwhile. Kestrel's least rate does not end it: over HTTP/2 it is that of
/// a whole connection, and over HTTP/1.1 64 KiB may take 4.5 minutes.
/// </summary>
internal sealed class BodyBound : IDisposable
{
    /// <summary>Callers are servers: 1 MiB takes 0.1 s at 100 Mbit/s.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    public const string Violation = "must arrive within 10 s";

    private readonly CancellationTokenSource _source;

    private BodyBound(PipeReader reader, TimeProvider time)
    {
        _source = new(Bound, time);
        _source.Token.UnsafeRegister(static pending => Cancel((PipeReader)pending!), reader);
    }

    private static void Cancel(PipeReader reader)
    {
        try
        {
            reader.CancelPendingRead();
        }
        catch (Exception)
        {
            // The stream was aborted at this moment, and the read fails by itself. Thrown by a timer, the exception would end the process.
        }
    }

    /// <summary>From now on; then a read is cancelled. Dispose it when the body is there. A token would leave Kestrel's reader unusable for its own draining.</summary>
    public static BodyBound Begin(PipeReader reader, TimeProvider time) => new(reader, time);

    /// <summary>Whether a read that ended as cancelled was so by this bound. Kestrel cancels one when the server is told to stop, and goes on with its call.</summary>
    public bool IsOver => _source.IsCancellationRequested;

    public void Dispose() => _source.Dispose();
}
