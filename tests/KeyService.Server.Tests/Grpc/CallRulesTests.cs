using KeyService.Server.Grpc;
using KeyService.Server.Keys;
using ApiKeyServiceReflection = KeyService.Contracts.V1.ApiKeyServiceReflection;

namespace KeyService.Server.Tests.Grpc;

public class CallRulesTests
{
    [Theory]
    [InlineData("ValidateKey", 64)]
    [InlineData("ValidateKeys", 1_024)]
    public void Validations_have_places_of_their_own_and_their_own_limits(string rpc, int kibibytes) =>
        CallRules.Of(rpc).ShouldBe(new CallRules(rpc, CallClass.Validation, kibibytes * 1024, Permissions.Validate));

    [Fact]
    public void Every_other_rpc_is_management()
    {
        foreach (var rpc in ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Select(method => method.Name).Where(name => !name.StartsWith("Validate", StringComparison.Ordinal)))
            (CallRules.Of(rpc) with { Permission = Permissions.None }).ShouldBe(new CallRules(rpc, CallClass.Management, 256 * 1024));
    }

    [Fact]
    public void The_listeners_limit_is_the_smallest_and_the_framework_s_the_largest()
    {
        var limits = ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Select(method => CallRules.Of(method.Name).MaxMessageBytes).ToList();

        limits.Min().ShouldBe(CallRules.SmallestMaxMessageBytes);
        limits.Max().ShouldBeLessThanOrEqualTo(CallRules.LargestMaxMessageBytes);
    }

    /// <summary>An RPC that is added later must not be one that needs no permission by oversight.</summary>
    [Fact]
    public void Every_rpc_but_GetCaller_needs_a_permission() =>
        ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Select(method => method.Name)
            .Where(name => CallRules.Of(name).Permission == Permissions.None).ShouldBe(["GetCaller"]);

    [Theory]
    [InlineData("keys:admin", "SetStatus", true)]
    [InlineData("keys:admin", "ValidateKey", false)]
    [InlineData("keys:write", "SetStatus", true)]
    [InlineData("keys:read", "SetStatus", false)]
    [InlineData("keys:read", "GetCaller", true)]
    public void Before_the_message_is_known_a_permission_anywhere_is_enough(string permission, string rpc, bool may) =>
        CallRules.Of(rpc).MayCall(new(PermissionNames.Parse([permission]), ["w"]), workspaceId: null).ShouldBe(may);
}
