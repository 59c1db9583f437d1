using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Reads a connection's input in slices while the process has more work than it does. Kestrel begins every call that it has read: 50 calls of each of 32 connections do not fit the
/// processor's caches, and the server then answers 0.6 of its capacity (tests/KeyService.Benchmarks, overload). Each slice but the first after a wait for the client waits at the
/// end of the thread pool's queue, behind the calls of the slice before.
/// </summary>
/// <param name="input">What the client sends.</param>
/// <param name="isBusy">Whether there is more work than the process does.</param>
internal sealed class InputSlices(PipeReader input, Func<bool> isBusy) : PipeReader, IThreadPoolWorkItem, IValueTaskSource<ReadResult>
{
    /// <summary>Bytes: about seven calls of ValidateKey.</summary>
    public const int Length = 1024;

    /// <summary>As many calls as eight connections may have under way, with which the server answers its capacity.</summary>
    private const int ManyWorkItems = 400;

    private ManualResetValueTaskSourceCore<ReadResult> _turn;
    private ReadResult _read;

    /// <summary>Bytes that were examined and not consumed: the next read returns more than these.</summary>
    private long _examined;

    /// <summary>Whether input was read since the last wait for the client.</summary>
    private bool _hasRead;

    /// <summary>Costs some 10 ns for each thread of the pool.</summary>
    public static bool IsPoolBusy() => ThreadPool.PendingWorkItemCount > ManyWorkItems;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var reading = input.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully) return WaitAsync(reading);
        _read = reading.Result;
        if (!_hasRead || !isBusy())
        {
            _hasRead = true;
            return new(Slice());
        }

        _turn.Reset();
        var result = new ValueTask<ReadResult>(this, _turn.Version);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        return result;
    }

    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out _read))
        {
            result = default;
            return false;
        }

        result = Slice();
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _examined = consumed.Equals(examined) ? 0 : _read.Buffer.Slice(consumed, examined).Length;
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    void IThreadPoolWorkItem.Execute() => _turn.SetResult(Slice());

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _turn.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _turn.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _turn.OnCompleted(continuation, state, token, flags);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAsync(ValueTask<ReadResult> reading)
    {
        _hasRead = false;
        _read = await reading;
        _hasRead = true;
        return Slice();
    }

    private ReadResult Slice()
    {
        var length = _examined + Length;
        return _read.Buffer.Length <= length || !isBusy() ? _read : new(_read.Buffer.Slice(0, length), _read.IsCanceled, isCompleted: false);
    }
}
