using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Load;

/// <summary>What a load sends, over and over, and what each answer must begin with.</summary>
/// <param name="Name">As printed.</param>
/// <param name="Path">Path of the RPC.</param>
/// <param name="Credential">Null: the call carries none.</param>
/// <param name="Bodies">Framed messages, sent in turn.</param>
/// <param name="Answer">First bytes of the framed answer after its length.</param>
/// <param name="Expected">Verdict as the server counts it; empty for a call that is none of the contract's.</param>
internal sealed record Calls(string Name, string Path, string? Credential, IReadOnlyList<byte[]> Bodies, byte[] Answer, string Expected)
{
    private const string ValidatePath = "/keyservice.v1.ApiKeyService/ValidateKey";
    private const int ChecksumLength = 6;
    private const int TagLength = 8;

    /// <summary>The other side of every pair. It carries no credential: nobody would ask it for one.</summary>
    public static Calls Empty { get; } = new("empty", "/keyservice.testhooks.Empty/Call", null, [Frame([])], [], "");

    public static IReadOnlyList<Calls> Of(string credential, IReadOnlyList<string> apiKeys) =>
    [
        Validate("memory hit, one key", credential, [apiKeys[0]], Verdict.Valid),
        Validate("memory hit, all keys", credential, apiKeys, Verdict.Valid),
        Validate("wrong checksum", credential, [.. apiKeys.Select(WithWrongChecksum)], Verdict.NotFound),
        Validate("wrong tag", credential, [.. apiKeys.Select(WithWrongTag)], Verdict.NotFound),
    ];

    private static Calls Validate(string name, string credential, IReadOnlyList<string> apiKeys, Verdict verdict) => new(
        name, ValidatePath, credential, [.. apiKeys.Select(key => Frame(new ValidateKeyRequest { ApiKey = key }.ToByteArray()))],
        new ValidateKeyResponse { Verdict = verdict }.ToByteArray(), verdict.ToString());

    /// <summary>Flag, length, message.</summary>
    private static byte[] Frame(byte[] message)
    {
        var frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(1), (uint)message.Length);
        message.CopyTo(frame, 5);
        return frame;
    }

    private static string WithWrongChecksum(string apiKey) => apiKey[..^1] + (apiKey[^1] == '0' ? '1' : '0');

    /// <summary>What somebody forges who has read how a key is made but has no master key: only the tag tells.</summary>
    private static string WithWrongTag(string apiKey)
    {
        var text = Encoding.ASCII.GetBytes(apiKey);
        Base62.FillRandom(text.AsSpan()[^(TagLength + ChecksumLength)..^ChecksumLength]);
        Base62.Encode(Crc32.Compute(text.AsSpan()[..^ChecksumLength]), text.AsSpan()[^ChecksumLength..]);
        return Encoding.ASCII.GetString(text);
    }
}
