using KeyService.Server.Storage;

namespace KeyService.Storage.Tests.Stores;

/// <summary>For services beside each other on one store, which a real lock would refuse.</summary>
internal sealed class HeldLock : IStoreLock
{
    public static readonly HeldLock Instance = new();

    public bool IsHeld => true;

    public long Takings => 1;

    public CancellationToken Lost => CancellationToken.None;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
