using Grpc.AspNetCore.Server;

namespace KeyService.Server.Grpc;

/// <summary>Calls that must not take each other's room.</summary>
internal enum CallClass
{
    Validation,
    Management,
}

/// <summary>What holds for an RPC, over gRPC and JSON, before anything of its message is known: metadata of its endpoints.</summary>
internal sealed record CallRules(string Rpc, CallClass Class, int MaxMessageBytes)
{
    /// <summary>What the listeners allow until the RPC is known.</summary>
    public const int SmallestMaxMessageBytes = 64 * 1024;

    /// <summary>What the framework allows.</summary>
    public const int LargestMaxMessageBytes = 1024 * 1024;

    private const int ManagementMaxMessageBytes = 256 * 1024;

    /// <summary>No message of the contract comes near its limit: the largest CreateKey is about 60 KiB.</summary>
    public static CallRules Of(string rpc) => rpc switch
    {
        ValidateKeyCalls.Rpc => new(rpc, CallClass.Validation, SmallestMaxMessageBytes),
        ValidateKeyCalls.BatchRpc => new(rpc, CallClass.Validation, LargestMaxMessageBytes),
        _ => new(rpc, CallClass.Management, ManagementMaxMessageBytes),
    };

    public static void Apply(IEndpointConventionBuilder service) => service.Add(endpoint =>
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is { } method) endpoint.Metadata.Add(Of(method.Method.Name));
    });
}
