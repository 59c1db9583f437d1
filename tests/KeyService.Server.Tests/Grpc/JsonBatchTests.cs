using System.Text;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Grpc;

/// <summary>A body of a megabyte may have very many entries.</summary>
public class JsonBatchTests
{
    /// <summary>Word for word as gRPC has it, and before an entry is looked at.</summary>
    [Theory]
    [InlineData(1_001, "{}")]
    [InlineData(349_000, "{}")]
    [InlineData(349_000, "1")]
    public void A_batch_that_is_too_large_is_refused_as_over_gRPC(int count, string entry) =>
        ViolationsOf($$"""{"requests": [{{string.Join(',', Enumerable.Repeat(entry, count))}}]}""")
            .ShouldBe([$"requests: must have at most 1000 entries; it has {count}"]);

    [Fact]
    public void A_batch_of_the_largest_size_is_taken_and_its_lists_are_counted_too()
    {
        ViolationsOf($$"""{"requests": [{{string.Join(',', Enumerable.Repeat("{}", 1_000))}}]}""").ShouldBeEmpty();
        ViolationsOf($$"""{"requests": [{}, {"requiredScopes": [{{string.Join(',', Enumerable.Repeat("\"a\"", 200_000))}}]}]}""")
            .ShouldBe([$"requests[1].required_scopes: must have at most {Scopes.MaxCount} entries; it has 200000"]);
    }

    private static IReadOnlyList<string> ViolationsOf(string body)
    {
        var violations = new Violations();
        var fields = new JsonFields(ApiKeyServiceReflection.Descriptor.Services.Single().FindMethodByName("ValidateKeys"));
        fields.Parse(Encoding.UTF8.GetBytes(body), "/v1/api-keys:validateBatch", violations);
        return Refused.Violations(violations.ThrowIfAny);
    }
}
