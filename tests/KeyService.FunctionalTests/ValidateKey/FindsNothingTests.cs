using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKey;

/// <summary>Every NOT_FOUND looks like every other.</summary>
public sealed class FindsNothingTests(SharedServer shared)
{
    private static readonly ValidateKeyResponse Nothing = new() { Verdict = Verdict.NotFound };

    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    public static TheoryData<string> Garbage =>
    [
        "empty", "space before", "space after", "newline after", "NUL after", "NUL inside", "full-width digit", "overlong digit look-alike",
        "other case", "cut", "longer", "mistyped", "other environment", "other brand", "zero width inside", "right to left", "50 kB", "doubled",
    ];

    [Theory]
    [MemberData(nameof(Garbage))]
    public async Task What_is_not_exactly_an_api_key_is_not_found(string kind)
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;
        var presented = kind switch
        {
            "empty" => "",
            "space before" => " " + apiKey,
            "space after" => apiKey + " ",
            "newline after" => apiKey + "\n",
            "NUL after" => apiKey + "\0",
            "NUL inside" => apiKey[..20] + "\0" + apiKey[21..],
            "full-width digit" => apiKey[..20] + "１" + apiKey[21..],
            "overlong digit look-alike" => apiKey[..20] + "¹" + apiKey[21..],
            "other case" => apiKey.ToUpperInvariant(),
            "cut" => apiKey[..^1],
            "longer" => apiKey + "0",
            "mistyped" => apiKey[..20] + (apiKey[20] == '0' ? '1' : '0') + apiKey[21..],
            "other environment" => apiKey.Replace("_live_", "_test_", StringComparison.Ordinal),
            "other brand" => "xx" + apiKey[2..],
            "zero width inside" => apiKey[..20] + "\u200B" + apiKey[20..],
            "right to left" => "\u202E" + apiKey,
            "50 kB" => string.Concat(Enumerable.Repeat("0123456789", 5_000)),
            _ => apiKey + apiKey,
        };

        (await _workspace.ValidateAsync(presented)).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(apiKey)).Verdict.ShouldBe(Verdict.Valid);
    }

    [Fact]
    public async Task A_key_of_another_workspace_than_asked_is_not_found()
    {
        var created = await _workspace.CreateAsync();

        (await _workspace.ValidateAsync(created.ApiKey, request => request.WorkspaceId = SharedServer.NewWorkspace())).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(created.ApiKey, request => request.WorkspaceId = _workspace.Id.ToUpperInvariant())).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(created.ApiKey, request => request.WorkspaceId = _workspace.Id)).Verdict.ShouldBe(Verdict.Valid);
    }

    [Fact]
    public async Task A_credential_is_not_found()
    {
        var credential = await _workspace.CreateCredentialAsync(["keys:read"], [_workspace.Id]);

        (await _workspace.ValidateAsync(credential.ApiKey)).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(credential.ApiKey, request => request.WorkspaceId = "system")).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(shared.Server.RootCredential)).ShouldBe(Nothing);
    }

    [Fact]
    public async Task A_key_of_a_workspace_that_the_caller_may_not_validate_is_not_found()
    {
        var mine = await _workspace.CreateAsync();
        var theirs = await TestWorkspace.New(shared).CreateAsync();
        var caller = await _workspace.CallerAsync("keys:validate");

        (await _workspace.ValidateAsync(theirs.ApiKey, caller: caller)).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(theirs.ApiKey, request => request.WorkspaceId = theirs.Key.WorkspaceId, caller)).ShouldBe(Nothing);
        (await _workspace.ValidateAsync(mine.ApiKey, caller: caller)).Verdict.ShouldBe(Verdict.Valid);
    }
}
