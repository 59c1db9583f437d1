using KeyService.Server.Grpc;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Grpc;

public class ColdCredentialsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ColdCredentials _cold = new();

    [Fact]
    public async Task Calls_with_one_credential_take_turns_and_delay_no_other()
    {
        var first = new List<IDisposable>();
        for (var i = 0; i < ColdCredentials.ReadsOfOne; i++) first.Add((await EnterAsync("a")).ShouldNotBeNull());
        var next = EnterAsync("a").AsTask();
        next.IsCompleted.ShouldBeFalse();

        (await EnterAsync("b")).ShouldNotBeNull();
        next.IsCompleted.ShouldBeFalse();

        first[0].Dispose();
        (await next).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_credential_beyond_the_number_is_refused_at_once_until_another_is_known()
    {
        var turns = new List<IDisposable>();
        for (var i = 0; i < ColdCredentials.MaxCredentials; i++) turns.Add((await EnterAsync($"{i}")).ShouldNotBeNull());

        (await EnterAsync("another")).ShouldBeNull();
        (await EnterAsync("0")).ShouldNotBeNull("it is one of them");

        turns[1].Dispose();
        (await EnterAsync("another")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Whose_turn_does_not_come_in_time_leaves_the_line()
    {
        var turns = new List<IDisposable>();
        for (var i = 0; i < ColdCredentials.ReadsOfOne; i++) turns.Add((await EnterAsync("a")).ShouldNotBeNull());

        await Should.ThrowAsync<StoreUnavailableException>(_cold.EnterAsync("a", TimeSpan.Zero, CancellationToken.None).AsTask());
        using var gone = new CancellationTokenSource();
        var waiting = _cold.EnterAsync("a", Patience, gone.Token).AsTask();
        await gone.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(waiting);

        turns.ForEach(turn => turn.Dispose());
        for (var i = 0; i < ColdCredentials.MaxCredentials; i++) (await EnterAsync($"{i}")).ShouldNotBeNull();
    }

    [Fact]
    public async Task Calls_with_one_credential_are_bounded()
    {
        var calls = Enumerable.Range(0, ColdCredentials.CallsOfOne).Select(_ => EnterAsync("a").AsTask()).ToList();

        (await EnterAsync("a")).ShouldBeNull();
        calls.Count(call => call.IsCompleted).ShouldBe(ColdCredentials.ReadsOfOne);
    }

    private ValueTask<IDisposable?> EnterAsync(string credential) => _cold.EnterAsync(credential, Patience, CancellationToken.None);
}
