using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKey;

public sealed class ScopesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("a.b", "a.b", true)]
    [InlineData("a.b", "a", false)]
    [InlineData("a.b", "a.b.c", false)]
    [InlineData("a.b", "a.*", false)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a.b.c", true)]
    [InlineData("a.*", "a.*", true)]
    [InlineData("a.*", "a.b.*", true)]
    [InlineData("a.b.*", "a.*", false)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*", "ab", false)]
    [InlineData("a.*", "ab.c", false)]
    [InlineData("a.*", "b.a", false)]
    [InlineData("a:b", "a:b", true)]
    [InlineData("", "a", false)]
    [InlineData("a", "", true)]
    [InlineData("", "", true)]
    [InlineData("a,b.*", "b.c,a", true)]
    [InlineData("a,b.*", "a,b.c,c", false)]
    public async Task Each_required_scope_needs_one_that_covers_it(string held, string required, bool valid)
    {
        var created = await _workspace.CreateAsync(request => request.Scopes.Add(Split(held)));

        var answer = await _workspace.ValidateAsync(created.ApiKey, request => request.RequiredScopes.Add(Split(required)));

        answer.Verdict.ShouldBe(valid ? Verdict.Valid : Verdict.InsufficientScope);
    }

    [Fact]
    public async Task What_breaks_a_limit_is_refused_all_at_once()
    {
        var error = await CallError.Of(_workspace.Client.ValidateKeyAsync(
            new() { ApiKey = "x", WorkspaceId = "a b", ClientAddress = "nowhere", RequiredScopes = { "ok", "NOT OK", "*" } }, _workspace.Root));

        error.ShouldBeInvalid("workspace_id", "required_scopes[1]", "required_scopes[2]");
    }

    [Fact]
    public async Task At_most_64_scopes_are_required_at_once()
    {
        var created = await _workspace.CreateAsync(request => request.Scopes.Add("s.*"));
        var scopes = Enumerable.Range(0, 65).Select(i => $"s.{i}").ToList();

        var answer = await _workspace.ValidateAsync(created.ApiKey, request => request.RequiredScopes.Add(scopes.Take(64)));
        var error = await CallError.Of(_workspace.Client.ValidateKeyAsync(
            new() { ApiKey = created.ApiKey, RequiredScopes = { scopes } }, _workspace.Root));

        answer.Verdict.ShouldBe(Verdict.Valid);
        error.ShouldBeInvalid("required_scopes");
    }

    private static string[] Split(string scopes) => scopes.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
