using System.Collections.Concurrent;
using System.IO.Pipelines;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticAssets;

namespace KeyService.Server.Hosting;

/// <summary>
/// Sends the console's files from memory. The framework opens the file for each answer, and a client that does not read keeps it open: 50 calls of each connection would use up the
/// open files of the process. The files are those that are published, 5 MB.
/// </summary>
internal sealed class KeptFiles
{
    private readonly ConcurrentDictionary<string, Task<byte[]>> _files = new(StringComparer.Ordinal);

    /// <summary>Stands behind the routing, in front of the endpoints.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        if (http.GetEndpoint()?.Metadata.GetMetadata<StaticAssetDescriptor>() is not null)
            http.Features.Set<IHttpResponseBodyFeature>(new Body(http, http.Features.GetRequiredFeature<IHttpResponseBodyFeature>(), this));
        return next(http);
    }

    /// <summary>A file that could not be read is tried again.</summary>
    private async Task<byte[]> ReadAsync(string path)
    {
        try
        {
            return await _files.GetOrAdd(path, static path => File.ReadAllBytesAsync(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _files.TryRemove(path, out _);
            throw;
        }
    }

    private sealed class Body(HttpContext http, IHttpResponseBodyFeature inner, KeptFiles files) : IHttpResponseBodyFeature
    {
        public Stream Stream => inner.Stream;

        public PipeWriter Writer => inner.Writer;

        public Task CompleteAsync() => inner.CompleteAsync();

        public void DisableBuffering() => inner.DisableBuffering();

        public Task StartAsync(CancellationToken cancellationToken = default) => inner.StartAsync(cancellationToken);

        public async Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default)
        {
            var content = (await files.ReadAsync(path)).AsMemory((int)offset);
            await http.Response.WriteInPiecesAsync(count is { } length ? content[..(int)length] : content, cancellationToken);
        }
    }
}
