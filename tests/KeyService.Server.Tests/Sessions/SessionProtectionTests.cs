using KeyService.Server.Sessions;
using KeyService.Server.Tests.Fakes;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace KeyService.Server.Tests.Sessions;

public class SessionProtectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_ring_is_the_tables_whoever_else_adds_data_protection(bool othersFirst)
    {
        var services = new ServiceCollection().AddSingleton(TimeProvider.System).AddLogging();
        services.AddSingleton(provider => new SessionKeys(null!, Samples.MasterKeys, TimeProvider.System, provider.GetRequiredService<ILogger<SessionKeys>>()));
        if (othersFirst) services.AddDataProtection();
        services.AddSessionProtection();
        if (!othersFirst) services.AddDataProtection();
        using var provider = services.BuildServiceProvider();

        provider.GetRequiredService<IKeyRingProvider>().ShouldBeOfType<LateSessionKeys>();
        var options = provider.GetRequiredService<IOptions<KeyManagementOptions>>().Value;
        options.XmlRepository.ShouldBeOfType<SessionKeyRing>("no key file on any disk");
        options.XmlEncryptor.ShouldNotBeNull();
        provider.GetRequiredService<IOptions<DataProtectionOptions>>().Value.ApplicationDiscriminator.ShouldBe("KeyService");
    }
}
