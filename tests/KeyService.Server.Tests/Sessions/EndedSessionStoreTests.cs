using KeyService.Server.Sessions;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace KeyService.Server.Tests.Sessions;

public class EndedSessionStoreTests
{
    /// <summary>Its cost grows with the rows, so it must not take the threads of look-ups by an index.</summary>
    [Fact]
    public async Task The_list_is_read_as_a_scan()
    {
        var engine = new FakeEngine { OnCreateContext = () => new OperationCanceledException() };
        var store = new EndedSessionStore(
            new KeyStore(engine, Samples.Metrics(), Samples.Writes()), Samples.Metrics(), TimeProvider.System, NullLogger<EndedSessionStore>.Instance);

        (await store.TryReadAsync(Samples.Now)).ShouldBeNull();

        engine.ScanCount.ShouldBe(1);
    }
}
