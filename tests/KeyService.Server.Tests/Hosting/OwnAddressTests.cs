using KeyService.Server.Hosting;

namespace KeyService.Server.Tests.Hosting;

/// <summary>What is printed can be opened.</summary>
public class OwnAddressTests
{
    [Theory]
    [InlineData("127.0.0.1", "http://127.0.0.1:18090/", "http://127.0.0.1:18090/")]
    [InlineData("0.0.0.0", "http://0.0.0.0:18090/", "http://127.0.0.1:18090/")]
    [InlineData("::1", "http://[::1]:18090/", "http://[::1]:18090/")]
    [InlineData("::", "http://[::]:18090/", "http://[::1]:18090/")]
    [InlineData("2001:db8::7", "http://[2001:db8::7]:18090/", "http://[2001:db8::7]:18090/")]
    public void An_address_is_a_URL_and_one_that_stands_for_all_is_reached_by_the_loopback(string bind, string listens, string reached)
    {
        var options = ServerOptions.Read(Configured.With((SettingNames.BindAddress, bind)));

        OwnAddress.Of(options, 18090).ToString().ShouldBe(listens);
        OwnAddress.Reachable(options, 18090).ToString().ShouldBe(reached);
    }
}
