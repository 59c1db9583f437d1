using System.Buffers.Text;
using CsCheck;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Replication;

public class NudgesTests
{
    /// <summary>Made by other code, as <see cref="PinnedKey"/>: <c>n + hmac(hkdf(secret, "cache-seal"), b"nudge" + n)</c> in Python.</summary>
    private const string PinnedHex =
        "0137303030313032303330343035303630373038303930613062306330643065306600000000"
        + "0000abcd6b65795f30313937633064346133623037633565396431663261336234633564366537660b2b4874ffdcf4af6b96a9a171d0a83cf63d00b097ab8a14629bcb5b634f8dfc";

    private static readonly byte[] Pinned = Convert.FromHexString(PinnedHex);

    private readonly FeedSignal _signal = new();
    private readonly FakeNudgeChannel _channel = new();
    private readonly Incarnation _replica = Samples.Standing(TimeProvider.System);
    private readonly Belief _belief;
    private readonly Nudges _nudges;

    public NudgesTests()
    {
        _belief = new Belief(_replica);
        _nudges = new Nudges(_belief, _signal, _channel, Samples.MasterKeys);
    }

    [Fact]
    public void The_pinned_change_is_written_to_the_pinned_bytes() =>
        Convert.ToHexStringLower(Nudges.Write(Samples.Epoch, PinnedKey.KeyId, 43_981, PinnedKey.Master)).ShouldBe(PinnedHex);

    [Fact]
    public void The_pinned_bytes_are_read_as_the_pinned_change()
    {
        Nudges.TryRead(Pinned, Samples.MasterKeys, out var epochId, out var keyId, out var revision).ShouldBeTrue();

        (epochId, keyId, revision).ShouldBe((Samples.Epoch.Id, PinnedKey.KeyId, 43_981));
    }

    [Fact]
    public void What_was_written_is_read() =>
        Gen.Select(Gen.Long, Gen.String[Gen.Char.AlphaNumeric, 1, 64]).Sample((revision, keyId) =>
        {
            Nudges.TryRead(Nudges.Write(Samples.Epoch, keyId, revision, PinnedKey.Master), Samples.MasterKeys, out _, out var readId, out var read).ShouldBeTrue();
            (readId, read).ShouldBe((keyId, revision));
        });

    [Fact]
    public void A_changed_bit_anywhere_makes_it_none() =>
        Gen.Int[0, (Pinned.Length * 8) - 1].Sample(bit =>
        {
            var damaged = Pinned.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            IsNone(damaged);
        });

    [Fact]
    public void A_cut_or_lengthened_nudge_is_none()
    {
        for (var length = 0; length < Pinned.Length; length++) IsNone(Pinned[..length]);
        IsNone([.. Pinned, 0]);
        IsNone(new byte[100_000]);
    }

    [Fact]
    public void One_under_another_master_key_is_none()
    {
        IsNone(Pinned, new([PinnedKey.OtherMaster]));
        IsNone(Pinned, new([PinnedKey.Derive('8', 0)]));
    }

    [Fact]
    public void The_seal_of_another_type_is_not_taken()
    {
        foreach (var type in new[] { "ticket", "entry", "" })
        {
            var other = Pinned.ToArray();
            PinnedKey.Master.CacheSealHash.Compute([.. System.Text.Encoding.ASCII.GetBytes(type), .. other[..^KeyedHash.Size]], other.AsSpan(other.Length - KeyedHash.Size));
            IsNone(other);
        }

        IsNone(Base64Url.DecodeFromChars(ConsistencyToken.Seal(1, Samples.Epoch, PinnedKey.Master)));
    }

    [Fact]
    public void A_nudge_raises_the_floor_and_asks_for_a_cycle()
    {
        _nudges.Receive(Pinned);

        _replica.Floors.Allows(PinnedKey.KeyId, 43_980, horizon: 43_980).ShouldBeFalse();
        _signal.Asked.IsCompleted.ShouldBeTrue();
    }

    [Fact]
    public void One_that_is_no_news_asks_for_nothing()
    {
        _replica.Floors.Raise(PinnedKey.KeyId, 43_981);
        _nudges.Receive(Pinned);
        _nudges.Receive(Nudges.Write(Samples.Epoch, PinnedKey.KeyId, 7, PinnedKey.Master));

        _signal.Asked.IsCompleted.ShouldBeFalse();
        _replica.Floors.Allows(PinnedKey.KeyId, 43_980, horizon: 43_980).ShouldBeFalse();
    }

    [Fact]
    public void One_of_another_history_of_the_database_is_ignored()
    {
        _nudges.Receive(Nudges.Write(Samples.OtherEpoch, PinnedKey.KeyId, 43_981, PinnedKey.Master));

        (_replica.Floors.Count, _signal.Asked.IsCompleted).ShouldBe((0, false));
    }

    [Fact]
    public void Before_the_history_is_known_none_is_taken_and_none_is_sent()
    {
        var newborn = Samples.Newborn(TimeProvider.System);
        _belief.StartAsNew(newborn);
        _nudges.Receive(Pinned);
        _nudges.Send(newborn.Epoch, PinnedKey.KeyId, 7);

        (newborn.Floors.Count, _signal.Asked.IsCompleted).ShouldBe((0, false));
        _channel.Sent.ShouldBeEmpty();
    }

    [Fact]
    public void A_damaged_one_does_nothing()
    {
        var damaged = Pinned.ToArray();
        damaged[^1]++;
        _nudges.Receive(damaged);
        _nudges.Receive([]);

        (_replica.Floors.Count, _signal.Asked.IsCompleted).ShouldBe((0, false));
    }

    private static void IsNone(byte[] nudge, MasterKeys? masterKeys = null) =>
        Nudges.TryRead(nudge, masterKeys ?? Samples.MasterKeys, out _, out _, out _).ShouldBeFalse();
}
