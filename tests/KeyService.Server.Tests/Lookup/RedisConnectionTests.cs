using KeyService.Server.Lookup;
using StackExchange.Redis;

namespace KeyService.Server.Tests.Lookup;

public class RedisConnectionTests
{
    [Fact]
    public async Task Why_Redis_refuses_a_login_is_found_out()
    {
        var refused = new RedisConnectionException(ConnectionFailureType.AuthenticationFailure, CommandFlags.None, "WRONGPASS invalid username-password pair", null, CommandStatus.Unknown);

        (await RedisConnection.RefusalAsync(() => Task.FromException(refused))).ShouldNotBeNull().ShouldStartWith("WRONGPASS");
        (await RedisConnection.RefusalAsync(() => Task.CompletedTask)).ShouldBeNull();
    }

    [Theory]
    [InlineData(typeof(InvalidOperationException))]
    [InlineData(typeof(ObjectDisposedException))]
    [InlineData(typeof(TimeoutException))]
    [InlineData(typeof(RedisConnectionException))]
    public async Task Any_other_failure_to_find_it_out_is_no_cause_and_ends_no_service(Type type)
    {
        Exception failure = type.Name switch
        {
            nameof(RedisConnectionException) => new RedisConnectionException(ConnectionFailureType.UnableToConnect, CommandFlags.None, "x", null, CommandStatus.Unknown),
            _ => (Exception)Activator.CreateInstance(type, "x")!,
        };

        (await RedisConnection.RefusalAsync(() => Task.FromException(failure))).ShouldBeNull();
        (await RedisConnection.RefusalAsync(() => throw failure)).ShouldBeNull();
    }
}
