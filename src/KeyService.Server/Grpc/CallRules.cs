using Grpc.AspNetCore.Server;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>Calls that must not take each other's room.</summary>
internal enum CallClass
{
    Validation,
    Management,

    /// <summary><c>grpc.health.v1/Watch</c>, which needs no credential and has no end.</summary>
    Watch,
}

/// <summary>What holds for an RPC, over gRPC and JSON, before anything of its message is known: metadata of its endpoints.</summary>
/// <param name="Rpc">Its name.</param>
/// <param name="Class">Whose permits it takes.</param>
/// <param name="MaxMessageBytes">Of its message.</param>
/// <param name="Permission">What the caller needs; none for GetCaller.</param>
internal sealed record CallRules(string Rpc, CallClass Class, int MaxMessageBytes, Permissions Permission = Permissions.None)
{
    /// <summary>What the listeners allow until the RPC is known.</summary>
    public const int SmallestMaxMessageBytes = 64 * 1024;

    /// <summary>What the framework allows.</summary>
    public const int LargestMaxMessageBytes = 1024 * 1024;

    private const int ManagementMaxMessageBytes = 256 * 1024;

    /// <summary>No message of the contract comes near its limit: the largest CreateKey is about 60 KiB.</summary>
    public static CallRules Of(string rpc) => rpc switch
    {
        ValidateKeyCalls.Rpc => new(rpc, CallClass.Validation, SmallestMaxMessageBytes, Permissions.Validate),
        ValidateKeyCalls.BatchRpc => new(rpc, CallClass.Validation, LargestMaxMessageBytes, Permissions.Validate),
        _ => new(rpc, CallClass.Management, ManagementMaxMessageBytes, PermissionFor(rpc)),
    };

    /// <summary>Known before the message is: in the workspace of the path, else anywhere. The service checks the workspace of the message.</summary>
    public bool MayCall(CredentialRights rights, string? workspaceId) =>
        Permission == Permissions.None
        || (workspaceId is not null ? rights.May(Permission, workspaceId)
            : rights.Holds(Permission) || (Class == CallClass.Management && rights.Holds(Permissions.Admin)));

    private static Permissions PermissionFor(string rpc) => rpc switch
    {
        nameof(ApiKeyService.ApiKeyServiceBase.CreateKey) or nameof(ApiKeyService.ApiKeyServiceBase.SetStatus) => Permissions.Write,
        nameof(ApiKeyService.ApiKeyServiceBase.ListKeys) or nameof(ApiKeyService.ApiKeyServiceBase.GetKey) => Permissions.Read,
        nameof(ApiKeyService.ApiKeyServiceBase.RevealKey) => Permissions.Reveal,
        nameof(ApiKeyService.ApiKeyServiceBase.ListAuditEvents) => Permissions.Audit,
        _ => Permissions.None,
    };

    public static void Apply(IEndpointConventionBuilder service) => service.Add(endpoint =>
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } method && !endpoint.Metadata.OfType<NotServed>().Any())
            endpoint.Metadata.Add(Of(method.Method.Name));
    });
}

/// <summary>Marks the endpoints of RPCs that this process does not serve: they are refused without a look at the request.</summary>
internal sealed class NotServed;
