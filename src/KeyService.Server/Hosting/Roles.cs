using Grpc.AspNetCore.Server;
using Grpc.Core;
using KeyService.Server.Storage;
using ApiKeyService = KeyService.Contracts.V1.ApiKeyService;
using KeyService.Server.Grpc;

namespace KeyService.Server.Hosting;

/// <summary>What a process does.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>ValidateKey and ValidateKeys.</summary>
    Validation = 1,

    /// <summary>All other RPCs.</summary>
    Management = 2,

    /// <summary>The admin console, at the HTTP port.</summary>
    Console = 4,
    All = Validation | Management | Console,
}

/// <summary>Reads <c>KeyService:Roles</c> and closes what a process does not do.</summary>
internal static class RoleSettings
{
    public static Roles Read(IConfiguration configuration)
    {
        if (Settings.Text(configuration, SettingNames.Roles) is not { } text) return Roles.All;
        var roles = Roles.None;
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries))
        {
            roles |= name switch
            {
                "validation" => Roles.Validation,
                "management" => Roles.Management,
                "console" => Roles.Console,
                _ => throw new StartException(
                    $"{SettingNames.Roles}: must be a comma-separated list of validation, management, console; an entry of {name.Length} characters is none of them."),
            };
        }

        return roles;
    }

    /// <summary>RPCs of a role that this process does not have answer UNIMPLEMENTED, over JSON too.</summary>
    public static void Apply(Roles roles, IEndpointConventionBuilder service) => service.Add(endpoint =>
    {
        if (endpoint.Metadata.OfType<GrpcMethodMetadata>().FirstOrDefault() is not { } method) return;
        var role = method.Method.Name is nameof(ApiKeyService.ApiKeyServiceBase.ValidateKey) or nameof(ApiKeyService.ApiKeyServiceBase.ValidateKeys) ? Roles.Validation : Roles.Management;
        if (roles.HasFlag(role)) return;
        endpoint.Metadata.Add(new NotServed());
        endpoint.RequestDelegate = Unimplemented;
    });

    private static Task Unimplemented(HttpContext context)
    {
        if (context.Request.ContentType?.StartsWith("application/grpc", StringComparison.Ordinal) == true)
        {
            context.Response.ContentType = "application/grpc";
            context.Response.Headers["grpc-status"] = ((int)StatusCode.Unimplemented).ToString(System.Globalization.CultureInfo.InvariantCulture);
            context.Response.Headers["grpc-message"] = "This process does not serve this RPC (KeyService:Roles).";
            return Task.CompletedTask;
        }

        context.Response.StatusCode = StatusCodes.Status501NotImplemented;
        return context.Response.WriteAsJsonAsync(
            new { code = (int)StatusCode.Unimplemented, message = "This process does not serve this RPC (KeyService:Roles).", details = Array.Empty<object>() });
    }
}
