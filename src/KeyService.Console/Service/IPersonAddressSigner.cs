using System.Net;

namespace KeyService.AdminConsole.Service;

/// <summary>Signs the address of the person for whom the service is called, so that the service can tell it from what any client may claim.</summary>
public interface IPersonAddressSigner
{
    /// <summary>The header that carries it.</summary>
    string Header { get; }

    /// <summary>The header's value, for one call with that credential, sent now.</summary>
    string Sign(IPAddress address, string credential);
}
