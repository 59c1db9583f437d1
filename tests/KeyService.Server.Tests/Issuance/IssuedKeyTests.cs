using KeyService.Server.Issuance;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Issuance;

public class IssuedKeyTests
{
    private static readonly IssuedKey Issued = new(Samples.Record(), PinnedKey.ApiKey);

    [Fact]
    public void Printing_it_shows_id_and_hint_and_never_the_api_key()
    {
        foreach (var text in new[] { Issued.ToString(), $"{Issued}", string.Concat("", Issued) })
        {
            text.ShouldBe($"IssuedKey {PinnedKey.KeyId} ks_live_...7j5Z");
            text.ShouldNotContain(PinnedKey.ApiKey[8..]);
        }
    }
}
