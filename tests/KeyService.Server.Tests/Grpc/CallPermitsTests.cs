using KeyService.Server.Grpc;
using KeyService.Server.Observability;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace KeyService.Server.Tests.Grpc;

public sealed class CallPermitsTests : IDisposable
{
    private readonly CallPermits _permits = new(new() { MaxValidations = 2, MaxManagementCalls = 1 });
    private readonly CancellationTokenSource _closed = new();
    private readonly DefaultHttpContext _http = new();

    public CallPermitsTests() => _http.Features.Set<IConnectionLifetimeFeature>(new Lifetime { ConnectionClosed = _closed.Token });

    public void Dispose() => _closed.Dispose();

    [Fact]
    public void Neither_class_takes_the_other_s_permits()
    {
        Take(CallClass.Management, "a").ShouldNotBeNull();
        Take(CallClass.Management, "b").ShouldBeNull();

        Take(CallClass.Validation, "a").ShouldNotBeNull();
        Take(CallClass.Validation, "b").ShouldNotBeNull();
        Take(CallClass.Validation, "c").ShouldBeNull();
        Take(CallClass.Watch, "a").ShouldNotBeNull();
    }

    [Fact]
    public void A_call_that_is_over_leaves_its_permit_to_the_next()
    {
        Take(CallClass.Management, "a")!.Dispose();
        using (_permits.TakeBriefly(CallClass.Management, "a")) Take(CallClass.Management, "b").ShouldBeNull();

        Take(CallClass.Management, "b").ShouldNotBeNull();
    }

    [Fact]
    public async Task A_permit_is_released_with_the_connection_though_its_call_never_ends_and_only_once()
    {
        var permit = Take(CallClass.Management, "a")!;

        await _closed.CancelAsync();

        _http.Features.Set<IConnectionLifetimeFeature>(null);
        var other = Take(CallClass.Management, "b").ShouldNotBeNull();
        permit.Dispose();
        Take(CallClass.Management, "c").ShouldBeNull();
        other.Dispose();
        Take(CallClass.Management, "c").ShouldNotBeNull();
    }

    private Permit? Take(CallClass kind, string caller) => _permits.Take(kind, caller, _http, out RefusalCause _);

    private sealed class Lifetime : IConnectionLifetimeFeature
    {
        public CancellationToken ConnectionClosed { get; set; }

        public void Abort()
        {
        }
    }
}
