namespace KeyService.Server.Hosting;

/// <summary><c>keyservice recover</c>: for the operator after the database went back in time. Needs no master key.</summary>
internal static class RecoverCommand
{
    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellation)
    {
        var options = ServerOptions.Read(Commands.ConfigurationOf(settings));
        var engine = await StorageEngines.MigratedAsync(options, cancellation);
        await engine.Replication.RenewEpochAsync(cancellation);
        var look = await engine.Replication.LookAsync(drawTicket: false, cancellation);
        Console.WriteLine($"""
            This {engine.Name} store has a new epoch: {look.Epoch.Id}.
            Answers that processes or Redis kept from before are not believed any more; the keys themselves are as they were.
            The list of replicas is empty: each process enters itself again.
            After a restore, a forced failover or a copy: run this before the processes serve again. If some were serving meanwhile,
            changes are PENDING for one lease, and a key that was switched off since the backup is on again: switch it off again.
            """);
        return 0;
    }
}
