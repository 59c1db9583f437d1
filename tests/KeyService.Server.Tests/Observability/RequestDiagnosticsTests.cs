using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Observability;

public class RequestDiagnosticsTests
{
    /// <summary>The category at Critical makes the framework begin an activity and a log scope for each request: 900 bytes and a fifth of a validation's CPU time.</summary>
    [Fact]
    public void No_activity_and_no_log_scope_begins_for_a_request()
    {
        var settings = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json")).Build();
        using var services = new ServiceCollection()
            .AddLogging(logging => logging.AddConfiguration(settings.GetSection("Logging")).AddConsole()).BuildServiceProvider();

        var log = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Hosting.Diagnostics");

        log.IsEnabled(LogLevel.Critical).ShouldBeFalse();
    }
}
