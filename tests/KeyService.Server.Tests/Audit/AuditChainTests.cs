using KeyService.Server.Audit;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Audit;

public class AuditChainTests
{
    /// <summary>Made by other code: <c>hmac(hkdf(secret, "audit"), text)</c> in Python, the text put together from the table.</summary>
    private const string PinnedMacHex = "d95a25af1679b41a575eb33433bce426c4d19e7756cd6a20a16a65c6802eb002";

    private const string PinnedSealHex = "cde058b94e781453f67320331c965a6bc4b503c358e264a0a3d671a4575c666b";

    private static readonly byte[] Previous = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void The_pinned_event_has_the_pinned_MAC() => MacOf(Row()).ShouldBe(PinnedMacHex);

    [Fact]
    public void The_pinned_purge_point_has_the_pinned_seal() => SealOf("acme", 3, Previous).ShouldBe(PinnedSealHex);

    [Fact]
    public void The_MAC_covers_every_column_but_itself()
    {
        var changes = new Dictionary<string, Func<AuditEventRow>>(StringComparer.Ordinal)
        {
            [nameof(AuditEventRow.WorkspaceId)] = () => Row(workspaceId: "acmf"),
            [nameof(AuditEventRow.Sequence)] = () => Row(sequence: 4),
            [nameof(AuditEventRow.EventId)] = () => Row(eventId: "0197c0d4-a3b0-7c5e-9d1f-2a3b4c5d6e7e"),
            [nameof(AuditEventRow.EventTime)] = () => Row(microseconds: 2),
            [nameof(AuditEventRow.Action)] = () => Row(action: "SetStatut"),
            [nameof(AuditEventRow.Actor)] = () => Row(actor: "key_rooT"),
            [nameof(AuditEventRow.OnBehalfOf)] = () => Row(onBehalfOf: ""),
            [nameof(AuditEventRow.KeyId)] = () => Row(keyId: ""),
            [nameof(AuditEventRow.Before)] = () => Row(before: ""),
            [nameof(AuditEventRow.After)] = () => Row(after: """{"a":3}"""),
            [nameof(AuditEventRow.Generation)] = () => Row(generation: '8'),
        };

        typeof(AuditEventRow).GetProperties().Select(property => property.Name).Except([nameof(AuditEventRow.Mac)])
            .ShouldBe(changes.Keys, ignoreOrder: true);
        foreach (var (column, changed) in changes) MacOf(changed()).ShouldNotBe(PinnedMacHex, column);
    }

    [Fact]
    public void The_MAC_covers_the_event_before()
    {
        for (var bit = 0; bit < Previous.Length * 8; bit++)
        {
            var other = Previous.ToArray();
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Convert.ToHexStringLower(AuditChain.MacOf(Row(), other, PinnedKey.Master)).ShouldNotBe(PinnedMacHex);
        }
    }

    [Fact]
    public void A_character_moved_from_one_column_to_the_next_changes_the_MAC()
    {
        MacOf(Row(action: "SetStatusk", actor: "ey_root")).ShouldNotBe(PinnedMacHex);
        MacOf(Row(before: """{"a":1}{"a":2}""", after: "")).ShouldNotBe(PinnedMacHex);
    }

    [Fact]
    public void Another_master_key_makes_another_MAC() =>
        Convert.ToHexStringLower(AuditChain.MacOf(Row(), Previous, PinnedKey.OtherMaster)).ShouldNotBe(PinnedMacHex);

    [Fact]
    public void The_seal_of_a_purge_point_covers_workspace_sequence_MAC_and_master_key()
    {
        SealOf("acmf", 3, Previous).ShouldNotBe(PinnedSealHex);
        SealOf("acme", 2, Previous).ShouldNotBe(PinnedSealHex);
        SealOf("acme", 3, new byte[32]).ShouldNotBe(PinnedSealHex);
        Convert.ToHexStringLower(AuditChain.PurgeSealOf("acme", 3, Previous, PinnedKey.OtherMaster)).ShouldNotBe(PinnedSealHex);
    }

    [Fact]
    public void A_recorded_key_is_read_back_whole()
    {
        var record = Samples.FullRecord();
        var json = System.Text.Json.JsonSerializer.Serialize(record, System.Text.Json.JsonSerializerOptions.Default);

        Samples.ShouldBeTheSame(AuditTrail.FromJson(json), record);
        AuditTrail.FromJson("").ShouldBeNull();
    }

    private static string MacOf(AuditEventRow row) => Convert.ToHexStringLower(AuditChain.MacOf(row, Previous, PinnedKey.Master));

    private static string SealOf(string workspaceId, long sequence, byte[] mac) =>
        Convert.ToHexStringLower(AuditChain.PurgeSealOf(workspaceId, sequence, mac, PinnedKey.Master));

    private static AuditEventRow Row(
        string workspaceId = "acme", long sequence = 3, string eventId = "0197c0d4-a3b0-7c5e-9d1f-2a3b4c5d6e7f", int microseconds = 1,
        string action = "SetStatus", string actor = "key_root", string onBehalfOf = "Zoë", string keyId = PinnedKey.KeyId,
        string before = """{"a":1}""", string after = """{"a":2}""", char generation = '7') => new()
    {
        WorkspaceId = workspaceId,
        Sequence = sequence,
        EventId = Guid.Parse(eventId),
        EventTime = Samples.Now.AddMicroseconds(microseconds),
        Action = action,
        Actor = actor,
        OnBehalfOf = onBehalfOf,
        KeyId = keyId,
        Before = before,
        After = after,
        Generation = generation,
        Mac = [],
    };
}
