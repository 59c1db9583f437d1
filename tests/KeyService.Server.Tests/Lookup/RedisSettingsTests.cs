using KeyService.Server.Lookup;
using StackExchange.Redis;

namespace KeyService.Server.Tests.Lookup;

public class RedisSettingsTests
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("redis:6379,password=hunter2,ssl=true")]
    [InlineData("a.example:6379,b.example:6379,user=u,abortConnect=true")]
    [InlineData("127.0.0.1:1")]
    [InlineData("[::1]:6379")]
    [InlineData("::1")]
    [InlineData("my_redis:6379,serviceName=main")]
    public void What_names_a_host_is_taken(string text) => RedisSettings.Fault(text).ShouldBeNull();

    [Theory]
    [InlineData("redis://127.0.0.1:6379")]
    [InlineData("rediss://:hunter2@redis:6379/0")]
    [InlineData("http://redis")]
    [InlineData(":6379")]
    [InlineData(" , ")]
    [InlineData("password=hunter2")]
    [InlineData("redis:hunter2")]
    [InlineData("redis:0")]
    [InlineData("redis:65536")]
    [InlineData("redis:-1")]
    [InlineData("redis:")]
    [InlineData("redis:6379:7")]
    [InlineData("user:hunter2@redis:6379")]
    [InlineData("redis/0")]
    [InlineData("redis;6379")]
    [InlineData("redis 6379")]
    [InlineData("6379")]
    [InlineData("127.0.0.1.5:6379")]
    [InlineData("256.0.0.1:6379")]
    [InlineData("a:6379,b:hunter2")]
    [InlineData("redis:6379,hunter2=1")]
    [InlineData("redis:6379,ssl=hunter2")]
    [InlineData("redis:6379;password=hunter2")]
    public void What_does_not_is_refused_without_a_word_of_it(string text)
    {
        var fault = RedisSettings.Fault(text);

        fault.ShouldNotBeNull();
        fault.ShouldNotContain("hunter2");
    }

#pragma warning disable CS0618 // The newer ones are not for tests.
    [Fact]
    public void Words_of_Redis_are_found_and_nothing_else_of_its_text_is_kept()
    {
        RedisCause.In("SimpleError: WRONGPASS invalid username-password pair or user is disabled.")!.ShouldStartWith("WRONGPASS");
        RedisCause.In("MISCONF Redis is configured to save RDB snapshots in /data/hunter2")!.ShouldStartWith("MISCONF");
        RedisCause.Of(new RedisServerException("OOM command not allowed when used memory > 'maxmemory'.")).ShouldStartWith("OOM");
        RedisCause.Of(new RedisServerException("READONLY You can't write against a read only replica.")).ShouldStartWith("READONLY");
        RedisCause.Of(new RedisServerException("hunter2")).ShouldBe("Redis refused the command");
        RedisCause.Of(new RedisConnectionException(ConnectionFailureType.AuthenticationFailure, "refused hunter2", new RedisServerException("NOAUTH Returned"))).ShouldStartWith("NOAUTH");
        RedisCause.OfConnecting(new RedisConnectionException(ConnectionFailureType.UnableToConnect, "x", new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.ConnectionRefused)), tls: false).ShouldBe("connection refused");
        RedisCause.OfConnecting(new RedisConnectionException(ConnectionFailureType.SocketFailure, "x", new IOException("unexpected EOF")), tls: true).ShouldContain("ssl=true");
    }
#pragma warning restore CS0618
}
