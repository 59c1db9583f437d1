using CsCheck;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyEnvironment = KeyService.Server.Keys.KeyEnvironment;

namespace KeyService.Server.Tests.Keys;

/// <summary>The bytes written by hand beside those of the generated class.</summary>
public class ValidAnswerTests
{
    /// <summary>By another program, from the .proto alone.</summary>
    private const string PinnedHex =
        "080112246b65795f3031393763306434613362303763356539643166326133623463356436653766" + "1a0461636d65"
        + "220b54726164696e6720626f74" + "2801" + "32086f72646572732e2a" + "3a0c0a047465616d1204626c7565" + "48cdd702";

    private static readonly Gen<string> Text = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 0, 20], Gen.String[Gen.Char['\u0020', '\uD7FF'], 0, 130], Gen.Int[0x10000, 0x10FFFF].Select(char.ConvertFromUtf32));

    private static readonly Gen<KeyRecord> Records = Gen.Select(
        Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 1, 64], Gen.String[Gen.Char.AlphaNumeric, 1, 64], Text),
        Gen.String[Gen.Char["abc.:"], 1, 64].Array[0, 64],
        Gen.Dictionary(Text, Text)[0, 5],
        Gen.OneOf<DateTimeOffset?>(null, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddTicks(-1), Samples.Now.AddMicroseconds(1), DateTimeOffset.MaxValue, DateTimeOffset.MinValue),
        Gen.Long,
        Gen.OneOf(KeyEnvironment.Live, KeyEnvironment.Test),
        (texts, scopes, metadata, expiry, revision, environment) => Samples.Record(revision, texts.Item2, texts.Item1) with
        {
            Name = texts.Item3, Scopes = scopes, Metadata = metadata, ExpireTime = expiry, Environment = environment,
        });

    [Fact]
    public void The_pinned_answer_is_written_to_the_pinned_bytes() =>
        Convert.ToHexStringLower(ValidAnswer.Of(Samples.Record(43_981) with
        {
            Scopes = ["orders.*"], Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "blue" },
        }).Bytes).ShouldBe(PinnedHex);

    [Fact]
    public void Every_answer_has_the_bytes_of_the_generated_class() =>
        Records.Sample(record => Convert.ToHexString(ValidAnswer.Of(record).Bytes).ShouldBe(Convert.ToHexString(Generated(record).ToByteArray())), iter: 5_000);

    [Fact]
    public void What_validation_asks_of_an_answer_is_found_in_it_however_it_came() =>
        Records.Sample(record =>
        {
            foreach (var answer in (ValidAnswer[])[ValidAnswer.Of(record), ValidAnswer.From(Generated(record).ToByteArray())])
            {
                answer.KeyIdText.ShouldBe(record.KeyId);
                System.Text.Encoding.ASCII.GetString(answer.WorkspaceId).ShouldBe(record.WorkspaceId);
                answer.Scopes.ToArray().ShouldBe(record.Scopes);
                answer.Scopes.IsEmpty.ShouldBe(record.Scopes.Count == 0);
            }
        });

    [Fact]
    public void The_numbers_of_the_environments_are_those_of_the_contract()
    {
        foreach (var environment in System.Enum.GetValues<KeyEnvironment>())
            ((Contracts.V1.KeyEnvironment)(int)environment).ToString().ShouldBe(environment.ToString());
        ((int)Contracts.V1.Verdict.Valid).ShouldBe(1);
    }

    private static ValidateKeyResponse Generated(KeyRecord record)
    {
        var response = new ValidateKeyResponse
        {
            Verdict = Contracts.V1.Verdict.Valid,
            KeyId = record.KeyId,
            WorkspaceId = record.WorkspaceId,
            Name = record.Name,
            Environment = (Contracts.V1.KeyEnvironment)(int)record.Environment,
            Scopes = { record.Scopes },
            ExpireTime = record.ExpireTime?.ToTimestamp(),
            Revision = record.Revision,
        };
        foreach (var (label, value) in record.Metadata) response.Metadata.Add(label, value);
        return response;
    }
}
