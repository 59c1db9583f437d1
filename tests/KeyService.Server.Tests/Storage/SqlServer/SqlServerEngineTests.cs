using KeyService.Server.Storage.SqlServer;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Tests.Storage.SqlServer;

public class SqlServerEngineTests
{
    [Fact]
    public void Validation_has_a_pool_of_its_own_to_the_same_database()
    {
        const string Management = "Data Source=db;Initial Catalog=k;Application Name=keyservice";

        var validation = SqlServerEngine.OfValidation(Management);

        validation.ShouldNotBe(Management);
        var builder = new SqlConnectionStringBuilder(validation);
        (builder.DataSource, builder.InitialCatalog, builder.ApplicationName).ShouldBe(("db", "k", "keyservice validation"));
    }
}
