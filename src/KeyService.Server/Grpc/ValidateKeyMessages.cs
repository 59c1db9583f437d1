using System.Buffers;
using System.Net;
using System.Text;
using Google.Protobuf;
using KeyService.Server.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Grpc;

/// <summary>
/// Reads <c>ValidateKeyRequest</c> and <c>ValidateKeysRequest</c> from their bytes, without making objects of them, when they are plain: known fields, ASCII, no
/// length above 127, scopes side by side, every field within its limits. Anything else, good or bad, is for the generated classes and
/// <see cref="RequestRules"/>; a test with random messages holds the two to the same.
/// </summary>
internal static class ValidateKeyMessages
{
    private const byte ApiKey = 0x0A, WorkspaceId = 0x12, RequiredScopes = 0x1A, ClientAddress = 0x22;
    private const byte Requests = 0x0A;
    private const byte Responses = 0x0A;
    private const int MaxPlainLength = 0x7F;
    private const int MaxFieldHeader = 6;

    /// <summary>False says nothing about the message.</summary>
    public static bool TryRead(ReadOnlyMemory<byte> message, out Question question)
    {
        question = default;
        var bytes = message.Span;
        // With it every tag and length is one byte, and every text is what its bytes are.
        if (!Ascii.IsValid(bytes)) return false;
        ReadOnlyMemory<byte> apiKey = default, workspaceId = default, scopes = default;
        IPAddress? address = null;
        for (var at = 0; at < bytes.Length;)
        {
            if (at + 1 == bytes.Length) return false;
            int start = at + 2, length = bytes[at + 1];
            if (length > bytes.Length - start) return false;
            switch (bytes[at])
            {
                case ApiKey:
                    apiKey = message.Slice(start, length);
                    break;
                case WorkspaceId:
                    workspaceId = message.Slice(start, length);
                    break;
                case RequiredScopes when scopes.IsEmpty:
                    (start, length) = (at, LengthOfScopes(bytes[at..]));
                    if (length == 0) return false;
                    scopes = message.Slice(start, length);
                    break;
                case ClientAddress:
                    address = ReadAddress(bytes.Slice(start, length));
                    break;
                default:
                    return false;
            }

            at = start + length;
        }

        if (!workspaceId.IsEmpty && !Workspaces.IsValid(workspaceId.Span)) return false;
        question = new(apiKey, workspaceId, scopes, address);
        return true;
    }

    /// <summary>The next question of a batch.</summary>
    /// <param name="batch">Not empty; without the question when it was read.</param>
    /// <param name="question">The question.</param>
    public static bool TryTakeQuestion(ref ReadOnlyMemory<byte> batch, out Question question)
    {
        question = default;
        var bytes = batch.Span;
        if (bytes[0] != Requests || !TryReadLength(bytes[1..], out var length, out var size) || length > bytes.Length - 1 - size) return false;
        if (!TryRead(batch.Slice(1 + size, length), out question)) return false;
        batch = batch[(1 + size + length)..];
        return true;
    }

    /// <summary>Of a <c>ValidateKeysResponse</c> with these answers.</summary>
    public static int LengthOfBatch(ReadOnlySpan<byte[]> answers)
    {
        var length = 0;
        foreach (var answer in answers) length += 1 + CodedOutputStream.ComputeLengthSize(answer.Length) + answer.Length;
        return length;
    }

    public static void WriteBatch(ReadOnlySpan<byte[]> answers, IBufferWriter<byte> writer)
    {
        foreach (var answer in answers)
        {
            var header = writer.GetSpan(MaxFieldHeader);
            header[0] = Responses;
            var size = 1;
            var rest = (uint)answer.Length;
            for (; rest > MaxPlainLength; rest >>= 7) header[size++] = (byte)(rest | 0x80);
            header[size++] = (byte)rest;
            writer.Advance(size);
            writer.Write(answer);
        }
    }

    /// <summary>A length of one or two bytes; no plain question has more.</summary>
    private static bool TryReadLength(ReadOnlySpan<byte> bytes, out int length, out int size)
    {
        (length, size) = (0, 1);
        if (bytes.IsEmpty) return false;
        length = bytes[0];
        if (length <= MaxPlainLength) return true;
        if (bytes.Length < 2 || bytes[1] > MaxPlainLength) return false;
        (length, size) = ((length & MaxPlainLength) | (bytes[1] << 7), 2);
        return true;
    }

    /// <summary>Of all scopes from here on, up to another field; 0 when one of them breaks a limit, or there are too many.</summary>
    private static int LengthOfScopes(ReadOnlySpan<byte> bytes)
    {
        var (at, count) = (0, 0);
        for (; at < bytes.Length && bytes[at] == RequiredScopes; count++)
        {
            if (at + 1 == bytes.Length || bytes[at + 1] > bytes.Length - at - 2 || !Scopes.IsValid(bytes.Slice(at + 2, bytes[at + 1]))) return 0;
            at += 2 + bytes[at + 1];
        }

        return count <= Scopes.MaxCount ? at : 0;
    }

    private static IPAddress? ReadAddress(ReadOnlySpan<byte> ascii)
    {
        Span<char> text = stackalloc char[MaxPlainLength];
        _ = Ascii.ToUtf16(ascii, text, out var length);
        return Keys.ClientAddress.Parse(text[..length]);
    }
}
