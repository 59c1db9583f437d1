namespace KeyService.Server.Hosting;

/// <summary>
/// Forgets the headers of a request that is answered. Kestrel keeps an HTTP/2 stream whose body the client does not end for seconds more, 100 for each connection, with all headers;
/// and one byte of a request may stand for a long header that was sent before.
/// </summary>
internal static class EndedRequests
{
    public static Task ForgetHeaders(HttpContext http, RequestDelegate next)
    {
        var answer = next(http);
        if (!answer.IsCompletedSuccessfully) return ForgetLater(http, answer);
        Forget(http);
        return answer;
    }

    private static async Task ForgetLater(HttpContext http, Task answer)
    {
        await answer;
        Forget(http);
    }

    private static void Forget(HttpContext http)
    {
        if (HttpProtocol.IsHttp2(http.Request.Protocol)) http.Request.Headers.Clear();
    }
}
