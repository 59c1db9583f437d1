using System.Buffers.Text;
using CsCheck;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Replication;

public class ConsistencyTokenTests
{
    /// <summary>Made by other code, as <see cref="PinnedKey"/>: <c>t + hmac(hkdf(secret, "cache-seal"), b"ticket" + t)</c> in Python, in base64url.</summary>
    private const string Pinned = "ATcwMDAxMDIwMzA0MDUwNjA3MDgwOTBhMGIwYzBkMGUwZgAAAAAAAKvNiV-X5K5XxiuK5b6Rr20MQNmu908Cu2xTSYe0H4NDqL4";

    [Fact]
    public void The_pinned_ticket_is_sealed_to_the_pinned_text() => ConsistencyToken.Seal(43_981, Samples.Epoch, PinnedKey.Master).ShouldBe(Pinned);

    [Fact]
    public void The_pinned_text_is_opened_as_the_pinned_ticket() => Open(Pinned).ShouldBe((43_981, Samples.Epoch.Id));

    [Fact]
    public void What_was_sealed_is_opened() =>
        Gen.Long.Sample(ticket => Open(ConsistencyToken.Seal(ticket, Samples.OtherEpoch, PinnedKey.Master)).ShouldBe((ticket, Samples.OtherEpoch.Id)));

    [Fact]
    public void A_changed_bit_anywhere_is_refused()
    {
        var token = Base64Url.DecodeFromChars(Pinned);
        Gen.Int[0, (token.Length * 8) - 1].Sample(bit =>
        {
            var damaged = token.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Refuses(Base64Url.EncodeToString(damaged));
        });
    }

    [Fact]
    public void A_cut_or_lengthened_token_is_refused()
    {
        for (var length = 0; length < Pinned.Length; length++) Refuses(Pinned[..length]);
        Refuses(Pinned + "A");
        Refuses(new string('A', 1_000_000));
    }

    [Theory]
    [InlineData('!')]
    [InlineData('+')]
    [InlineData('=')]
    [InlineData(' ')]
    [InlineData('é')]
    [InlineData('\0')]
    public void A_text_that_is_no_token_is_refused(char stranger)
    {
        Refuses(new string(stranger, Pinned.Length));
        Refuses(Pinned[..^1] + stranger);
        Refuses(stranger + Pinned[1..]);
    }

    [Fact]
    public void A_token_under_another_master_key_is_refused()
    {
        Refuses(Pinned, new([PinnedKey.OtherMaster]));
        Refuses(Pinned, new([PinnedKey.Derive('8', 0)]));
        ConsistencyToken.Open(Pinned, new([PinnedKey.Derive('8', 1), PinnedKey.Master])).Ticket.ShouldBe(43_981);
    }

    [Fact]
    public void The_seal_of_another_type_is_not_taken()
    {
        var token = Base64Url.DecodeFromChars(Pinned);
        PinnedKey.Master.CacheSealHash.Compute([.. "nudge"u8, .. token[..42]], token.AsSpan(42));
        Refuses(Base64Url.EncodeToString(token));
        PinnedKey.Master.CacheSealHash.Compute(token.AsSpan(0, 42), token.AsSpan(42));
        Refuses(Base64Url.EncodeToString(token));

        Refuses(Base64Url.EncodeToString(Nudges.Write(Samples.Epoch, "k", 1, PinnedKey.Master)));
    }

    private static (long Ticket, string EpochId) Open(string text) => ConsistencyToken.Open(text, Samples.MasterKeys);

    private static void Refuses(string text, MasterKeys? masterKeys = null) =>
        Should.Throw<RefusedException>(() => ConsistencyToken.Open(text, masterKeys ?? Samples.MasterKeys)).Reason.ShouldBe(Refusal.InvalidConsistencyToken);
}
