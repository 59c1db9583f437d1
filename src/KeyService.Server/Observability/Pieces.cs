namespace KeyService.Server.Observability;

/// <summary>Writes a long answer whose bytes are shared by all clients. Kestrel copies what one write is given, and keeps it until the client reads it.</summary>
internal static class Pieces
{
    private const int Length = 4096;

    /// <summary>Waits for the client after each piece, but for the first.</summary>
    public static async Task WriteInPiecesAsync(this HttpResponse response, ReadOnlyMemory<byte> content, CancellationToken cancellation)
    {
        for (var rest = content; !rest.IsEmpty; rest = rest[Math.Min(Length, rest.Length)..])
            await response.Body.WriteAsync(rest[..Math.Min(Length, rest.Length)], cancellation);
    }
}
