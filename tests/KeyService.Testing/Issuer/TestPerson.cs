namespace KeyService.Testing;

/// <summary>Who can sign in, and what a token of theirs says.</summary>
/// <param name="Subject">Claim <c>sub</c>, and the <c>login_hint</c> that signs in.</param>
/// <param name="Permissions">Claim <c>keyservice_permissions</c>.</param>
public sealed record TestPerson(string Subject, params IReadOnlyList<string> Permissions)
{
    /// <summary>Claim <c>name</c>.</summary>
    public string Name { get; init; } = Subject;

    /// <summary>Claim <c>aud</c>, where it is another than the issuer's own.</summary>
    public string? Audience { get; init; }

    /// <summary>Of access tokens; those of the code flow and of <see cref="TestIssuer.TokenAsync(TestPerson)"/>.</summary>
    public TimeSpan Lifetime { get; init; } = TimeSpan.FromMinutes(10);
}

/// <summary>What the code flow returns.</summary>
/// <param name="AccessToken">The credential.</param>
/// <param name="IdToken">Says who signed in.</param>
/// <param name="RefreshToken">Gets the next.</param>
public sealed record TestTokens(string AccessToken, string IdToken, string RefreshToken);
