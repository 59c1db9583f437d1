using CsCheck;
using KeyService.Server.Lifecycle;

namespace KeyService.Server.Tests.Lifecycle;

public class EtagTests
{
    [Theory]
    [InlineData(0, "0000000000000000")]
    [InlineData(43_981, "000000000000abcd")]
    [InlineData(long.MaxValue, "7fffffffffffffff")]
    public void It_is_the_revision_as_16_hex_digits(long revision, string expected) => Etag.Of(revision).ShouldBe(expected);

    [Fact]
    public void Two_revisions_never_have_the_same() =>
        Gen.Select(Gen.Long, Gen.Long).Sample((a, b) => (Etag.Of(a) == Etag.Of(b)).ShouldBe(a == b));
}
