using System.Text;
using Google.Protobuf;

namespace KeyService.Server.Keys;

/// <summary>
/// The answer VALID about a key as the bytes that go over the wire, a <c>ValidateKeyResponse</c>; and at the same time what is kept of its record in
/// memory and in Redis: a record of strings and lists took most of the 1.5 KB of a cached key. A test holds it to the bytes of the generated class.
/// </summary>
/// <remarks>
/// <code>
/// tag   field
/// 08    verdict: 1
/// 12    key id; begins at offset 2, so that it can be found without a search
/// 1A    workspace id
/// 22    name
/// 28    environment
/// 32    scopes, one after the other; <see cref="ScopeList"/>
/// 3A    metadata: a message of 0A label, 12 value for each
/// 42    expire time: a message of 08 seconds since 1970, 10 nanoseconds; only when there is one
/// 48    revision
/// </code>
/// As protobuf has it: a field with its default value is left out, and texts and messages come behind their length.
/// </remarks>
internal readonly struct ValidAnswer
{
    private const byte Verdict = 0x08, KeyIdTag = 0x12, WorkspaceTag = 0x1A, NameTag = 0x22, Environment = 0x28, ScopeTag = 0x32, LabelTag = 0x3A,
        ExpireTag = 0x42, RevisionTag = 0x48;

    private const int KeyIdAt = 2;
    private const long NanosecondsPerTick = 100;

    private readonly byte[] _bytes;
    private readonly ushort _workspaceAt;
    private readonly ushort _scopesAt;
    private readonly ushort _scopesEnd;

    private ValidAnswer(byte[] bytes)
    {
        _bytes = bytes;
        _workspaceAt = (ushort)SkipText(KeyIdAt, KeyIdTag);
        _scopesAt = (ushort)SkipText(SkipText(_workspaceAt, WorkspaceTag), NameTag);
        if (bytes[_scopesAt] == Environment) _scopesAt += 2;
        _scopesEnd = _scopesAt;
        while (_scopesEnd < bytes.Length && bytes[_scopesEnd] == ScopeTag) _scopesEnd = (ushort)SkipText(_scopesEnd, ScopeTag);
    }

    /// <summary>The whole answer.</summary>
    public byte[] Bytes => _bytes;

    public ReadOnlySpan<byte> KeyId => Text(KeyIdAt);

    public ReadOnlySpan<byte> WorkspaceId => Text(_workspaceAt);

    public ScopeList Scopes => new(_bytes.AsSpan(_scopesAt.._scopesEnd));

    public static ValidAnswer Of(KeyRecord record)
    {
        using var bytes = new MemoryStream();
        using (var answer = new CodedOutputStream(bytes))
        {
            answer.WriteRawTag(Verdict);
            answer.WriteEnum(1);
            WriteText(answer, KeyIdTag, record.KeyId);
            WriteText(answer, WorkspaceTag, record.WorkspaceId);
            WriteText(answer, NameTag, record.Name);
            answer.WriteRawTag(Environment);
            answer.WriteEnum((int)record.Environment);
            foreach (var scope in record.Scopes)
            {
                answer.WriteRawTag(ScopeTag);
                answer.WriteString(scope);
            }

            foreach (var (label, value) in record.Metadata) WriteLabel(answer, label, value);
            if (record.ExpireTime is { } expiry) WriteExpiry(answer, expiry);
            if (record.Revision != 0)
            {
                answer.WriteRawTag(RevisionTag);
                answer.WriteInt64(record.Revision);
            }
        }

        return new(bytes.ToArray());
    }

    /// <param name="bytes">Of an answer made here, and unchanged since: they are not checked.</param>
    public static ValidAnswer From(ReadOnlySpan<byte> bytes) => new(bytes.ToArray());

    public string KeyIdText => Encoding.ASCII.GetString(KeyId);

    private ReadOnlySpan<byte> Text(int at) => _bytes.AsSpan(at + 2, _bytes[at + 1]);

    /// <summary>Where the next field begins. Of these texts only a name is longer than one byte of length says, and it has two.</summary>
    private int SkipText(int at, byte tag)
    {
        if (at >= _bytes.Length || _bytes[at] != tag) return at;
        var length = (int)_bytes[at + 1];
        return length < 0x80 ? at + 2 + length : at + 3 + (length & 0x7F) + (_bytes[at + 2] << 7);
    }

    private static void WriteText(CodedOutputStream answer, byte tag, string text)
    {
        if (text.Length == 0) return;
        answer.WriteRawTag(tag);
        answer.WriteString(text);
    }

    private static void WriteLabel(CodedOutputStream answer, string label, string value)
    {
        answer.WriteRawTag(LabelTag);
        answer.WriteLength(SizeOf(label) + SizeOf(value));
        WriteText(answer, 0x0A, label);
        WriteText(answer, 0x12, value);

        static int SizeOf(string text) => text.Length == 0 ? 0 : 1 + CodedOutputStream.ComputeStringSize(text);
    }

    private static void WriteExpiry(CodedOutputStream answer, DateTimeOffset expiry)
    {
        var ticks = (expiry - DateTimeOffset.UnixEpoch).Ticks;
        var (seconds, rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (rest < 0) (seconds, rest) = (seconds - 1, rest + TimeSpan.TicksPerSecond);
        var nanoseconds = (int)(rest * NanosecondsPerTick);
        answer.WriteRawTag(ExpireTag);
        answer.WriteLength((seconds == 0 ? 0 : 1 + CodedOutputStream.ComputeInt64Size(seconds)) + (nanoseconds == 0 ? 0 : 1 + CodedOutputStream.ComputeInt32Size(nanoseconds)));
        if (seconds != 0)
        {
            answer.WriteRawTag(0x08);
            answer.WriteInt64(seconds);
        }

        if (nanoseconds == 0) return;
        answer.WriteRawTag(0x10);
        answer.WriteInt32(nanoseconds);
    }
}
