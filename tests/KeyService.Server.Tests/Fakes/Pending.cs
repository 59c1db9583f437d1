using System.Threading.Channels;

namespace KeyService.Server.Tests.Fakes;

/// <summary>A call under way that the test settles.</summary>
/// <param name="Call">What was asked.</param>
internal sealed record Pending<TCall, TAnswer>(TCall Call)
{
    private readonly TaskCompletionSource<TAnswer> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<TAnswer> Answer => _answer.Task;

    public void Answers(TAnswer answer) => _answer.SetResult(answer);

    public void Fails(Exception exception) => _answer.SetException(exception);
}

/// <summary>Calls in the order in which they were made; each waits for the test.</summary>
internal sealed class PendingCalls<TCall, TAnswer>
{
    /// <summary>Only a test that fails waits for it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Channel<Pending<TCall, TAnswer>> _calls = Channel.CreateUnbounded<Pending<TCall, TAnswer>>();
    private int _count;

    /// <summary>How many were ever made.</summary>
    public int Count => Volatile.Read(ref _count);

    public Task<TAnswer> Add(TCall call)
    {
        Interlocked.Increment(ref _count);
        var pending = new Pending<TCall, TAnswer>(call);
        _calls.Writer.TryWrite(pending).ShouldBeTrue();
        return pending.Answer;
    }

    public Task<Pending<TCall, TAnswer>> NextAsync() => _calls.Reader.ReadAsync().AsTask().WaitAsync(Patience);
}
