using KeyService.Server.Hosting;

namespace KeyService.Server.Tests.Hosting;

public class SettingNamesTests
{
    [Theory]
    [InlineData("KeyService:HttpPort")]
    [InlineData("keyservice:httpport")]
    [InlineData("KeyService:MasterKeys:0:File")]
    [InlineData("KeyService:MasterKeys:17:Generation")]
    [InlineData("ConnectionStrings:Redis")]
    [InlineData("Kestrel:Certificates:Default:Path")]
    [InlineData("Logging:LogLevel:Default")]
    public void A_name_that_is_read_matches(string path) => SettingNames.Matches(path).ShouldBeTrue();

    [Theory]
    [InlineData("KeyService:HttpPorts")]
    [InlineData("KeyService:MasterKeys:File")]
    [InlineData("KeyService:MasterKeys::File")]
    [InlineData("KeyService:MasterKeys:0:Path")]
    [InlineData("KeyService:MasterKeys:0")]
    [InlineData("ConnectionStrings:Sql")]
    [InlineData("Kestrel:")]
    [InlineData("")]
    public void A_name_that_nobody_reads_does_not_match(string path) => SettingNames.Matches(path).ShouldBeFalse();

    [Fact]
    public void No_name_is_listed_twice() => SettingNames.All.Distinct(StringComparer.OrdinalIgnoreCase).Count().ShouldBe(SettingNames.All.Count);

    [Fact]
    public void The_README_explains_every_setting()
    {
        var readme = Repository.Read("README.md");

        SettingNames.All.Where(name => !readme.Contains($"`{name}`", StringComparison.Ordinal)).ShouldBeEmpty();
    }
}
