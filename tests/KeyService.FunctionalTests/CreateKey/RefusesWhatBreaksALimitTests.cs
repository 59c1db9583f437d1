using Google.Protobuf.WellKnownTypes;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

public sealed class RefusesWhatBreaksALimitTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string, string> BadTexts => new()
    {
        { "name", "" },
        { "name", " \t " },
        { "name", new('n', 129) },
        { "name", "a\0b" },
        { "name", "a\nb" },
        { "name", "a\u0085b" },
        { "description", new('d', 1_025) },
        { "description", "a\0b" },
        { "scopes[0]", "" },
        { "scopes[0]", "Orders" },
        { "scopes[0]", "a b" },
        { "scopes[0]", "*" },
        { "scopes[0]", ".*" },
        { "scopes[0]", "a.*.b" },
        { "scopes[0]", new('s', 65) },
        { "scopes[0]", "ｏrders" },
        { "allowed_addresses[0]", "" },
        { "allowed_addresses[0]", "10.0.0.1/8" },
        { "allowed_addresses[0]", "2001:db8::1/32" },
        { "allowed_addresses[0]", "10.0.0.0/33" },
        { "allowed_addresses[0]", "10.0.0.0/-1" },
        { "allowed_addresses[0]", "10.0.0" },
        { "allowed_addresses[0]", "010.0.0.1" },
        { "allowed_addresses[0]", "fe80::1%eth0" },
        { "allowed_addresses[0]", "example.com" },
        { "request_id", new('r', 65) },
        { "request_id", "a b" },
        { "request_id", "é" },
        { "workspace_id", "" },
        { "workspace_id", new('w', 65) },
        { "workspace_id", "a/b" },
        { "workspace_id", "wörk" },
    };

    [Theory]
    [MemberData(nameof(BadTexts))]
    public async Task The_field_that_breaks_its_limit_is_named(string field, string value)
    {
        var error = await _workspace.CreateFailsAsync(request =>
        {
            switch (field)
            {
                case "name": request.Name = value; break;
                case "description": request.Description = value; break;
                case "scopes[0]": request.Scopes.Add(value); break;
                case "allowed_addresses[0]": request.AllowedAddresses.Add(value); break;
                case "request_id": request.RequestId = value; break;
                case "workspace_id": request.WorkspaceId = value; break;
                default: throw new ArgumentOutOfRangeException(nameof(field));
            }
        });

        error.ShouldBeInvalid(field);
        (await _workspace.ListAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task All_violations_are_told_at_once_and_nothing_is_stored()
    {
        var error = await _workspace.CreateFailsAsync(request =>
        {
            request.Name = " ";
            request.Description = new('d', 1_025);
            request.Environment = (KeyEnvironment)7;
            request.Scopes.Add(["good", "BAD", "good.*", "*"]);
            request.AllowedAddresses.Add(["10.0.0.0/8", "10.1.0.0/8"]);
            request.ExpireTime = TestWorkspace.In(TimeSpan.FromMinutes(-1));
            request.Metadata.Add("", "x");
            request.RequestId = "no spaces";
            request.PermittedWorkspaces.Add("*");
        });

        error.ShouldBeInvalid(
            "name", "description", "environment", "scopes[1]", "scopes[3]", "allowed_addresses[1]", "expire_time", "metadata", "request_id",
            "permitted_workspaces");
        (await _workspace.ListAsync()).ShouldBeEmpty();
        (await _workspace.AuditAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task Too_many_of_anything_is_refused()
    {
        var error = await _workspace.CreateFailsAsync(request =>
        {
            for (var i = 0; i < 65; i++)
            {
                request.Scopes.Add($"s{i}");
                request.AllowedAddresses.Add($"10.0.0.{i}");
            }

            for (var i = 0; i < 33; i++) request.Metadata.Add($"m{i}", "");
        });

        error.ShouldBeInvalid("scopes", "allowed_addresses", "metadata");
    }

    [Theory]
    [InlineData(65, 1)]
    [InlineData(1, 257)]
    public async Task A_label_over_its_length_is_refused(int nameLength, int valueLength)
    {
        var error = await _workspace.CreateFailsAsync(request => request.Metadata.Add(new('m', nameLength), new('v', valueLength)));

        error.ShouldBeInvalid("metadata");
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(253_402_300_800, 0)]
    [InlineData(4_000_000_000, 1_000_000_000)]
    [InlineData(4_000_000_000, -1)]
    [InlineData(long.MaxValue, 0)]
    [InlineData(long.MinValue, 0)]
    public async Task An_expiry_in_the_past_or_that_is_no_time_is_refused(long seconds, int nanos)
    {
        var error = await _workspace.CreateFailsAsync(request => request.ExpireTime = new Timestamp { Seconds = seconds, Nanos = nanos });

        error.ShouldBeInvalid("expire_time");
    }

    [Fact]
    public async Task Host_bits_are_refused_with_what_would_be_right()
    {
        var error = await _workspace.CreateFailsAsync(request => request.AllowedAddresses.Add("10.1.2.3/8"));

        error.ShouldBeInvalid("allowed_addresses[0]");
        error.Message.ShouldContain("10.0.0.0/8");
    }

    [Fact]
    public async Task Permitted_workspaces_are_for_workspace_system_only()
    {
        var error = await _workspace.CreateFailsAsync(request => request.PermittedWorkspaces.Add(_workspace.Id));

        error.ShouldBeInvalid("permitted_workspaces");
    }
}
