using KeyService.Server.Audit;

namespace KeyService.Server.Hosting;

/// <summary>
/// <c>keyservice verify-audit</c>. Exits with 0 when every chain is intact, with 1 when one is broken, and with 2 when none is broken as far as was checked, but
/// some could not be: a master key is missing, a setting is wrong, or the database does not answer. A script must not take the one for the other.
/// </summary>
internal static class VerifyAuditCommand
{
    /// <summary>Exit code: no chain is broken as far as was checked.</summary>
    public const int NotChecked = 2;

    private const int Broken = 1;

    /// <exception cref="StartException">A setting is wrong, or the database does not answer.</exception>
    public static Task<int> RunAsync(string[] settings, CancellationToken cancellation) =>
        Commands.WithStoreAsync(settings, create: false, startLock: false, services => VerifyAsync(services, cancellation), cancellation);

    private static async Task<int> VerifyAsync(IServiceProvider services, CancellationToken cancellation)
    {
        var (broken, missing) = (0, new SortedSet<char>());
        var verifier = services.GetRequiredService<AuditVerifier>();
        await foreach (var check in verifier.VerifyAsync(cancellation))
        {
            if (check.MissingGeneration is { } generation) missing.Add(generation);
            else if (check.Problem is not null) broken++;
            Console.WriteLine(check switch
            {
                { Problem: null } => $"ok      {check.WorkspaceId}: {check.Events} events, head {check.Head}",
                { MissingGeneration: not null } => $"UNKNOWN {check.WorkspaceId}: {check.Problem}",
                _ => $"BROKEN  {check.WorkspaceId}: {check.Problem}",
            });
        }

        var (events, fingerprint) = await verifier.HeadsAsync(cancellation);
        Console.WriteLine($"head    {events} events ever, fingerprint {fingerprint}");
        foreach (var generation in missing)
        {
            await Console.Error.WriteLineAsync(
                $"KeyService:MasterKeys: generation {generation} is missing, or is not this store's: chains that were written with it could not be checked.");
        }

        return broken > 0 ? Broken : missing.Count > 0 ? NotChecked : 0;
    }
}
