using KeyService.Server.Grpc;
using ApiKeyServiceReflection = KeyService.Contracts.V1.ApiKeyServiceReflection;

namespace KeyService.Server.Tests.Grpc;

public class CallRulesTests
{
    [Theory]
    [InlineData("ValidateKey", 64)]
    [InlineData("ValidateKeys", 1_024)]
    public void Validations_have_places_of_their_own_and_their_own_limits(string rpc, int kibibytes) =>
        CallRules.Of(rpc).ShouldBe(new CallRules(rpc, CallClass.Validation, kibibytes * 1024));

    [Fact]
    public void Every_other_rpc_is_management()
    {
        foreach (var rpc in ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Select(method => method.Name).Where(name => !name.StartsWith("Validate", StringComparison.Ordinal)))
            CallRules.Of(rpc).ShouldBe(new CallRules(rpc, CallClass.Management, 256 * 1024));
    }

    [Fact]
    public void The_listeners_limit_is_the_smallest_and_the_framework_s_the_largest()
    {
        var limits = ApiKeyServiceReflection.Descriptor.Services.Single().Methods.Select(method => CallRules.Of(method.Name).MaxMessageBytes).ToList();

        limits.Min().ShouldBe(CallRules.SmallestMaxMessageBytes);
        limits.Max().ShouldBeLessThanOrEqualTo(CallRules.LargestMaxMessageBytes);
    }
}
