using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace KeyService.AdminConsole.Service;

/// <summary>Which server certificates this process accepts when it calls others: those that the system trusts, and those of the authorities in <c>KeyService:CertificateAuthorities</c>.</summary>
public sealed class CertificateTrust
{
    private readonly X509Certificate2Collection _authorities;

    private CertificateTrust(X509Certificate2Collection authorities) => _authorities = authorities;

    /// <summary>What the system trusts, and nothing else.</summary>
    public static CertificateTrust System { get; } = new([]);

    /// <exception cref="CryptographicException">A file is none, or cannot be read.</exception>
    /// <exception cref="IOException">A file is not there.</exception>
    /// <param name="path">A file with certificates in PEM.</param>
    public CertificateTrust With(string path)
    {
        var authorities = new X509Certificate2Collection(_authorities);
        authorities.ImportFromPemFile(path);
        if (authorities.Count == _authorities.Count) throw new CryptographicException("There is no certificate in PEM.");
        return new(authorities);
    }

    /// <summary>For one handler; it keeps why the last certificate was refused.</summary>
    public CertificateCheck Begin() => new(_authorities);
}

/// <summary>The check of the certificates that one handler meets.</summary>
public sealed class CertificateCheck
{
    private readonly X509Certificate2Collection _authorities;
    private volatile string? _problem;

    internal CertificateCheck(X509Certificate2Collection authorities) => _authorities = authorities;

    /// <summary>Why the last certificate was refused; null when it was not.</summary>
    public string? Problem => _problem;

    /// <summary>The handler's TLS options.</summary>
    public SslClientAuthenticationOptions Options => new() { RemoteCertificateValidationCallback = (_, certificate, chain, errors) => IsAccepted(certificate, chain, errors) };

    private bool IsAccepted(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        _problem = errors switch
        {
            SslPolicyErrors.None => null,
            _ when certificate is not X509Certificate2 => "it presents no certificate",
            _ when errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => "its certificate is for another name",
            _ => ChainProblem((X509Certificate2)certificate, chain),
        };
        return _problem is null;
    }

    /// <summary>By the authorities of the settings; the certificates between come from the server.</summary>
    private string? ChainProblem(X509Certificate2 certificate, X509Chain? presented)
    {
        if (_authorities.Count == 0) return Explain(presented);
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(_authorities);
        if (presented is not null) chain.ChainPolicy.ExtraStore.AddRange(presented.ChainPolicy.ExtraStore);
        // A private authority rarely publishes a list that can be reached from here; the framework does not ask for one by default either.
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // id-kp-serverAuth, as the framework asks for.
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid("1.3.6.1.5.5.7.3.1"));
        return chain.Build(certificate) ? null : Explain(chain);
    }

    private static string Explain(X509Chain? chain)
    {
        var status = chain?.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status) ?? X509ChainStatusFlags.PartialChain;
        return (status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != X509ChainStatusFlags.NoError
            ? "its certificate is of an authority that is not trusted; KeyService:CertificateAuthorities names more"
            : status.HasFlag(X509ChainStatusFlags.NotTimeValid) ? "its certificate has expired, or is not valid yet" : $"its certificate is not valid ({status})";
    }
}
