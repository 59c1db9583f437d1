using System.Security.Cryptography;
using KeyService.AdminConsole.Service;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>Reads <c>KeyService:CertificateAuthorities</c>.</summary>
internal static class CertificateAuthorities
{
    /// <exception cref="StartException">A file is not there, or has no certificate.</exception>
    public static CertificateTrust Read(IConfiguration configuration)
    {
        var trust = CertificateTrust.System;
        foreach (var path in (Settings.Text(configuration, SettingNames.CertificateAuthorities) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            try
            {
                trust = trust.With(path);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new StartException($"{SettingNames.CertificateAuthorities}: {path} is not there, or this user may not read it.", e);
            }
            catch (CryptographicException e)
            {
                throw new StartException($"{SettingNames.CertificateAuthorities}: {path} must hold certificates in PEM.", e);
            }
        }

        return trust;
    }
}
