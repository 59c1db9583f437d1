using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace KeyService.Server.Grpc;

/// <summary>Reads an issuer's metadata and keys over HTTP.</summary>
internal static class IssuerReader
{
    private const string Path = ".well-known/openid-configuration";

    /// <summary>Of a real issuer they have a few KiB.</summary>
    private const int MaxDocumentBytes = 1024 * 1024;

    /// <summary>The connections live as long as the process.</summary>
    public static Func<CancellationToken, Task<Issuer>> For(OidcOptions options)
    {
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(5) })
        {
            Timeout = IssuerMetadata.ReadBound / 2,
            MaxResponseContentBufferSize = MaxDocumentBytes,
        };
        // Two documents, each within the client's own bound.
        var documents = new HttpDocumentRetriever(http) { RequireHttps = options.Authority.Scheme == Uri.UriSchemeHttps };
        var address = $"{options.Authority.AbsoluteUri.TrimEnd('/')}/{Path}";
        return async cancellation => Issuer.Of(await OpenIdConnectConfigurationRetriever.GetAsync(address, documents, cancellation));
    }
}
