using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Storage;

/// <summary>What a failure is called; with databases under it is the storage suite.</summary>
public class KeyStoreTests
{
    private readonly FakeEngine _engine = new();
    private readonly KeyStore _store;

    public KeyStoreTests() => _store = new KeyStore(_engine, Samples.Metrics(), Samples.Writes());

    [Fact]
    public async Task Who_goes_away_before_his_turn_to_write_has_changed_nothing_and_is_told_so()
    {
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(_store.WriteAsync(Guid.Empty, (_, _) => Task.FromResult(0), caller.Token));
    }

    [Fact]
    public async Task A_read_whose_caller_went_away_is_cancelled_not_unavailable()
    {
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();
        _engine.OnCreateContext = () => new OperationCanceledException(caller.Token);

        await Should.ThrowAsync<OperationCanceledException>(_store.ReadAsync((_, _) => Task.FromResult(0), caller.Token));
    }

    /// <summary>A reader that is disposed when its caller goes away has several words for it.</summary>
    [Fact]
    public async Task Whatever_a_read_throws_whose_caller_went_away_it_is_cancelled()
    {
        using var caller = new CancellationTokenSource();
        await caller.CancelAsync();
        _engine.OnCreateContext = () => new ObjectDisposedException("reader");

        (await Record.ExceptionAsync(() => _store.ReadAsync((_, _) => Task.FromResult(0), caller.Token)))
            .ShouldBeOfType<OperationCanceledException>().InnerException.ShouldBeOfType<ObjectDisposedException>();
    }

    [Fact]
    public async Task A_copy_that_answers_is_unavailable_and_keeps_its_cause()
    {
        _engine.OnCreateContext = () => new StoreUnavailableException(failure: "a copy");

        (await Should.ThrowAsync<StoreUnavailableException>(_store.ReadAsync((_, _) => Task.FromResult(0), CancellationToken.None))).Failure.ShouldBe("a copy");
    }

    [Fact]
    public async Task A_change_that_was_cut_off_is_unavailable()
    {
        _engine.OnCreateContext = () => new OperationCanceledException();

        await Should.ThrowAsync<StoreUnavailableException>(_store.WriteAsync(Guid.Empty, (_, _) => Task.FromResult(0), CancellationToken.None));
    }

    [Fact]
    public async Task A_fault_of_the_service_is_not_passed_off_as_an_outage()
    {
        _engine.OnCreateContext = () => new NullReferenceException();

        await Should.ThrowAsync<NullReferenceException>(_store.ReadAsync((_, _) => Task.FromResult(0), CancellationToken.None));
        await Should.ThrowAsync<NullReferenceException>(_store.WriteAsync(Guid.Empty, (_, _) => Task.FromResult(0), CancellationToken.None));
    }
}
