using KeyService.Testing.Cluster.Rig;
using KeyService.Contracts.V1;
using KeyService.Testing.History;

namespace KeyService.Testing.Cluster.Load;

/// <summary>A client as callers write it: a call that fails is made once more, at the next replica.</summary>
internal sealed class RetryingClient(RecordedClient client, LoadKey key)
{
    /// <summary>Calls that failed twice.</summary>
    public List<Operation> Failed { get; } = [];

    public int Calls { get; private set; }

    public async Task RunAsync(Func<bool> isOver)
    {
        for (var replica = 0; !isOver(); replica = Next(replica))
        {
            await CallAsync(replica, at => client.ValidateAsync(at, key));
            await CallAsync(replica, at => client.SetStatusAsync(at, key, KeyStatus.Enabled));
            await Pace.Of(isOk: true);
        }
    }

    private async Task CallAsync(int replica, Func<int, Task<Operation>> call)
    {
        Calls++;
        if ((await call(replica)).IsOk) return;
        var again = await call(Next(replica));
        if (!again.IsOk) Failed.Add(again);
    }

    private static int Next(int replica) => (replica + 1) % ClusterRig.Replicas;
}
