using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.TestHooks;

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
    private const string BatchPath = "/keyservice.v1.ApiKeyService/ValidateKeys";
    private const int ChecksumLength = 6;
    private const int TagLength = 8;

    /// <summary>The other side of most pairs. It carries no credential: nobody would ask it for one.</summary>
    public static Calls Empty { get; } = new("empty", "/keyservice.testhooks.Empty/Call", null, [Frame([])], [], "");

    /// <summary>Verdicts of a call.</summary>
    public int Keys { get; init; } = 1;

    /// <summary>Whether Redis answers, once for each call; else neither Redis nor the database is asked for anything.</summary>
    public bool IsFromRedis { get; init; }

    /// <summary>Header <c>grpc-timeout</c>, which most clients send; empty: none.</summary>
    public string Timeout { get; init; } = "";

    public static Calls OneKey(string credential, IReadOnlyList<string> apiKeys) =>
        Validate("memory hit, one key", credential, [apiKeys[0]], Verdict.Valid);

    public static Calls AllKeys(string credential, IReadOnlyList<string> apiKeys) =>
        Validate("memory hit, all keys", credential, apiKeys, Verdict.Valid);

    public static Calls WrongChecksum(string credential, IReadOnlyList<string> apiKeys) =>
        Validate("wrong checksum", credential, [.. apiKeys.Select(MakeWrongChecksum)], Verdict.NotFound);

    /// <summary>What somebody forges who has read how a key is made but has no master key: only the tag tells.</summary>
    public static Calls WrongTag(string credential, IReadOnlyList<string> apiKeys) =>
        Validate("wrong tag", credential, [.. apiKeys.Select(MakeWrongTag)], Verdict.NotFound);

    /// <summary>Right in every way, made with the store's own master key, and never created: only the database tells.</summary>
    public static Calls UnknownKeys(string credential, MasterKey masterKey, int count) => Validate(
        "unknown keys", credential, [.. Enumerable.Range(0, count).Select(_ => ApiKeyText.Generate("ks", Server.Keys.KeyEnvironment.Live, masterKey))], Verdict.NotFound);

    public static Calls RedisHits(string credential, IReadOnlyList<string> apiKeys) =>
        Validate("Redis hit", credential, apiKeys, Verdict.Valid) with { IsFromRedis = true };

    /// <summary>The same with a deadline, of a second.</summary>
    public static Calls RedisHitsInTime(string credential, IReadOnlyList<string> apiKeys) =>
        RedisHits(credential, apiKeys) with { Name = "Redis hit, deadline of 1 s", Timeout = "1S" };

    /// <summary>The other side of Redis hits: a bare GET of each value in turn.</summary>
    public static Calls RedisGets(IEnumerable<string> redisKeys) => new(
        "bare GET", "/keyservice.testhooks.Empty/RedisGet", null,
        [.. redisKeys.Select(key => Frame(new RedisGetRequest { Key = key }.ToByteArray()))],
        // Any length but 0, which says that there is no such value.
        [RedisGetResponse.LengthFieldNumber << 3], "");

    /// <summary>All keys in turn, so many in a call.</summary>
    public static Calls Batches(string credential, IReadOnlyList<string> apiKeys, int size) => new(
        $"batch of {size}", BatchPath, credential,
        [.. apiKeys.Chunk(size).Where(chunk => chunk.Length == size).Select(chunk => Frame(
            new ValidateKeysRequest { Requests = { chunk.Select(key => new ValidateKeyRequest { ApiKey = key }) } }.ToByteArray()))],
        [(ValidateKeysResponse.ResponsesFieldNumber << 3) | 2], Verdict.Valid.ToString()) { Keys = size };

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

    private static string MakeWrongChecksum(string apiKey) => apiKey[..^1] + (apiKey[^1] == '0' ? '1' : '0');

    private static string MakeWrongTag(string apiKey)
    {
        var text = Encoding.ASCII.GetBytes(apiKey);
        Base62.FillRandom(text.AsSpan()[^(TagLength + ChecksumLength)..^ChecksumLength]);
        Base62.Encode(Crc32.Compute(text.AsSpan()[..^ChecksumLength]), text.AsSpan()[^ChecksumLength..]);
        return Encoding.ASCII.GetString(text);
    }
}
