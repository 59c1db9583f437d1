using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;

namespace KeyService.Server.Sessions;

/// <summary>Data Protection with its key ring in the database: a restart or another replica signs nobody out. Nothing is read from or written to disk.</summary>
internal static class SessionProtection
{
    /// <summary>Part of what every session is protected under: another name signs everybody out.</summary>
    private const string ApplicationName = "KeyService";

    private static readonly object DataProtectionsOwn = new();

    /// <summary>For the role that has sessions, once, beside <c>AddKeyService</c>. The ring is read, and begun if need be, when the host starts.</summary>
    public static IServiceCollection AddSessionProtection(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName(ApplicationName);
        services.AddSingleton<SessionKeyRing>();
        services.AddOptions<KeyManagementOptions>().Configure<SessionKeyRing>((options, ring) =>
        {
            options.XmlRepository = ring;
            // The ring seals each element whole; without any Data Protection would warn that keys are stored in the clear.
            options.XmlEncryptor = new NullXmlEncryptor();
        });
        // An element that is opened but not understood is written to the log at level Debug, with the key in it.
        services.AddLogging(logging => logging.AddFilter(typeof(XmlKeyManager).FullName, LogLevel.Warning));

        var own = services.Single(service => service.ServiceType == typeof(IKeyRingProvider) && !service.IsKeyedService);
        services.Remove(own);
        return services
            .AddKeyedSingleton(typeof(IKeyRingProvider), DataProtectionsOwn, own.ImplementationType!)
            .AddSingleton<IKeyRingProvider>(provider => new LateSessionKeys(
                provider.GetRequiredKeyedService<IKeyRingProvider>(DataProtectionsOwn), provider.GetRequiredService<IKeyManager>(),
                provider.GetRequiredService<TimeProvider>()));
    }
}
