using System.Net;
using KeyService.AdminConsole.Service;
using KeyService.Server.Keys;

namespace KeyService.Server.Sessions;

/// <summary>Signs for the console what <see cref="ForwardedAddress"/> verifies at the service.</summary>
internal sealed class PersonAddressSigner(MasterKeys masterKeys, TimeProvider time) : IPersonAddressSigner
{
    public string Header => ForwardedAddress.Header;

    public string Sign(IPAddress address, string credential) => ForwardedAddress.Sign(address, credential, masterKeys.Current, time.GetUtcNow());
}
