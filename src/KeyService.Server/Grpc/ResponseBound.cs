namespace KeyService.Server.Grpc;

/// <summary>
/// How long a client may take to read the answer of a call: a slow reader holds the call's place meanwhile. Then the stream is reset, and the connection stays. Kestrel's least rate
/// ends the whole connection over HTTP/2, and lets 4 MiB take hours.
/// </summary>
internal sealed class ResponseBound(TimeProvider time)
{
    /// <summary>The longest answers have 4 MiB: 3.4 Mbit/s. Below Kestrel's patience.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>As much as Kestrel takes of an answer before it waits for the client.</summary>
    private const int Kept = 4096;

    /// <summary>For calls of the contract that the framework answers.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next) =>
        http.GetEndpoint()?.Metadata.GetMetadata<CallRules>() is null ? next(http) : AnswerAsync(http, next);

    private async Task AnswerAsync(HttpContext http, RequestDelegate next)
    {
        new Running(http, time).Attach();
        await next(http);
        // The framework leaves an answer with Kestrel, which would keep all of it, and the stream, until it is read. The call's place is free already.
        if (JsonCalls.IsGrpcPath(http.Request.Path) && http.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > Kept } writer) await writer.FlushAsync();
    }

    private sealed class Running(HttpContext http, TimeProvider time)
    {
        private ITimer? _timer;

        public void Attach()
        {
            http.Response.OnStarting(static running => ((Running)running).BeginAsync(), this);
            http.Response.OnCompleted(static running => ((Running)running).EndAsync(), this);
        }

        private Task BeginAsync()
        {
            _timer = time.CreateTimer(static context => ((HttpContext)context!).Abort(), http, Bound, Timeout.InfiniteTimeSpan);
            return Task.CompletedTask;
        }

        /// <summary>Waits for a callback that is running: the context belongs to another call after that.</summary>
        private async Task EndAsync()
        {
            if (_timer is not null) await _timer.DisposeAsync();
        }
    }
}
