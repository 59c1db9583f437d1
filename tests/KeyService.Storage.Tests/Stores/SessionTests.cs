using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace KeyService.Storage.Tests.Stores;

/// <summary>Tests of console sessions: each <see cref="ConsoleAsync"/> is a process of its own, started.</summary>
public abstract class SessionTests(Engine engine) : StoreTests(engine)
{
    internal LogLines Log { get; } = new();

    internal async Task<ServiceProvider> ConsoleAsync(MasterKeys? masterKeys = null)
    {
        var process = Store.Process(masterKeys, more: services => services.AddSessionProtection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(Log)));
        foreach (var service in process.GetServices<IHostedService>()) await service.StartAsync(CancellationToken.None);
        return process;
    }

    internal static string Protect(IServiceProvider process, string text) => Protector(process).Protect(text);

    internal static string Unprotect(IServiceProvider process, string text) => Protector(process).Unprotect(text);

    internal static void Refuses(IServiceProvider process, string text) => Should.Throw<CryptographicException>(() => Unprotect(process, text));

    internal Task<List<SessionKeyRow>> RowsAsync() => Store.WithContextAsync(context => context.SessionKeys.AsNoTracking().OrderBy(row => row.Id).ToListAsync());

    internal Task PutAsync(params IEnumerable<SessionKeyRow> rows) => Store.WithContextAsync(context =>
    {
        context.SessionKeys.AddRange(rows);
        return context.SaveChangesAsync();
    });

    internal Task EmptyAsync() => Store.WithContextAsync(context => context.SessionKeys.ExecuteDeleteAsync());

    private static IDataProtector Protector(IServiceProvider process) => process.GetRequiredService<IDataProtectionProvider>().CreateProtector("sessions");
}
