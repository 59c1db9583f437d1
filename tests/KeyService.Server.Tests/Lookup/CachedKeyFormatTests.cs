using System.Buffers.Binary;
using System.Net;
using System.Text;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Lookup;

public class CachedKeyFormatTests
{
    /// <summary>Made by other code: <c>hmac(hkdf(secret, "cache-seal"), b"entry" + digest + head + answer)</c> in Python.</summary>
    private const string PinnedHeadHex =
        "02c8c9cacbcccdcecfd0d1d2d3d4d5d6d730303030303030303030303061626364000000000000000537027fffffffffffffff010a31302e302e302e302f3800";

    private const string PinnedAnswerHex =
        "080112246b65795f30313937633064346133623037633565396431663261336234633564366537661a0461636d65220b5472"
        + "6164696e6720626f74280132086f72646572732e2a3a0c0a047465616d1204626c756548cdd702";

    private const string PinnedMacHex = "77d85966770b1942c08a54d50c89ec87e6a4adb98660cbccdb3a7c7c6a7355e5";

    private static readonly StoreEpoch Epoch = new("c8c9cacbcccdcecfd0d1d2d3d4d5d6d7", RenewTime: null);

    private static readonly byte[] Pinned =
        Convert.FromHexString(PinnedHeadHex + PinnedAnswerHex + PinnedMacHex);

    private static readonly CachedKey PinnedEntry = new(
        Samples.Record(43_981) with
        {
            Status = KeyStatus.Disabled,
            Scopes = ["orders.*"],
            AllowedAddresses = ["10.0.0.0/8"],
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "blue" },
        },
        new(ReaderIn(Epoch), Horizon: 5));

    [Fact]
    public void The_pinned_entry_is_written_to_the_pinned_bytes() =>
        Encoding.Latin1.GetString(Write(PinnedEntry)).ShouldBe(Encoding.Latin1.GetString(Pinned));

    [Fact]
    public void The_pinned_bytes_are_read_as_the_pinned_entry()
    {
        var key = Read(Pinned).ShouldNotBeNull();

        key.Mark.Horizon.ShouldBe(5);
        ShouldBeTheSame(key, PinnedEntry);
    }

    [Fact]
    public void Everything_that_memory_keeps_comes_back_as_it_went_in()
    {
        foreach (var record in (KeyRecord[])[Samples.FullRecord(), Samples.FullRecord() with { WorkspaceId = Workspaces.System, Scopes = ["keys:read", "keys:validate"] }, Samples.Record()])
        {
            var key = new CachedKey(record, new(ReaderIn(Epoch), long.MaxValue));

            var back = Read(Write(key)).ShouldNotBeNull();

            back.Mark.Horizon.ShouldBe(long.MaxValue);
            ShouldBeTheSame(back, key);
        }
    }

    [Fact]
    public void A_damaged_address_list_does_not_become_an_empty_one()
    {
        var back = Read(Write(new CachedKey(Samples.Record() with { AllowedAddresses = ["not a range"] }, new(ReaderIn(Epoch), 0)))).ShouldNotBeNull();

        back.AllowedAddresses.IsEmpty.ShouldBeFalse();
        back.AllowedAddresses.Allows(IPAddress.Loopback).ShouldBeFalse();
    }

    [Fact]
    public void A_changed_bit_anywhere_makes_it_a_miss()
    {
        for (var bit = 0; bit < Pinned.Length * 8; bit++)
        {
            var damaged = Pinned.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Read(damaged).ShouldBeNull($"bit {bit}");
        }
    }

    [Fact]
    public void A_cut_or_lengthened_value_is_a_miss()
    {
        for (var length = 0; length < Pinned.Length; length++) Read(Pinned[..length]).ShouldBeNull($"length {length}");
        Read([.. Pinned, 0]).ShouldBeNull();
    }

    [Fact]
    public void A_value_copied_to_another_digest_is_a_miss() =>
        CachedKeyFormat.Read(Pinned, PinnedKey.DigestOf("another"), ReaderIn(Epoch), Samples.MasterKeys).ShouldBeNull();

    [Fact]
    public void A_value_of_another_history_of_the_database_is_a_miss() =>
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(new("c8c9cacbcccdcecfd0d1d2d3d4d5d6d8", Epoch.RenewTime)), Samples.MasterKeys).ShouldBeNull();

    [Fact]
    public void A_replica_that_does_not_know_the_history_yet_takes_no_value() =>
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(null), Samples.MasterKeys).ShouldBeNull();

    [Fact]
    public void A_value_belongs_to_the_replica_that_asked_for_it()
    {
        var reader = ReaderIn(Epoch);

        CachedKeyFormat.Read(Pinned, LookupRig.Digest, reader, Samples.MasterKeys)!.Mark.Reader.ShouldBeSameAs(reader);
    }

    [Fact]
    public void A_value_under_another_master_key_is_a_miss()
    {
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(Epoch), new([PinnedKey.OtherMaster])).ShouldBeNull("same generation, another secret");
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(Epoch), new([PinnedKey.Derive('8', 0)])).ShouldBeNull("a generation that is not configured");
    }

    [Fact]
    public void A_value_under_an_older_master_key_is_read_while_that_is_configured() =>
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(Epoch), new([PinnedKey.Derive('8', 1), PinnedKey.Master])).ShouldNotBeNull();

    [Fact]
    public void Revisions_compare_as_text_like_the_numbers_they_are()
    {
        long[] revisions = [0, 1, 9, 10, 15, 16, 255, 256, 1L << 32, long.MaxValue];

        revisions.Select(CachedKeyFormat.RevisionText).ShouldBe(
            revisions.Select(CachedKeyFormat.RevisionText).Order(StringComparer.Ordinal));
        revisions.ShouldAllBe(revision => CachedKeyFormat.RevisionText(revision).Length == CachedKeyFormat.RevisionLength);
    }

    [Fact]
    public void The_script_s_offsets_are_those_of_the_table()
    {
        var value = Write(new CachedKey(Samples.Record(0x0abc), new(ReaderIn(Epoch), Horizon: 7)));

        value[0].ShouldBe((byte)2);
        Convert.ToHexStringLower(value[1..17]).ShouldBe(Epoch.Id);
        Encoding.ASCII.GetString(value[17..33]).ShouldBe("0000000000000abc");
        BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(33)).ShouldBe(7);
        value[41].ShouldBe((byte)PinnedKey.Generation);
        value[42].ShouldBe((byte)KeyStatus.Enabled);
    }

    /// <summary>All that a verdict rests on.</summary>
    private static void ShouldBeTheSame(CachedKey actual, CachedKey expected)
    {
        actual.Answer.Bytes.ShouldBe(expected.Answer.Bytes);
        (actual.KeyId, actual.Revision, actual.IsEnabled, actual.IsSystem, actual.ExpiryUtcTicks)
            .ShouldBe((expected.KeyId, expected.Revision, expected.IsEnabled, expected.IsSystem, expected.ExpiryUtcTicks));
        actual.AllowedAddresses.Texts.ShouldBe(expected.AllowedAddresses.Texts);
        actual.Credential?.KeyId.ShouldBe(expected.Credential?.KeyId);
        actual.Credential?.Rights.Permissions.ShouldBe(expected.Credential!.Rights.Permissions);
        (actual.Credential?.Rights.PermittedWorkspaces ?? []).ShouldBe(expected.Credential?.Rights.PermittedWorkspaces ?? [], ignoreOrder: true);
    }

    private static byte[] Write(CachedKey key) => CachedKeyFormat.Write(key, LookupRig.Digest, Epoch, PinnedKey.Master);

    private static CachedKey? Read(byte[] value) => CachedKeyFormat.Read(value, LookupRig.Digest, ReaderIn(Epoch), Samples.MasterKeys);

    private static Incarnation ReaderIn(StoreEpoch? epoch) => new("reader", new Lease(TimeSpan.FromSeconds(30), TimeProvider.System), new Floors()) { Epoch = epoch };
}
