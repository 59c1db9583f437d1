using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

public class TokenTurnsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TokenTurns _turns = new(atOnce: 1);

    [Fact]
    public async Task An_address_with_many_connections_delays_another_by_one_turn()
    {
        var taken = (await EnterAsync("peer:1")).ShouldNotBeNull();
        var flood = Enumerable.Range(0, 1_000).Select(_ => EnterAsync("peer:1")).ToList();
        var other = EnterAsync("peer:2");

        taken.Dispose();

        (await other.WaitAsync(Patience)).ShouldNotBeNull();
        flood.ShouldAllBe(waiting => !waiting.IsCompleted);
    }

    [Fact]
    public async Task A_connection_has_one_turn_at_a_time_and_one_that_waited_in_vain_none()
    {
        var turns = new TokenTurns(atOnce: 2);
        var connection = new ConnectionQuota("peer:1");
        var taken = (await turns.EnterAsync(connection, Patience, CancellationToken.None)).ShouldNotBeNull();

        (await turns.EnterAsync(connection, TimeSpan.FromMilliseconds(1), CancellationToken.None)).ShouldBeNull();
        taken.Dispose();

        (await turns.EnterAsync(connection, Patience, CancellationToken.None)).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_turn_that_does_not_come_in_time_leaves_the_connection_its_next()
    {
        var taken = (await EnterAsync("peer:1")).ShouldNotBeNull();
        var connection = new ConnectionQuota("peer:2");
        (await _turns.EnterAsync(connection, TimeSpan.FromMilliseconds(1), CancellationToken.None)).ShouldBeNull();
        taken.Dispose();

        (await _turns.EnterAsync(connection, Patience, CancellationToken.None)).ShouldNotBeNull();
    }

    private Task<IDisposable?> EnterAsync(string peer) => _turns.EnterAsync(new(peer), Patience, CancellationToken.None).AsTask();
}
