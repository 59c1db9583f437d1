using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Grpc;

public class KeyMappingTests
{
    private static readonly KeyRecord Record = Samples.FullRecord();

    [Fact]
    public void VALID_carries_every_field()
    {
        var response = KeyMapping.ToResponse(new KeyVerdict(Server.Validation.Verdict.Valid, new CachedKey(Record, default)));

        response.ShouldBe(new ValidateKeyResponse
        {
            Verdict = Contracts.V1.Verdict.Valid,
            KeyId = Record.KeyId,
            WorkspaceId = Record.WorkspaceId,
            Name = Record.Name,
            Environment = Contracts.V1.KeyEnvironment.Test,
            Scopes = { "orders.*", "read" },
            Metadata = { ["team"] = "blue", ["émoji"] = "🚀" },
            ExpireTime = Record.ExpireTime!.Value.ToTimestamp(),
            Revision = Record.Revision,
        });
        SetFields(response).ShouldBe(ValidateKeyResponse.Descriptor.Fields.InDeclarationOrder().Select(field => field.Name));
    }

    [Fact]
    public void Every_other_verdict_carries_key_and_revision_alone()
    {
        foreach (var verdict in System.Enum.GetValues<Server.Validation.Verdict>().Except([Server.Validation.Verdict.Valid, Server.Validation.Verdict.NotFound]))
        {
            var response = KeyMapping.ToResponse(new KeyVerdict(verdict, new CachedKey(Record, default)));

            response.Verdict.ToString().ShouldBe(verdict.ToString());
            SetFields(response).ShouldBe(["verdict", "key_id", "revision"]);
        }
    }

    [Fact]
    public void NOT_FOUND_carries_nothing() =>
        KeyMapping.ToResponse(new KeyVerdict(Server.Validation.Verdict.NotFound, null)).ShouldBe(new ValidateKeyResponse { Verdict = Contracts.V1.Verdict.NotFound });

    [Fact]
    public void A_key_is_shown_with_every_field_of_the_contract()
    {
        var key = KeyMapping.ToKey(Record, Samples.Now.AddMinutes(-1));

        SetFields(key).ShouldBe(Key.Descriptor.Fields.InDeclarationOrder().Select(field => field.Name), ignoreOrder: true);
        key.Status.ShouldBe(Contracts.V1.KeyStatus.Disabled);
        key.Etag.ShouldBe("0123456789abcdef");
        key.LastUsedTime.ShouldBe(Samples.Now.AddMinutes(-1).ToTimestamp());
        key.UpdateTime.Nanos.ShouldBe(1_000);
    }

    [Fact]
    public void A_key_that_was_never_used_and_never_expires_says_so_by_leaving_it_out()
    {
        var key = KeyMapping.ToKey(Record with { ExpireTime = null }, lastUsedTime: null);

        key.LastUsedTime.ShouldBeNull();
        key.ExpireTime.ShouldBeNull();
    }

    [Fact]
    public void An_audit_event_shows_before_and_after_without_etag()
    {
        var shown = KeyMapping.ToAuditEvent(new(
            "acme", 3, Samples.Now, "SetStatus", new("key_root", "Zoë"), Record.KeyId, Record with { Status = Server.Keys.KeyStatus.Enabled }, Record));

        shown.Sequence.ShouldBe(3);
        shown.Actor.ShouldBe("key_root");
        shown.OnBehalfOf.ShouldBe("Zoë");
        (shown.Before.Status, shown.After.Status).ShouldBe((Contracts.V1.KeyStatus.Enabled, Contracts.V1.KeyStatus.Disabled));
        (shown.Before.Etag, shown.After.Etag).ShouldBe(("", ""));
    }

    [Fact]
    public void A_pending_propagation_is_not_called_complete()
    {
        var report = new PropagationReport(Complete: false, 7, Samples.Now, ReplicasConfirmed: 2, ReplicasPending: 1, ConsistencyToken: "token");

        KeyMapping.ToPropagation(report).ShouldBe(new Propagation
        {
            State = PropagationState.Pending, Revision = 7, EffectiveTime = Samples.Now.ToTimestamp(), ReplicasConfirmed = 2, ReplicasPending = 1, ConsistencyToken = "token",
        });
        KeyMapping.ToPropagation(report with { Complete = true }).State.ShouldBe(PropagationState.Complete);
    }

    private static IEnumerable<string> SetFields(Google.Protobuf.IMessage message) =>
        message.Descriptor.Fields.InDeclarationOrder().Where(field => IsSet(field, message)).Select(field => field.Name);

    private static bool IsSet(FieldDescriptor field, Google.Protobuf.IMessage message) => field.Accessor.GetValue(message) switch
    {
        null => false,
        System.Collections.ICollection many => many.Count > 0,
        string text => text.Length > 0,
        var value => !value.Equals(System.Activator.CreateInstance(value.GetType())),
    };
}
