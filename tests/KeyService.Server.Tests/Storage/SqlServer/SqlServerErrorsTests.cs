using KeyService.Server.Storage.SqlServer;
using KeyService.Server.Tests.Fakes;
using Microsoft.EntityFrameworkCore.SqlServer.Storage.Internal;

namespace KeyService.Server.Tests.Storage.SqlServer;

public class SqlServerErrorsTests
{
    [Theory]
    [InlineData(207, 16)]
    [InlineData(208, 16)]
    [InlineData(229, 14)]
    [InlineData(230, 14)]
    [InlineData(515, 16)]
    [InlineData(547, 16)]
    [InlineData(916, 14)]
    [InlineData(2601, 14)]
    [InlineData(2627, 14)]
    [InlineData(2628, 16)]
    [InlineData(4060, 11)]
    [InlineData(8152, 16)]
    [InlineData(18452, 14)]
    [InlineData(18456, 14)]
    [InlineData(18470, 14)]
    [InlineData(18487, 14)]
    [InlineData(40615, 14)]
    [InlineData(824, 24)]
    [InlineData(-2146893019, 20)]
    public void What_somebody_has_to_change_is_permanent_and_has_a_cause(int number, byte severity)
    {
        SqlServerErrors.IsPermanent(number, severity).ShouldBeTrue();
        SqlServerErrors.CauseOf(number).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(-2, 11)]
    [InlineData(0, 11)]
    [InlineData(0, 20)]
    [InlineData(53, 20)]
    [InlineData(64, 20)]
    [InlineData(976, 14)]
    [InlineData(983, 14)]
    [InlineData(1105, 17)]
    [InlineData(1205, 13)]
    [InlineData(1222, 16)]
    [InlineData(3906, 16)]
    [InlineData(3960, 16)]
    [InlineData(9002, 17)]
    [InlineData(10061, 20)]
    [InlineData(10928, 16)]
    [InlineData(10929, 16)]
    [InlineData(17142, 14)]
    [InlineData(18401, 14)]
    [InlineData(40501, 20)]
    [InlineData(40613, 17)]
    [InlineData(49918, 16)]
    [InlineData(539, 16)]
    [InlineData(1215, 16)]
    [InlineData(2021, 16)]
    [InlineData(3941, 16)]
    [InlineData(3947, 16)]
    [InlineData(3950, 16)]
    [InlineData(3953, 16)]
    [InlineData(3957, 16)]
    [InlineData(9020, 16)]
    [InlineData(9985, 16)]
    [InlineData(19413, 16)]
    [InlineData(19494, 16)]
    [InlineData(20041, 16)]
    [InlineData(35293, 16)]
    [InlineData(40106, 16)]
    [InlineData(40189, 16)]
    [InlineData(40623, 16)]
    [InlineData(40890, 16)]
    [InlineData(40918, 16)]
    [InlineData(40938, 16)]
    [InlineData(41383, 16)]
    [InlineData(41640, 16)]
    [InlineData(41823, 16)]
    [InlineData(41840, 16)]
    [InlineData(42029, 16)]
    [InlineData(45153, 16)]
    [InlineData(45156, 16)]
    [InlineData(45157, 16)]
    [InlineData(45161, 16)]
    [InlineData(45179, 16)]
    [InlineData(45182, 16)]
    [InlineData(45319, 16)]
    [InlineData(47132, 16)]
    [InlineData(49977, 16)]
    [InlineData(49983, 16)]
    public void What_ends_by_itself_is_transient(int number, byte severity) => SqlServerErrors.IsPermanent(number, severity).ShouldBeFalse();

    [Fact]
    public void Whatever_EF_Core_retries_is_transient_but_for_a_database_that_is_not_there()
    {
#pragma warning disable EF1001 // The list is in an internal class; only this comparison needs it.
        var retried = Enumerable.Range(1, 70_000).Where(number => SqlServerTransientExceptionDetector.ShouldRetryOn(SqlErrors.Of(number, severity: 16))).ToList();
#pragma warning restore EF1001
        retried.ShouldContain(4060);
        retried.Count.ShouldBeGreaterThan(100);

        retried.Where(number => SqlServerErrors.IsPermanent(number, severity: 16)).ShouldBe([4060]);
        retried.Where(number => SqlServerErrors.CauseOf(number) is null).ShouldBeEmpty();
    }

    [Theory]
    // The statement is wrong, a permission is missing; the server lacks memory, ends the connection.
    [InlineData(12_345, 16, true)]
    [InlineData(12_345, 14, true)]
    [InlineData(12_345, 10, false)]
    [InlineData(12_345, 17, false)]
    [InlineData(12_345, 20, false)]
    public void An_unknown_number_goes_by_its_severity(int number, byte severity, bool isPermanent) =>
        SqlServerErrors.IsPermanent(number, severity).ShouldBe(isPermanent);
}
