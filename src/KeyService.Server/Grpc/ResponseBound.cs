using Microsoft.AspNetCore.Http.Features;

namespace KeyService.Server.Grpc;

/// <summary>
/// How long a client may take to read an answer: a slow reader keeps the call's place, or the answer's memory, meanwhile. Then the stream is reset, and the connection stays. Kestrel's
/// least rate ends the whole connection over HTTP/2, and lets 4 MiB take hours.
/// </summary>
internal sealed class ResponseBound(TimeProvider time)
{
    /// <summary>The longest answers have 4 MiB: 3.4 Mbit/s. Below Kestrel's patience.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    /// <summary>For what people read: 600 kB at 100 kbit/s.</summary>
    private static readonly TimeSpan BoundOfPages = TimeSpan.FromSeconds(50);

    /// <summary>As much as Kestrel takes of an answer before it waits for the client. Bytes.</summary>
    public const int Kept = 4096;

    /// <summary>For the calls of the contract, and for all else over HTTP that has an end. Answers of gRPC's health are short, and those of reflection have no end.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint() is not { } endpoint) return next(http);
        if (endpoint.Metadata.GetMetadata<CallRules>() is not null) new Running(http, time, Bound).Attach();
        else if (!JsonCalls.IsGrpcPath(http.Request.Path) && !IsPageConnection(http)) new Running(http, time, BoundOfPages).Attach();
        return next(http);
    }

    /// <summary>Waits until the client has read the answer but for <see cref="Kept"/> bytes. For what answers in front of <see cref="InvokeAsync"/>.</summary>
    public async Task SendAsync(HttpContext http)
    {
        new Running(http, time, Bound).Attach();
        await http.Response.BodyWriter.FlushAsync();
    }

    /// <summary>The same for an answer that <see cref="InvokeAsync"/> bounds: the gRPC framework leaves all of it with Kestrel, and returns.</summary>
    public static async ValueTask SendRestAsync(HttpContext http)
    {
        if (http.Response.BodyWriter is { CanGetUnflushedBytes: true, UnflushedBytes: > Kept } writer) await writer.FlushAsync();
    }

    /// <summary>Of the console: it lasts as long as the page is open.</summary>
    private static bool IsPageConnection(HttpContext http) =>
        http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } || http.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private sealed class Running(HttpContext http, TimeProvider time, TimeSpan bound)
    {
        private ITimer? _timer;

        public void Attach()
        {
            http.Response.OnStarting(static running => ((Running)running).BeginAsync(), this);
            http.Response.OnCompleted(static running => ((Running)running).EndAsync(), this);
        }

        private Task BeginAsync()
        {
            _timer = time.CreateTimer(static context => ((HttpContext)context!).Abort(), http, bound, Timeout.InfiniteTimeSpan);
            return Task.CompletedTask;
        }

        /// <summary>Waits for a callback that is running: the context belongs to another call after that.</summary>
        private async Task EndAsync()
        {
            if (_timer is not null) await _timer.DisposeAsync();
        }
    }
}
