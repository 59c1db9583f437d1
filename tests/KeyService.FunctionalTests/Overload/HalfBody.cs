using System.Net;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A request body of which the first part is sent at once and the rest as the test says.</summary>
internal sealed class HalfBody(byte[] first, Func<Stream, Task> rest) : HttpContent
{
    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
    {
        await stream.WriteAsync(first);
        await stream.FlushAsync();
        await rest(stream);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = 0;
        return false;
    }
}
