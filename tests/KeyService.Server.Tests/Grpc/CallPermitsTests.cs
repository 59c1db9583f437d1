using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

public class CallPermitsTests
{
    private readonly CallPermits _permits = new(new() { MaxValidations = 2, MaxManagementCalls = 1 });

    [Fact]
    public void Neither_class_takes_the_other_s_places()
    {
        _permits.Take(CallClass.Management).IsAcquired.ShouldBeTrue();
        _permits.Take(CallClass.Management).IsAcquired.ShouldBeFalse();

        _permits.Take(CallClass.Validation).IsAcquired.ShouldBeTrue();
        _permits.Take(CallClass.Validation).IsAcquired.ShouldBeTrue();
        _permits.Take(CallClass.Validation).IsAcquired.ShouldBeFalse();
    }

    [Fact]
    public void A_call_that_is_over_leaves_its_place_to_the_next()
    {
        _permits.Take(CallClass.Management).Dispose();
        // A refusal holds none.
        _permits.Take(CallClass.Management).Dispose();

        _permits.Take(CallClass.Management).IsAcquired.ShouldBeTrue();
    }
}
