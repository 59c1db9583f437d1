using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Grpc;

public class CreateKeyRulesTests
{
    private readonly CreateKeyRules _rules = new(new FakeTimeProvider(Samples.Now));

    [Fact]
    public void The_least_request_is_taken_with_the_contract_s_defaults()
    {
        var wanted = _rules.Check(Request());

        wanted.Name.ShouldBe("n");
        wanted.Environment.ShouldBe(Server.Keys.KeyEnvironment.Live);
        wanted.ExpireTime.ShouldBeNull();
        wanted.NonRecoverable.ShouldBeFalse();
        wanted.Scopes.ShouldBeEmpty();
        wanted.AllowedAddresses.ShouldBeEmpty();
    }

    [Fact]
    public void A_name_is_trimmed_before_it_is_counted()
    {
        _rules.Check(Request(r => r.Name = "  " + Many("🚀", 128) + "\t\n ")).Name.ShouldBe(Many("🚀", 128));
        Fields(r => r.Name = Many("🚀", 129)).ShouldBe(["name"]);
        Fields(r => r.Name = " \t\u3000").ShouldBe(["name"]);
        Fields(r => r.Name = "a\nb").ShouldBe(["name"]);
    }

    [Fact]
    public void A_description_has_at_most_1024_code_points_and_may_have_lines()
    {
        Fields(r => r.Description = "a\n" + Many("🚀", 1_022)).ShouldBeEmpty();
        Fields(r => r.Description = "a\n" + Many("🚀", 1_023)).ShouldBe(["description"]);
        Fields(r => r.Description = "a\0b").ShouldBe(["description"]);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-1)]
    public void An_environment_that_the_contract_does_not_have_is_refused(int environment) =>
        Fields(r => r.Environment = (KeyEnvironment)environment).ShouldBe(["environment"]);

    [Fact]
    public void There_are_at_most_64_scopes_and_each_has_its_shape()
    {
        Fields(r => r.Scopes.Add(Enumerable.Range(0, 64).Select(i => $"s{i}"))).ShouldBeEmpty();
        Fields(r => r.Scopes.Add(Enumerable.Range(0, 65).Select(i => $"s{i}"))).ShouldBe(["scopes"]);
        Fields(r => r.Scopes.Add(["ok", "Not", "", "a.*", "*"])).ShouldBe(["scopes[1]", "scopes[2]", "scopes[4]"]);
        Fields(r => r.Scopes.Add(new string('a', 64))).ShouldBeEmpty();
        Fields(r => r.Scopes.Add(new string('a', 65))).ShouldBe(["scopes[0]"]);
    }

    [Fact]
    public void A_scope_named_twice_is_kept_once() =>
        _rules.Check(Request(r => r.Scopes.Add(["b", "a", "b"]))).Scopes.ShouldBe(["b", "a"]);

    [Fact]
    public void Addresses_are_kept_in_canonical_form_and_host_bits_are_refused()
    {
        _rules.Check(Request(r => r.AllowedAddresses.Add(["10.0.0.0/8", "192.0.2.1", "2001:DB8::/32", "10.0.0.0/8"]))).AllowedAddresses
            .ShouldBe(["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]);
        Violations(r => r.AllowedAddresses.Add(["10.0.0.0/8", "10.0.0.1/8"]))
            .ShouldBe(["allowed_addresses[1]: has host bits set; did you mean 10.0.0.0/8"]);
        Fields(r => r.AllowedAddresses.Add(["", "x", "10.1", "::1%eth0", "10.0.0.0/33"])).Count.ShouldBe(5);
        Fields(r => r.AllowedAddresses.Add(Enumerable.Range(0, 65).Select(i => $"10.0.0.{i}"))).ShouldBe(["allowed_addresses"]);
    }

    [Fact]
    public void There_are_at_most_32_labels_of_64_and_256_code_points()
    {
        Fields(r => Label(r, 32)).ShouldBeEmpty();
        Fields(r => Label(r, 33)).ShouldBe(["metadata"]);
        Fields(r => r.Metadata.Add(Many("🚀", 64), Many("🚀", 256))).ShouldBeEmpty();
        Fields(r => r.Metadata.Add(Many("🚀", 65), "")).ShouldBe(["metadata"]);
        Fields(r => r.Metadata.Add("a", Many("🚀", 257))).ShouldBe(["metadata"]);
        Fields(r => r.Metadata.Add("", "a")).ShouldBe(["metadata"]);
        Fields(r => r.Metadata.Add("a\nb", "a")).ShouldBe(["metadata"]);

        static void Label(CreateKeyRequest request, int count)
        {
            for (var i = 0; i < count; i++) request.Metadata.Add($"label{i}", "");
        }
    }

    [Fact]
    public void An_expiry_is_in_the_future_and_kept_to_the_microsecond()
    {
        _rules.Check(Request(r => r.ExpireTime = new() { Seconds = Samples.Now.ToUnixTimeSeconds() + 1, Nanos = 123_456_789 })).ExpireTime
            .ShouldBe(Samples.Now.AddSeconds(1).AddMicroseconds(123_456));
        Fields(r => r.ExpireTime = Samples.Now.ToTimestamp()).ShouldBe(["expire_time"]);
        Fields(r => r.ExpireTime = Samples.Now.AddTicks(9).ToTimestamp()).ShouldBe(["expire_time"], "less than the microsecond that is kept");
        Fields(r => r.ExpireTime = Samples.Now.AddMicroseconds(1).ToTimestamp()).ShouldBeEmpty();
    }

    [Fact]
    public void Whether_a_past_expiry_is_that_of_a_repeated_request_is_left_to_who_knows_it() =>
        Fields(r => (r.RequestId, r.ExpireTime) = ("a", Samples.Now.ToTimestamp())).ShouldBeEmpty();

    [Theory]
    [InlineData(long.MaxValue, 0)]
    [InlineData(long.MinValue, 0)]
    [InlineData(253_402_300_800, 0)]
    [InlineData(2_000_000_000, -1)]
    [InlineData(2_000_000_000, 1_000_000_000)]
    public void A_time_that_no_calendar_has_is_refused_not_an_internal_error(long seconds, int nanos) =>
        Violations(r => r.ExpireTime = new() { Seconds = seconds, Nanos = nanos }).ShouldBe(["expire_time: is not a valid time"]);

    [Fact]
    public void The_last_moment_of_the_calendar_is_a_time() =>
        Fields(r => r.ExpireTime = new() { Seconds = 253_402_300_799, Nanos = 999_999_999 }).ShouldBeEmpty();

    [Fact]
    public void A_request_id_is_at_most_64_of_its_characters()
    {
        Fields(r => r.RequestId = new string('a', 64)).ShouldBeEmpty();
        Fields(r => r.RequestId = new string('a', 65)).ShouldBe(["request_id"]);
        Fields(r => r.RequestId = "a b").ShouldBe(["request_id"]);
    }

    [Fact]
    public void Permitted_workspaces_are_for_credentials_and_never_name_system()
    {
        Fields(r => r.PermittedWorkspaces.Add("wallet-a")).ShouldBe(["permitted_workspaces"]);
        Fields(r => AsCredential(r).PermittedWorkspaces.Add(["wallet-a", "*"])).ShouldBeEmpty();
        Fields(r => AsCredential(r).PermittedWorkspaces.Add(["system", "a b"])).ShouldBe(["permitted_workspaces[0]", "permitted_workspaces[1]"]);
        Fields(r => AsCredential(r).PermittedWorkspaces.Add(Enumerable.Range(0, 65).Select(i => $"w{i}"))).ShouldBe(["permitted_workspaces"]);
    }

    [Fact]
    public void A_credential_that_validates_names_where()
    {
        Violations(r => AsCredential(r).Scopes.Add(["keys:validate", "keys:admin"])).ShouldBe(
            ["permitted_workspaces: is required with keys:validate: without a workspace it can validate no API key"]);
        Fields(r => With(AsCredential(r), "keys:validate").PermittedWorkspaces.Add("wallet-a")).ShouldBeEmpty();
        Fields(r => With(AsCredential(r), "keys:validate").PermittedWorkspaces.Add("*")).ShouldBeEmpty();
        Fields(r => With(AsCredential(r), "keys:admin")).ShouldBeEmpty();
        Fields(r => With(r, "keys:validate")).ShouldBeEmpty("a scope of an ordinary key is its owner's own");

        static CreateKeyRequest With(CreateKeyRequest request, string scope)
        {
            request.Scopes.Add(scope);
            return request;
        }
    }

    [Fact]
    public void A_credential_s_scopes_are_permissions()
    {
        Fields(r => AsCredential(r).Scopes.Add(["keys:read", "keys:admin"])).ShouldBeEmpty();
        Fields(r => AsCredential(r).Scopes.Add(["keys:read", "keys:*", "orders"])).ShouldBe(["scopes[1]", "scopes[2]"]);
    }

    private static CreateKeyRequest AsCredential(CreateKeyRequest request)
    {
        request.WorkspaceId = "system";
        return request;
    }

    private static CreateKeyRequest Request(Action<CreateKeyRequest>? change = null)
    {
        var request = new CreateKeyRequest { WorkspaceId = "acme", Name = "n" };
        change?.Invoke(request);
        return request;
    }

    private IReadOnlyList<string> Fields(Action<CreateKeyRequest> change) => Refused.Fields(() => _rules.Check(Request(change)));

    private IReadOnlyList<string> Violations(Action<CreateKeyRequest> change) => Refused.Violations(() => _rules.Check(Request(change)));

    private static string Many(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
