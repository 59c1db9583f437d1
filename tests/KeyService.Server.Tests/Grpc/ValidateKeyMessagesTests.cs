using System.Buffers;
using System.Text;
using CsCheck;
using Google.Protobuf;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Grpc;

/// <summary>
/// The messages read and written by hand beside the generated classes, on valid and on damaged ones: what is read says the same, and what is not is
/// left to them.
/// </summary>
public class ValidateKeyMessagesTests
{
    private static readonly Gen<string> ApiKeys = Gen.OneOf(
        Gen.OneOf("", PinnedKeyText, " " + PinnedKeyText, "é", "ks_live_"), Gen.String[Gen.Char.AlphaNumeric, 0, 140], Gen.String[0, 20]);

    private static readonly Gen<string> WorkspaceIds = Gen.OneOf(Gen.OneOf("", "acme", "no such/workspace", "ümlaut"), Gen.String[Gen.Char.AlphaNumeric, 1, 66]);

    private static readonly Gen<string> ScopeTexts = Gen.OneOf(Gen.OneOf("", "a.*", ".*", "A"), Gen.String[Gen.Char["abz09.:_-"], 1, 65]);

    private static readonly Gen<string> Addresses = Gen.OneOf("", "10.0.0.1", "2001:db8::1", "::ffff:10.0.0.1", "10.1", "localhost", "1.2.3.4/32", "fe80::1%eth0", "127.0.0.1:5000", "[::1]:443", "[", "１.2.3.4");

    private static readonly Gen<ValidateKeyRequest> Requests = Gen.Select(
        ApiKeys, WorkspaceIds, Gen.OneOf(ScopeTexts.Array[0, 3], ScopeTexts.Array[60, 70]), Addresses, Gen.OneOf("", "", "", "token"),
        (apiKey, workspaceId, scopes, address, token) => new ValidateKeyRequest
        {
            ApiKey = apiKey, WorkspaceId = workspaceId, RequiredScopes = { scopes }, ClientAddress = address, AtLeastAsFresh = token,
        });

    /// <summary>Damaged at one place, cut, doubled, with fields in another order, or no message at all.</summary>
    private static readonly Gen<byte[]> Damaged = Gen.OneOf(
        Gen.Select(Requests, Gen.Int, Gen.Byte).Select((request, place, value) =>
        {
            var bytes = request.ToByteArray();
            if (bytes.Length > 0) bytes[(uint)place % bytes.Length] = value;
            return bytes;
        }),
        Gen.Select(Requests, Gen.Int).Select((request, length) => request.ToByteArray() is var bytes ? bytes[..(int)((uint)length % (bytes.Length + 1))] : []),
        Gen.Select(Requests, Requests).Select((one, other) => (byte[])[.. one.ToByteArray(), .. other.ToByteArray()]),
        Gen.OneOf<byte>(0x0A, 0x12, 0x1A, 0x22, 0x2A, 0x32, 0x08, 0x0B, 0, 1, 2, 97).Array[0, 12],
        Gen.Byte.Array[0, 60]);

    private const string PinnedKeyText = Keys.PinnedKey.ApiKey;

    [Fact]
    public void A_plain_question_is_read()
    {
        var request = new ValidateKeyRequest { ApiKey = PinnedKeyText, WorkspaceId = "acme", RequiredScopes = { "a.b", "c" }, ClientAddress = "10.0.0.1" };

        ValidateKeyMessages.TryRead(request.ToByteArray(), out var question).ShouldBeTrue();
        ShouldSay(question, request);
    }

    [Fact]
    public void What_is_read_of_a_good_request_is_what_the_generated_class_reads()
    {
        var read = 0;
        Requests.Sample(
            request =>
            {
                if (ShouldAgree(request.ToByteArray())) Interlocked.Increment(ref read);
            },
            iter: 20_000);
        read.ShouldBeGreaterThan(100, "else this shows nothing");
    }

    [Fact]
    public void What_is_read_of_a_damaged_request_is_what_the_generated_class_reads()
    {
        var read = 0;
        Damaged.Sample(
            bytes =>
            {
                if (ShouldAgree(bytes)) Interlocked.Increment(ref read);
            },
            iter: 100_000);
        read.ShouldBeGreaterThan(100, "else this shows nothing");
    }

    [Fact]
    public void A_batch_is_read_question_by_question_or_left_to_the_generated_class() =>
        Gen.OneOf(
            Requests.Array[0, 8].Select(requests => new ValidateKeysRequest { Requests = { requests } }.ToByteArray()),
            Gen.Select(Requests.Array[1, 8], Gen.Int, Gen.Byte).Select((requests, place, value) =>
            {
                var bytes = new ValidateKeysRequest { Requests = { requests } }.ToByteArray();
                bytes[(uint)place % bytes.Length] = value;
                return bytes;
            })).Sample(
            bytes =>
            {
                var questions = new List<Question>();
                for (ReadOnlyMemory<byte> rest = bytes; !rest.IsEmpty;)
                {
                    if (!ValidateKeyMessages.TryTakeQuestion(ref rest, out var question)) return;
                    questions.Add(question);
                }

                var batch = ValidateKeysRequest.Parser.ParseFrom(bytes);
                questions.Count.ShouldBe(batch.Requests.Count);
                for (var i = 0; i < questions.Count; i++) ShouldSay(questions[i], batch.Requests[i]);
            },
            iter: 20_000);

    [Fact]
    public void A_batch_of_answers_has_the_bytes_of_the_generated_class() =>
        Gen.OneOf(Gen.Byte.Array[0, 3], Gen.Byte.Array[120, 140], Gen.Byte.Array[16_380, 16_390]).Select(name => Convert.ToHexString(name)).Array[0, 10].Sample(names =>
        {
            var answers = names.Select(name => new ValidateKeyResponse { Name = name }).ToList();
            var expected = new ValidateKeysResponse { Responses = { answers } }.ToByteArray();
            var writer = new ArrayBufferWriter<byte>();

            var bytes = answers.Select(answer => answer.ToByteArray()).ToArray();
            ValidateKeyMessages.WriteBatch(bytes, writer);

            writer.WrittenSpan.ToArray().ShouldBe(expected);
            ValidateKeyMessages.LengthOfBatch(bytes).ShouldBe(expected.Length);
        });

    /// <returns>Whether it was read.</returns>
    private static bool ShouldAgree(byte[] bytes)
    {
        if (!ValidateKeyMessages.TryRead(bytes, out var question)) return false;
        // Throws when it is no message; and for one that breaks a limit.
        ShouldSay(question, ValidateKeyRequest.Parser.ParseFrom(bytes));
        return true;
    }

    private static void ShouldSay(Question actual, ValidateKeyRequest request)
    {
        var expected = RequestRules.Check(request);
        Encoding.ASCII.GetString(actual.ApiKey.Span).ShouldBe(request.ApiKey);
        Encoding.ASCII.GetString(actual.WorkspaceId.Span).ShouldBe(request.WorkspaceId);
        new ScopeList(actual.RequiredScopes.Span).ToArray().ShouldBe(request.RequiredScopes);
        actual.ClientAddress.ShouldBe(expected.ClientAddress);
        actual.AtLeastAsFresh.ShouldBe(request.AtLeastAsFresh);
        actual.ApiKey.Span.SequenceEqual(expected.ApiKey.Span).ShouldBeTrue();
        new ScopeList(expected.RequiredScopes.Span).ToArray().ShouldBe(request.RequiredScopes);
    }
}
