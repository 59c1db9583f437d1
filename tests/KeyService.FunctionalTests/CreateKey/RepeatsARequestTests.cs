using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

public sealed class RepeatsARequestTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task The_same_request_returns_the_same_key_and_api_key_and_is_audited_as_a_reveal()
    {
        var first = await _workspace.CreateAsync(Request);
        var second = await _workspace.CreateAsync(Request);

        second.ShouldBe(first);
        (await _workspace.ListAsync()).Count.ShouldBe(1);
        (await _workspace.AuditAsync()).Select(e => (e.Action, e.KeyId))
            .ShouldBe([("RevealKey", first.Key.KeyId), ("CreateKey", first.Key.KeyId)]);
    }

    [Fact]
    public async Task The_order_of_labels_and_the_spelling_of_the_same_value_make_no_other_request()
    {
        var first = await _workspace.CreateAsync(request =>
        {
            Request(request);
            request.Metadata.Add("a", "1");
            request.Metadata.Add("b", "2");
            request.AllowedAddresses.Add("192.0.2.1");
        });
        var second = await _workspace.CreateAsync(request =>
        {
            Request(request);
            request.Name = " Trading bot ";
            request.Environment = KeyEnvironment.Live;
            request.Metadata.Add("b", "2");
            request.Metadata.Add("a", "1");
            request.AllowedAddresses.Add("192.0.2.1/32");
        });

        second.ShouldBe(first);
    }

    [Fact]
    public async Task A_different_request_with_the_same_id_is_refused()
    {
        var first = await _workspace.CreateAsync(Request);

        var error = await _workspace.CreateFailsAsync(request =>
        {
            Request(request);
            request.Name = "Another";
        });

        error.ShouldBe(StatusCode.AlreadyExists, "REQUEST_ID_REUSED");
        (await _workspace.ListAsync()).ShouldHaveSingleItem().ShouldBe(first.Key);
    }

    public static TheoryData<string> OtherBodies => ["description", "environment", "scopes", "addresses", "expiry", "metadata", "recoverable"];

    [Theory]
    [MemberData(nameof(OtherBodies))]
    public async Task Every_field_counts_for_what_is_the_same_request(string field)
    {
        await _workspace.CreateAsync(Request);

        var error = await _workspace.CreateFailsAsync(request =>
        {
            Request(request);
            switch (field)
            {
                case "description": request.Description = "other"; break;
                case "environment": request.Environment = KeyEnvironment.Test; break;
                case "scopes": request.Scopes.Add("a"); break;
                case "addresses": request.AllowedAddresses.Add("10.0.0.1"); break;
                case "expiry": request.ExpireTime = TestWorkspace.In(TimeSpan.FromDays(1)); break;
                case "metadata": request.Metadata.Add("a", "b"); break;
                default: request.NonRecoverable = true; break;
            }
        });

        error.ShouldBe(StatusCode.AlreadyExists, "REQUEST_ID_REUSED");
    }

    [Fact]
    public async Task Another_credential_with_the_same_id_makes_a_key_of_its_own()
    {
        var first = await _workspace.CreateAsync(Request);
        var other = await _workspace.CallerAsync("keys:write");

        var second = await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(Request), other);

        second.Key.KeyId.ShouldNotBe(first.Key.KeyId);
        second.ApiKey.ShouldNotBe(first.ApiKey);
        (await _workspace.Client.CreateKeyAsync(_workspace.KeyRequest(Request), other)).ShouldBe(second);
    }

    [Fact]
    public async Task The_same_id_in_another_workspace_makes_another_key()
    {
        var elsewhere = TestWorkspace.New(shared);

        var first = await _workspace.CreateAsync(Request);
        var second = await elsewhere.CreateAsync(Request);

        second.Key.KeyId.ShouldNotBe(first.Key.KeyId);
        second.Key.WorkspaceId.ShouldBe(elsewhere.Id);
    }

    [Fact]
    public async Task Twenty_calls_at_once_with_one_id_make_one_key()
    {
        var calls = Enumerable.Range(0, 20).Select(_ => _workspace.CreateAsync(Request));

        var answers = await Task.WhenAll(calls);

        answers.Select(a => a.ApiKey).Distinct(StringComparer.Ordinal).Count().ShouldBe(1);
        (await _workspace.ListAsync()).ShouldHaveSingleItem().KeyId.ShouldBe(answers[0].Key.KeyId);
        (await _workspace.AuditAsync()).Count(e => e.Action == "CreateKey").ShouldBe(1);
    }

    [Fact]
    public async Task The_api_key_of_a_non_recoverable_key_is_not_shown_again()
    {
        var first = await _workspace.CreateAsync(NonRecoverable);
        var second = await _workspace.CreateAsync(NonRecoverable);

        first.ApiKey.ShouldNotBeEmpty();
        second.ApiKey.ShouldBeEmpty();
        second.Key.ShouldBe(first.Key);
        (await _workspace.AuditAsync()).ShouldHaveSingleItem().Action.ShouldBe("CreateKey");
    }

    [Fact]
    public async Task A_repetition_returns_the_key_as_it_is_now()
    {
        var first = await _workspace.CreateAsync(Request);
        var disabled = await _workspace.SetStatusAsync(first.Key.KeyId, KeyStatus.Disabled, "leaked");

        var second = await _workspace.CreateAsync(Request);

        second.Key.ShouldBe(disabled.Key);
        second.ApiKey.ShouldBe(first.ApiKey);
    }

    [Fact]
    public async Task A_request_that_was_refused_does_not_use_up_its_id()
    {
        await _workspace.CreateFailsAsync(request =>
        {
            Request(request);
            request.Name = "";
        });

        (await _workspace.CreateAsync(Request)).ApiKey.ShouldNotBeEmpty();
    }

    [Fact]
    public async Task A_request_is_the_same_after_its_key_has_expired()
    {
        var expiry = TestWorkspace.In(TimeSpan.FromSeconds(1.5));
        void Short(CreateKeyRequest request)
        {
            Request(request);
            request.ExpireTime = expiry;
        }

        var first = await _workspace.CreateAsync(Short);
        await Eventually.Get(
            () => _workspace.ValidateAsync(first.ApiKey), answer => answer.Verdict == Verdict.Expired, TimeSpan.FromSeconds(10));

        (await _workspace.CreateAsync(Short)).Key.KeyId.ShouldBe(first.Key.KeyId);
    }

    [Fact]
    public async Task A_first_request_with_an_expiry_in_the_past_is_refused_whatever_its_id()
    {
        var error = await _workspace.CreateFailsAsync(request =>
        {
            Request(request);
            request.ExpireTime = TestWorkspace.In(TimeSpan.FromSeconds(-1));
        });

        error.ShouldBeInvalid("expire_time");
        (await _workspace.ListAsync()).ShouldBeEmpty();
        (await _workspace.CreateAsync(Request)).ApiKey.ShouldNotBeEmpty();
    }

    private static void Request(CreateKeyRequest request) => request.RequestId = "order-7_A";

    private static void NonRecoverable(CreateKeyRequest request)
    {
        Request(request);
        request.NonRecoverable = true;
    }
}
