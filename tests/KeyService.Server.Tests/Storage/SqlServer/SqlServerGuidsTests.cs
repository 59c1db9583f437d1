using System.Data.SqlTypes;
using KeyService.Server.Storage.SqlServer;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Storage.SqlServer;

public class SqlServerGuidsTests
{
    [Fact]
    public void Ids_are_made_in_the_order_in_which_the_server_sorts_them()
    {
        var made = Enumerable.Range(0, 1_000).Select(i => SqlServerGuids.New(Samples.Now.AddMilliseconds(i * 257))).ToList();

        made.Select(id => new SqlGuid(id)).ShouldBeInOrder(SortDirection.Ascending);
        made.ShouldBeUnique();
        made.ShouldAllBe(id => id.Version == 8 && id.Variant >= 8 && id.Variant <= 11);
    }

    [Fact]
    public void Ids_of_one_moment_differ() =>
        Enumerable.Range(0, 1_000).Select(_ => SqlServerGuids.New(Samples.Now)).ShouldBeUnique();
}
