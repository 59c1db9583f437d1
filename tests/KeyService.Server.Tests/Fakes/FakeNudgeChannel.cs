using KeyService.Server.Replication;

namespace KeyService.Server.Tests.Fakes;

/// <summary>Keeps what was sent.</summary>
internal sealed class FakeNudgeChannel : INudgeChannel
{
    public List<byte[]> Sent { get; } = [];

    public void Send(byte[] nudge) => Sent.Add(nudge);
}
