using System.Net;
using System.Text;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Lifecycle;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Grpc;

public class RequestRulesTests
{
    [Fact]
    public void Ids_are_required_and_have_their_shape()
    {
        Refused.Fields(() => RequestRules.Check("", "")).ShouldBe(["workspace_id", "key_id"]);
        Refused.Fields(() => RequestRules.Check("a", new string('a', 65))).ShouldBe(["key_id"]);
        Refused.Fields(() => RequestRules.Check("a", "key_%")).ShouldBe(["key_id"]);
        Refused.Fields(() => RequestRules.Check("a", "no-such-key")).ShouldBeEmpty("a text that is no id is not found, not refused");
    }

    [Fact]
    public void GetCaller_needs_no_workspace_and_takes_none_that_cannot_be()
    {
        Refused.Fields(() => RequestRules.Check(new GetCallerRequest())).ShouldBeEmpty();
        Refused.Fields(() => RequestRules.Check(new GetCallerRequest { WorkspaceId = "system" })).ShouldBeEmpty();
        Refused.Fields(() => RequestRules.Check(new GetCallerRequest { WorkspaceId = "a b" })).ShouldBe(["workspace_id"]);
    }

    [Theory]
    [InlineData(0, 50)]
    [InlineData(1, 1)]
    [InlineData(500, 500)]
    [InlineData(501, 500)]
    [InlineData(1_000_000_000, 500)]
    public void A_page_has_the_contract_s_sizes(int asked, int expected) => RequestRules.PageSize(asked).ShouldBe(expected);

    [Fact]
    public void A_negative_page_size_is_refused()
    {
        Refused.Fields(() => RequestRules.Check(new ListKeysRequest { WorkspaceId = "a", PageSize = -1 })).ShouldBe(["page_size"]);
        Refused.Fields(() => RequestRules.Check(new ListAuditEventsRequest { WorkspaceId = "a", PageSize = int.MinValue })).ShouldBe(["page_size"]);
    }

    [Theory]
    [InlineData("", nameof(KeyOrder.NewestFirst))]
    [InlineData("create_time desc", nameof(KeyOrder.NewestFirst))]
    [InlineData("create_time", nameof(KeyOrder.OldestFirst))]
    [InlineData("name", nameof(KeyOrder.ByName))]
    public void A_list_is_ordered_as_asked(string asked, string expected) => List(r => r.OrderBy = asked).Order.ToString().ShouldBe(expected);

    [Theory]
    [InlineData("name desc")]
    [InlineData("Name")]
    [InlineData("create_time  desc")]
    public void Another_order_is_refused(string asked) => ListFields(r => r.OrderBy = asked).ShouldBe(["order_by"]);

    [Fact]
    public void A_status_filter_is_one_of_the_contract_s()
    {
        List(r => r.Status = KeyStatus.Unspecified).Status.ShouldBeNull();
        List(r => r.Status = KeyStatus.Enabled).Status.ShouldBe(Server.Keys.KeyStatus.Enabled);
        List(r => r.Status = KeyStatus.Disabled).Status.ShouldBe(Server.Keys.KeyStatus.Disabled);
        ListFields(r => r.Status = (KeyStatus)3).ShouldBe(["status"]);
    }

    [Fact]
    public void A_query_is_at_most_256_code_points_and_kept_as_it_is()
    {
        List(r => r.Query = "%_[]^'\\ שלום ").Query.ShouldBe("%_[]^'\\ שלום ");
        ListFields(r => r.Query = string.Concat(Enumerable.Repeat("🚀", 256))).ShouldBeEmpty();
        ListFields(r => r.Query = string.Concat(Enumerable.Repeat("🚀", 257))).ShouldBe(["query"]);
        ListFields(r => r.Query = "a\0").ShouldBe(["query"]);
        ListFields(r => r.Query = "\ud83d").ShouldBe(["query"]);
    }

    [Fact]
    public void A_query_that_grows_beyond_what_the_engines_take_is_refused() =>
        // One character that is eighteen when it is normalized.
        ListFields(r => r.Query = new string('\ufdfa', 256)).ShouldBe(["query"]);

    [Fact]
    public void An_api_key_in_the_search_box_is_refused_and_not_repeated()
    {
        foreach (var query in new[] { PinnedKey.ApiKey, $" {PinnedKey.ApiKey} ", $"\"{PinnedKey.ApiKey}\"", $"Bearer {PinnedKey.ApiKey}", $"my key {PinnedKey.ApiKey}!" })
        {
            var violation = Refused.Violations(() => List(r => r.Query = query)).ShouldHaveSingleItem();
            violation.ShouldStartWith("query: ");
            violation.ShouldNotContain(PinnedKey.ApiKey[8..20]);
        }
    }

    [Fact]
    public void An_api_key_is_refused_in_every_field_that_is_kept_or_compared()
    {
        SetFields(r => r.Reason = $"leaked: {PinnedKey.ApiKey}").ShouldBe(["reason"]);
        SetFields(r => r.Etag = PinnedKey.ApiKey).ShouldBe(["etag"]);
        SetFields(r => r.KeyId = PinnedKey.ApiKey).ShouldBe(["key_id"]);
        ListFields(r => r.PageToken = PinnedKey.ApiKey).ShouldBe(["page_token"]);
        Refused.Fields(() => RequestRules.Check(new ListAuditEventsRequest { WorkspaceId = "a", KeyId = PinnedKey.ApiKey, PageToken = PinnedKey.ApiKey })).ShouldBe(["key_id", "page_token"]);
    }

    [Fact]
    public void What_was_stored_before_the_rules_of_text_can_be_searched_for() => List(r => r.Query = "a\u202eb\u200b").Query.ShouldBe("a\u202eb\u200b");

    [Fact]
    public void A_status_to_set_is_enabled_or_disabled()
    {
        RequestRules.Check(Set(r => r.Status = KeyStatus.Disabled)).Status.ShouldBe(Server.Keys.KeyStatus.Disabled);
        SetFields(r => r.Status = KeyStatus.Unspecified).ShouldBe(["status"]);
        SetFields(r => r.Status = (KeyStatus)7).ShouldBe(["status"]);
    }

    [Fact]
    public void A_reason_is_at_most_256_code_points()
    {
        RequestRules.Check(Set(r => r.Reason = " lost\n")).Reason.ShouldBe("lost");
        SetFields(r => r.Reason = string.Concat(Enumerable.Repeat("🚀", 256))).ShouldBeEmpty();
        SetFields(r => r.Reason = string.Concat(Enumerable.Repeat("🚀", 257))).ShouldBe(["reason"]);
    }

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(600, 0, true)]
    [InlineData(599, 999_999_999, true)]
    [InlineData(600, 1, false)]
    [InlineData(601, 0, false)]
    [InlineData(-1, 0, false)]
    [InlineData(0, -1, false)]
    [InlineData(1, 1_000_000_000, false)]
    [InlineData(long.MaxValue, 0, false)]
    [InlineData(long.MinValue, 0, false)]
    public void A_propagation_wait_is_0_to_10_minutes(long seconds, int nanos, bool taken) =>
        SetFields(r => r.PropagationWait = new() { Seconds = seconds, Nanos = nanos }).ShouldBe(taken ? [] : ["propagation_wait"]);

    [Fact]
    public void A_question_carries_what_was_asked()
    {
        var question = RequestRules.Check(new ValidateKeyRequest
        {
            ApiKey = "x", WorkspaceId = "acme", ClientAddress = "::ffff:10.1.2.3", RequiredScopes = { "a.b" },
        });

        Encoding.UTF8.GetString(question.ApiKey.Span).ShouldBe("x");
        Encoding.UTF8.GetString(question.WorkspaceId.Span).ShouldBe("acme");
        question.ClientAddress.ShouldBe(IPAddress.Parse("10.1.2.3"));
        new Server.Keys.ScopeList(question.RequiredScopes.Span).ToArray().ShouldBe(["a.b"]);
        RequestRules.Check(new ValidateKeyRequest()).ClientAddress.ShouldBeNull();
        RequestRules.Check(new ValidateKeyRequest { ClientAddress = "[fe80::1%eth0]:80" }).ClientAddress.ShouldBe(IPAddress.Parse("fe80::1"));
        RequestRules.Check(new ValidateKeyRequest { ClientAddress = "unknown" }).ClientAddress.ShouldBeNull();
    }

    [Fact]
    public void Whatever_is_presented_as_an_api_key_is_a_question()
    {
        foreach (var text in new[] { "", "\0", "🚀", new string('a', 100_000) })
            Refused.Fields(() => RequestRules.Check(new ValidateKeyRequest { ApiKey = text })).ShouldBeEmpty();
    }

    [Fact]
    public void All_that_is_wrong_with_a_question_is_told_at_once()
    {
        var request = new ValidateKeyRequest { WorkspaceId = "a b", ClientAddress = "10.1.2.3/8", RequiredScopes = { "ok", "NO", "" } };

        Refused.Fields(() => RequestRules.Check(request)).ShouldBe(["workspace_id", "required_scopes[1]", "required_scopes[2]"]);
    }

    [Fact]
    public void A_question_names_at_most_64_scopes_and_its_error_does_not_grow_with_it()
    {
        Refused.Fields(() => RequestRules.Check(Scopes(64, "a"))).ShouldBeEmpty();
        Refused.Fields(() => RequestRules.Check(Scopes(65, "a"))).ShouldBe(["required_scopes"]);
        Refused.Fields(() => RequestRules.Check(Scopes(10_000, "A"))).ShouldBe(["required_scopes"]);

        static ValidateKeyRequest Scopes(int count, string scope) => new() { RequiredScopes = { Enumerable.Repeat(scope, count) } };
    }

    private static KeyList List(Action<ListKeysRequest> change)
    {
        var request = new ListKeysRequest { WorkspaceId = "acme" };
        change(request);
        return RequestRules.Check(request);
    }

    private static IReadOnlyList<string> ListFields(Action<ListKeysRequest> change) => Refused.Fields(() => List(change));

    private static SetStatusRequest Set(Action<SetStatusRequest> change)
    {
        var request = new SetStatusRequest { WorkspaceId = "acme", KeyId = PinnedKey.KeyId, Status = KeyStatus.Enabled };
        change(request);
        return request;
    }

    private static IReadOnlyList<string> SetFields(Action<SetStatusRequest> change) => Refused.Fields(() => RequestRules.Check(Set(change)));
}
