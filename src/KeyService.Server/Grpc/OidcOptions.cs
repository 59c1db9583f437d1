namespace KeyService.Server.Grpc;

/// <summary>The OpenID Connect issuer whose JWTs are credentials. Its printed form has no secret.</summary>
internal sealed record OidcOptions
{
    /// <summary><c>KeyService:Oidc:Authority</c>: where <c>/.well-known/openid-configuration</c> is; http only on loopback.</summary>
    public required Uri Authority { get; init; }

    /// <summary><c>KeyService:Oidc:Audience</c>: what a JWT must be for.</summary>
    public required string Audience { get; init; }

    /// <summary><c>KeyService:Oidc:ClientId</c>: as whom the console signs people in; null: it does not.</summary>
    public string? ClientId { get; init; }

    /// <summary><c>KeyService:Oidc:ClientSecret</c>: of that client; null for a public one.</summary>
    public string? ClientSecret { get; init; }

    public override string ToString() => $"{nameof(OidcOptions)} {{ {nameof(Authority)} = {Authority}, {nameof(Audience)} = {Audience}, {nameof(ClientId)} = {ClientId} }}";
}
