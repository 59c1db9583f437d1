using KeyService.Server.Hosting.Connections;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Hosting.Connections;

public class ConnectionLimitsTests
{
    [Theory]
    [InlineData(null, 2, 20_000)]
    [InlineData(1_048_576, 2, 20_000)]
    [InlineData(40_500, 2, 18_984)]
    [InlineData(1_024, 2, 212)]
    [InlineData(1_024, 1, 424)]
    [InlineData(700, 2, 50)]
    public void What_the_limit_of_open_files_leaves_is_shared_by_the_listeners(int? openFiles, int listeners, int connections) =>
        ConnectionLimits.For(openFiles, listeners).Connections.ShouldBe(connections);

    [Theory]
    [InlineData(65_536, 20_000, 5_000)]
    [InlineData(8_192, 20_000, 1_024)]
    [InlineData(1_024, 20_000, 128)]
    [InlineData(384, 20_000, 48)]
    [InlineData(384, 50, 37)]
    [InlineData(65_536, 100, 75)]
    [InlineData(65_536, 400, 256)]
    [InlineData(1, 20_000, 1)]
    public void Connections_without_a_credential_have_a_quarter_or_what_a_quarter_of_the_memory_allows(
        int mebibytes, int connections, int anonymous) =>
        new ConnectionLimits { Connections = connections, Memory = mebibytes * 1024L * 1024 }.Anonymous.ShouldBe(anonymous);

    [Fact]
    public void A_limit_that_leaves_too_few_stops_the_start_and_names_what_is_needed() =>
        Should.Throw<StartException>(() => ConnectionLimits.For(699, 2)).Message.ShouldBe("The limit of open files of this process (ulimit -n) is 699: at least 700 are needed.");

    [Theory]
    [InlineData("Max open files            1024                 524288               files     ", 1024)]
    [InlineData("Max open files            unlimited            unlimited            files     ", null)]
    [InlineData("Max open files            9999999999           9999999999           files     ", int.MaxValue)]
    [InlineData("Max processes             62720                62720                processes ", null)]
    public void The_soft_limit_is_read_as_the_system_writes_it(string line, int? limit) =>
        OpenFiles.Parse(["Limit                     Soft Limit           Hard Limit           Units     ", line]).ShouldBe(limit);
}
