using KeyService.Server.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.StaticAssets;

namespace KeyService.Server.Tests.Hosting;

public sealed class KeptFilesTests : IDisposable
{
    private const int Length = 10_000;

    private static readonly StaticAssetDescriptor Asset = new() { Route = "app.css", AssetPath = "app.css" };

    private readonly string _file = Path.GetTempFileName();
    private readonly byte[] _content = [.. Enumerable.Range(0, Length).Select(i => (byte)(i % 251))];
    private readonly KeptFiles _files = new();

    public KeptFilesTests() => File.WriteAllBytes(_file, _content);

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(0, null, Length)]
    [InlineData(9_000, null, 1_000)]
    [InlineData(100, 5_000L, 5_000)]
    public async Task A_file_of_the_console_is_sent_in_pieces_and_is_not_open_meanwhile(long offset, long? count, int length)
    {
        await SendAsync(Asset, 0, null);
        // It is in memory since.
        File.Delete(_file);

        var sent = await SendAsync(Asset, offset, count);

        sent.Bytes.ShouldBe(_content.AsSpan((int)offset, length).ToArray());
        sent.Longest.ShouldBeLessThanOrEqualTo(4096);
    }

    [Fact]
    public async Task A_file_that_was_not_there_is_looked_for_again()
    {
        File.Delete(_file);
        await Should.ThrowAsync<FileNotFoundException>(() => SendAsync(Asset, 0, null));
        await File.WriteAllBytesAsync(_file, _content, TestContext.Current.CancellationToken);

        (await SendAsync(Asset, 0, null)).Bytes.ShouldBe(_content);
    }

    [Fact]
    public async Task Other_files_are_left_to_the_framework()
    {
        await SendAsync(new object(), 0, null);
        File.Delete(_file);

        await Should.ThrowAsync<FileNotFoundException>(() => SendAsync(new object(), 0, null));
    }

    private async Task<Written> SendAsync(object metadata, long offset, long? count)
    {
        var written = new Written();
        var http = new DefaultHttpContext();
        http.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(written));
        http.SetEndpoint(new(null, new(metadata), null));
        await _files.InvokeAsync(http, context => context.Response.SendFileAsync(_file, offset, count));
        return written;
    }

    private sealed class Written : MemoryStream
    {
        public int Longest { get; private set; }

        public byte[] Bytes => ToArray();

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Longest = Math.Max(Longest, buffer.Length);
            return base.WriteAsync(buffer, cancellationToken);
        }
    }
}
