using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using KeyService.AdminConsole.Service;
using KeyService.Server.Hosting;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Hosting;

/// <summary>Which certificates are accepted, and what is said of the others.</summary>
public sealed class CertificateAuthoritiesTests : IDisposable
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly TemporaryFolder _folder = new();
    private readonly X509Certificate2 _authority = Authority("CN=private");
    private readonly X509Certificate2 _other = Authority("CN=other");

    [Fact]
    public void A_certificate_of_an_authority_that_the_settings_name_is_accepted()
    {
        var check = Read(Pem("a.pem", _other), Pem("b.pem", _authority)).Begin();

        Accepts(check, Issued(_authority)).ShouldBeTrue(check.Problem);
        check.Problem.ShouldBeNull();
    }

    [Fact]
    public void Any_other_is_refused_with_the_reason()
    {
        var check = Read(Pem("a.pem", _authority)).Begin();

        Accepts(check, Issued(_other)).ShouldBeFalse();
        check.Problem.ShouldNotBeNull().ShouldContain("KeyService:CertificateAuthorities");
        Accepts(check, Issued(_authority), SslPolicyErrors.RemoteCertificateNameMismatch | SslPolicyErrors.RemoteCertificateChainErrors).ShouldBeFalse();
        check.Problem.ShouldNotBeNull().ShouldContain("another name");
        Accepts(check, Issued(_authority, Now.AddDays(-1))).ShouldBeFalse();
        check.Problem.ShouldNotBeNull().ShouldContain("expired");
        Accepts(CertificateTrust.System.Begin(), Issued(_authority)).ShouldBeFalse();
    }

    [Fact]
    public void What_the_system_trusts_is_accepted_as_before() => Accepts(Read(Pem("a.pem", _authority)).Begin(), Issued(_other), SslPolicyErrors.None).ShouldBeTrue();

    [Fact]
    public void A_file_that_is_not_there_or_holds_none_stops_the_start()
    {
        var empty = Path.Combine(_folder.Path, "empty.pem");
        File.WriteAllText(empty, "nothing");

        foreach (var path in (string[])[empty, Path.Combine(_folder.Path, "missing.pem")])
            Should.Throw<StartException>(() => Read(path)).Message.ShouldStartWith($"KeyService:CertificateAuthorities: {path} ");
    }

    public void Dispose()
    {
        _authority.Dispose();
        _other.Dispose();
        _folder.Dispose();
    }

    private static CertificateTrust Read(params string[] paths) => ServerOptions.Read(Configured.With((SettingNames.CertificateAuthorities, string.Join(", ", paths)))).Trust;

    private static bool Accepts(CertificateCheck check, X509Certificate2 certificate, SslPolicyErrors errors = SslPolicyErrors.RemoteCertificateChainErrors)
    {
        using (certificate)
        using (var chain = new X509Chain()) return check.Options.RemoteCertificateValidationCallback!(check, certificate, chain, errors);
    }

    private string Pem(string name, X509Certificate2 certificate)
    {
        var path = Path.Combine(_folder.Path, name);
        File.WriteAllText(path, certificate.ExportCertificatePem());
        return path;
    }

    private static X509Certificate2 Authority(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        return request.CreateSelfSigned(Now.AddDays(-10), Now.AddDays(10));
    }

    private static X509Certificate2 Issued(X509Certificate2 authority, DateTimeOffset? until = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256).Create(authority, Now.AddDays(-5), until ?? Now.AddDays(5), [1, 2, 3]);
    }
}
