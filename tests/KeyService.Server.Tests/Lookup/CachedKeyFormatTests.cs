using System.Buffers.Binary;
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
    /// <summary>Made by other code: <c>hmac(hkdf(secret, "cache-seal"), b"entry" + digest + head + json)</c> in Python.</summary>
    private const string PinnedHeadHex = "01c8c9cacbcccdcecfd0d1d2d3d4d5d6d730303030303030303030303061626364000000000000000537";

    private const string PinnedJson =
        """
        {"KeyId":"key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f","WorkspaceId":"acme","Name":"Trading bot","Description":"","Environment":1,"Status":2,"StatusReason":"lost","Hint":"ks_live_...7j5Z","Recoverable":true,"Scopes":["orders.*"],"AllowedAddresses":["10.0.0.0/8"],"PermittedWorkspaces":[],"Metadata":{"team":"blue"},"CreateTime":"2026-11-23T12:00:00+00:00","UpdateTime":"2026-11-23T12:00:00.000001+00:00","ExpireTime":null,"CreatedBy":"key_root","Revision":43981}
        """;

    private const string PinnedMacHex = "4494a97ba1d7157c5c96ecfe005a13209efb844e7c7b5b79b5fc36a920c31743";

    private static readonly StoreEpoch Epoch = new("c8c9cacbcccdcecfd0d1d2d3d4d5d6d7", RenewTime: null);

    private static readonly byte[] Pinned =
        [.. Convert.FromHexString(PinnedHeadHex), .. Encoding.UTF8.GetBytes(PinnedJson), .. Convert.FromHexString(PinnedMacHex)];

    private static readonly CachedKey PinnedEntry = new(
        Samples.Record(43_981) with
        {
            Status = KeyStatus.Disabled,
            StatusReason = "lost",
            Scopes = ["orders.*"],
            AllowedAddresses = ["10.0.0.0/8"],
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "blue" },
            UpdateTime = Samples.Now.AddMicroseconds(1),
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
        Samples.ShouldBeTheSame(key.Record, PinnedEntry.Record);
    }

    [Fact]
    public void Every_field_comes_back_as_it_went_in()
    {
        var record = Samples.FullRecord();

        var back = Read(Write(new CachedKey(record, new(ReaderIn(Epoch), long.MaxValue)))).ShouldNotBeNull();

        back.Mark.Horizon.ShouldBe(long.MaxValue);
        Samples.ShouldBeTheSame(back.Record, record);
    }

    [Fact]
    public void The_sample_has_no_field_that_would_come_back_right_without_being_written()
    {
        var untouched = new KeyRecord
        {
            KeyId = "", WorkspaceId = "", Name = "", Environment = default, Status = default, Hint = "", Recoverable = false,
            CreateTime = default, UpdateTime = default, CreatedBy = "", Revision = 0,
        };

        foreach (var property in typeof(KeyRecord).GetProperties())
        {
            var value = property.GetValue(Samples.FullRecord());
            value.ShouldNotBe(property.GetValue(untouched), property.Name);
            if (value is System.Collections.IEnumerable entries) entries.Cast<object>().ShouldNotBeEmpty(property.Name);
        }
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
        CachedKeyFormat.Read(Pinned, LookupRig.Digest, ReaderIn(Epoch with { Id = "c8c9cacbcccdcecfd0d1d2d3d4d5d6d8" }), Samples.MasterKeys).ShouldBeNull();

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

        value[0].ShouldBe((byte)1);
        Convert.ToHexStringLower(value[1..17]).ShouldBe(Epoch.Id);
        Encoding.ASCII.GetString(value[17..33]).ShouldBe("0000000000000abc");
        BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(33)).ShouldBe(7);
        value[41].ShouldBe((byte)PinnedKey.Generation);
        value[42].ShouldBe((byte)'{');
    }

    private static byte[] Write(CachedKey key) => CachedKeyFormat.Write(key, LookupRig.Digest, Epoch, PinnedKey.Master);

    private static CachedKey? Read(byte[] value) => CachedKeyFormat.Read(value, LookupRig.Digest, ReaderIn(Epoch), Samples.MasterKeys);

    private static Incarnation ReaderIn(StoreEpoch? epoch) => new("reader", new Lease(TimeSpan.FromSeconds(30), TimeProvider.System), new Floors()) { Epoch = epoch };
}
