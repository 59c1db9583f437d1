using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Grpc;

/// <summary>How a CreateKey with many faults is answered.</summary>
public class CreateKeyViolationsTests
{
    private readonly CreateKeyRules _rules = new(new FakeTimeProvider(Samples.Now));

    [Fact]
    public void All_violations_are_told_at_once() =>
        Fields(r =>
        {
            r.WorkspaceId = "";
            r.Name = "";
            r.Description = "\0";
            r.Environment = (KeyEnvironment)9;
            r.Scopes.Add("NO");
            r.AllowedAddresses.Add("NO");
            r.Metadata.Add("", "");
            r.PermittedWorkspaces.Add("a");
            r.RequestId = "!";
            r.ExpireTime = new();
        }).ShouldBe(
            ["workspace_id", "name", "description", "environment", "scopes[0]", "allowed_addresses[0]", "metadata", "permitted_workspaces", "request_id", "expire_time"],
            ignoreOrder: true);

    [Fact]
    public void An_error_does_not_grow_with_the_request()
    {
        var request = Request(r =>
        {
            r.Scopes.Add(Enumerable.Repeat("NO", 50_000));
            r.AllowedAddresses.Add(Enumerable.Repeat("NO", 50_000));
        });

        var error = Should.Throw<RpcException>(() => _rules.Check(request));

        error.Status.Detail.Length.ShouldBeLessThan(2_000);
        error.Trailers.GetValueBytes("grpc-status-details-bin")!.Length.ShouldBeLessThan(6_000);
    }

    [Fact]
    public void No_value_is_repeated_in_an_error() =>
        string.Join(' ', Violations(r =>
        {
            r.Name = "a\0SECRET";
            r.Scopes.Add("SECRET");
            r.AllowedAddresses.Add("SECRET");
            r.Metadata.Add("SECRET\n", "SECRET\0");
            r.RequestId = "SECRET!";
        })).ShouldNotContain("SECRET");

    private static CreateKeyRequest Request(Action<CreateKeyRequest> change)
    {
        var request = new CreateKeyRequest { WorkspaceId = "acme", Name = "n" };
        change(request);
        return request;
    }

    private IReadOnlyList<string> Fields(Action<CreateKeyRequest> change) => Refused.Fields(() => _rules.Check(Request(change)));

    private IReadOnlyList<string> Violations(Action<CreateKeyRequest> change) => Refused.Violations(() => _rules.Check(Request(change)));
}
