using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A lock on the store that the test takes away and gives back.</summary>
internal sealed class FakeStoreLock : IStoreLock
{
    public bool IsHeld { get; set; } = true;

    public long Takings { get; set; } = 1;

    public CancellationToken Lost => CancellationToken.None;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
