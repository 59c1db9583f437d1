using System.Security.Cryptography;
using KeyService.Server.Grpc;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Tests.Grpc;

public class IssuerTests
{
    private static readonly RSAParameters Parameters = NewParameters();

    [Fact]
    public void A_secret_among_the_keys_is_none_to_sign_with()
    {
        using var rsa = RSA.Create(2048);
        var configuration = new OpenIdConnectConfiguration { Issuer = "https://issuer" };
        configuration.SigningKeys.Add(new RsaSecurityKey(rsa));
        configuration.SigningKeys.Add(new SymmetricSecurityKey(new byte[32]));
        configuration.SigningKeys.Add(new JsonWebKey { Kty = "oct", K = "AAAA" });

        Issuer.Of(configuration).Keys.ShouldHaveSingleItem().ShouldBeOfType<RsaSecurityKey>();
        Should.Throw<InvalidOperationException>(() => Issuer.Of(new()));
    }

    [Fact]
    public void An_issuer_is_another_one_with_another_name_key_or_id()
    {
        var issuer = New("a", "b");

        issuer.IsSame(New("a", "b")).ShouldBeTrue();
        issuer.IsSame(New("a", "c")).ShouldBeFalse();
        issuer.IsSame(New("a")).ShouldBeFalse();
        issuer.IsSame(New("a", "b", "b")).ShouldBeFalse();
        issuer.IsSame(New("a", "b") with { Name = "https://another" }).ShouldBeFalse();
        issuer.IsSame(New("a", "b") with { Keys = [issuer.Keys[0], new RsaSecurityKey(NewParameters()) { KeyId = "b" }] }).ShouldBeFalse();
    }

    private static Issuer New(params string[] ids) => new("https://issuer", [.. ids.Select(id => new RsaSecurityKey(Parameters) { KeyId = id })]);

    private static RSAParameters NewParameters()
    {
        using var rsa = RSA.Create(2048);
        return rsa.ExportParameters(includePrivateParameters: false);
    }
}
