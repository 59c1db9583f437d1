using KeyService.Server.Audit;
using KeyService.Server.Issuance;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Server.Hosting;

/// <summary>
/// The first credential: all permissions, everywhere. The file is written before the database has it, so after a crash between the two
/// the next start finds the file and installs it.
/// </summary>
internal sealed class RootCredential(KeyStore store, KeyIssuer issuer, MasterKeys masterKeys, ServerOptions options)
{
    /// <summary>Installs it on a store that has no credential yet; returns whether it did.</summary>
    /// <exception cref="StartException">The file that is there is not a credential of this service.</exception>
    public async Task<bool> InstallOnceAsync(CancellationToken cancellation)
    {
        var hasCredentials = await store.ReadAsync(
            (context, token) => context.ApiKeys.AnyAsync(key => key.WorkspaceId == Workspaces.System && key.CreatedBy != Actor.Canary.CredentialId, token), cancellation);
        if (hasCredentials) return false;

        var path = options.RootCredentialFile;
        if (!File.Exists(path))
            SecretFiles.Write(path, New(), SettingNames.RootCredentialFile, overwrite: false);
        return await InstallAsync(SecretFiles.Read(path, SettingNames.RootCredentialFile), onlyFirst: true, cancellation);
    }

    /// <summary>Makes another one in place of a lost one; the file is replaced. The lost one stays until it is switched off.</summary>
    public async Task ReplaceAsync(CancellationToken cancellation)
    {
        var credential = New();
        // Beside the file before it is installed: after a crash in between it is there, not a credential that nobody has.
        var next = options.RootCredentialFile + ".next";
        SecretFiles.Write(next, credential, SettingNames.RootCredentialFile, overwrite: true);
        await InstallAsync(credential, onlyFirst: false, cancellation);
        File.Move(next, options.RootCredentialFile, overwrite: true);
    }

    /// <summary>The text of a credential that nobody has installed yet.</summary>
    public string New() => ApiKeyText.Generate(options.Issuance.Brand, KeyEnvironment.Live, masterKeys.Current);

    private async Task<bool> InstallAsync(string credential, bool onlyFirst, CancellationToken cancellation)
    {
        try
        {
            ApiKeyDigest.Of(credential, masterKeys);
        }
        catch (ArgumentException e)
        {
            throw new StartException(
                $"{SettingNames.RootCredentialFile}: {options.RootCredentialFile} does not hold a credential made with this master key; `keyservice new-credential` makes one.",
                e);
        }

        var request = new KeyRequest
        {
            WorkspaceId = Workspaces.System,
            Name = "root",
            Description = "",
            Environment = KeyEnvironment.Live,
            Scopes = [.. PermissionNames.Everything],
            AllowedAddresses = [],
            PermittedWorkspaces = [Workspaces.All],
            Metadata = new Dictionary<string, string>(),
            ExpireTime = null,
            NonRecoverable = true,
        };
        return await issuer.InstallAsync(request, credential, onlyFirst, cancellation) is not null;
    }
}
