using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;

namespace KeyService.Storage.Tests.TSql;

/// <summary>Decided before a server is asked, so there need be none.</summary>
public sealed class ReadOnlyIntentTests
{
    [Theory]
    [InlineData("ApplicationIntent=ReadOnly")]
    [InlineData("Application Intent=readonly;MultiSubnetFailover=True")]
    public async Task A_connection_string_that_may_lead_to_a_copy_is_refused_in_one_line(string intent)
    {
        var engine = new SqlServerEngine($"Server=none;Database=none;{intent}", TimeProvider.System);

        var refusal = await Should.ThrowAsync<StartException>(() => engine.CheckSettingsAsync(CancellationToken.None));

        refusal.Message.ShouldContain("ApplicationIntent=ReadOnly");
        refusal.Message.ShouldNotContain("\n");
    }
}
