using System.Reflection;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Issuance;

public class KeyRequestTests
{
    [Fact]
    public void The_same_request_has_the_same_fingerprint_whatever_the_order_of_its_labels()
    {
        var turned = Request() with { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["b"] = "2", ["a"] = "1" } };

        turned.Fingerprint().ShouldBe(Request().Fingerprint());
        Request().Fingerprint().Length.ShouldBe(32);
    }

    [Fact]
    public void What_the_lists_are_made_of_does_not_matter() =>
        (Request() with { Scopes = new List<string> { "x", "y" }, Metadata = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "2" } })
            .Fingerprint().ShouldBe(Request().Fingerprint());

    [Fact]
    public void Every_field_counts()
    {
        Dictionary<string, KeyRequest> changed = new(StringComparer.Ordinal)
        {
            [nameof(KeyRequest.WorkspaceId)] = Request() with { WorkspaceId = "Acme" },
            [nameof(KeyRequest.Name)] = Request() with { Name = "N" },
            [nameof(KeyRequest.Description)] = Request() with { Description = "D" },
            [nameof(KeyRequest.Environment)] = Request() with { Environment = KeyEnvironment.Test },
            [nameof(KeyRequest.Scopes)] = Request() with { Scopes = ["x"] },
            [nameof(KeyRequest.AllowedAddresses)] = Request() with { AllowedAddresses = [] },
            [nameof(KeyRequest.PermittedWorkspaces)] = Request() with { PermittedWorkspaces = ["*"] },
            [nameof(KeyRequest.Metadata)] = Request() with { Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "3" } },
            [nameof(KeyRequest.ExpireTime)] = Request() with { ExpireTime = Samples.Now.AddMicroseconds(1) },
            [nameof(KeyRequest.NonRecoverable)] = Request() with { NonRecoverable = true },
        };

        typeof(KeyRequest).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name).ShouldBe(changed.Keys, ignoreOrder: true);
        foreach (var (field, request) in changed) request.Fingerprint().ShouldNotBe(Request().Fingerprint(), field);
    }

    [Fact]
    public void A_value_moved_to_the_next_field_counts() =>
        (Request() with { Scopes = ["x"], AllowedAddresses = ["y", "10.0.0.0/8"] }).Fingerprint().ShouldNotBe(Request().Fingerprint());

    private static KeyRequest Request() => new()
    {
        WorkspaceId = "acme",
        Name = "n",
        Description = "d",
        Environment = KeyEnvironment.Live,
        Scopes = ["x", "y"],
        AllowedAddresses = ["10.0.0.0/8"],
        PermittedWorkspaces = [],
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1", ["b"] = "2" },
        ExpireTime = Samples.Now,
        NonRecoverable = false,
    };
}
