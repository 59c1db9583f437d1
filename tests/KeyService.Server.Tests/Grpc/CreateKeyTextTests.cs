using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Grpc;

/// <summary>What people read of a key is what is there, and no secret.</summary>
public class CreateKeyTextTests
{
    private readonly CreateKeyRules _rules = new(new FakeTimeProvider(Samples.Now));

    [Theory]
    [InlineData("\u200b")]
    [InlineData("\u3164")]
    [InlineData("\ufeff")]
    [InlineData("\u00ad")]
    [InlineData("\u061c")]
    [InlineData("\u2060")]
    [InlineData(" \u2800 ")]
    [InlineData("\u0301\ufe0f")]
    [InlineData("\u115f\u1160")]
    public void A_name_that_shows_nothing_is_no_name(string name) =>
        Violations(r => r.Name = name).ShouldBe(["name: is required: there is nothing visible in it"]);

    [Fact]
    public void Text_that_deceives_is_refused_in_every_field_that_people_read()
    {
        foreach (var bad in new[] { "a\u202eb", "a\u2028b", "a\u2029b", "a\u2066b" })
        {
            Fields(r => r.Name = bad).ShouldBe(["name"]);
            Fields(r => r.Description = bad).ShouldBe(["description"]);
            Fields(r => r.Metadata.Add(bad, "x")).ShouldBe(["metadata"]);
            Fields(r => r.Metadata.Add("x", bad)).ShouldBe(["metadata"]);
        }

        Fields(r => r.Metadata.Add(" ", "x")).ShouldBe(["metadata"]);
    }

    [Fact]
    public void An_api_key_is_refused_in_every_field_and_not_repeated()
    {
        var found = Violations(r =>
        {
            r.WorkspaceId = Keys.PinnedKey.ApiKey;
            r.Name = Keys.PinnedKey.ApiKey;
            r.Description = $"Its key: {Keys.PinnedKey.ApiKey}.";
            r.RequestId = Keys.PinnedKey.ApiKey;
            r.Scopes.Add(Keys.PinnedKey.ApiKey);
            r.AllowedAddresses.Add(Keys.PinnedKey.ApiKey);
            r.Metadata.Add(Keys.PinnedKey.ApiKey, Keys.PinnedKey.ApiKey);
        });

        found.Select(violation => violation.Split(':')[0]).ShouldBe(["workspace_id", "name", "description", "scopes[0]", "allowed_addresses[0]", "metadata", "metadata", "request_id"]);
        string.Join(' ', found).ShouldNotContain(Keys.PinnedKey.ApiKey[8..20]);
        Fields(r =>
        {
            r.WorkspaceId = "system";
            r.PermittedWorkspaces.Add(Keys.PinnedKey.ApiKey);
        }).ShouldBe(["permitted_workspaces[0]"]);
    }

    private static CreateKeyRequest Request(Action<CreateKeyRequest> change)
    {
        var request = new CreateKeyRequest { WorkspaceId = "acme", Name = "n" };
        change(request);
        return request;
    }

    private IReadOnlyList<string> Fields(Action<CreateKeyRequest> change) => Refused.Fields(() => _rules.Check(Request(change)));

    private IReadOnlyList<string> Violations(Action<CreateKeyRequest> change) => Refused.Violations(() => _rules.Check(Request(change)));
}
