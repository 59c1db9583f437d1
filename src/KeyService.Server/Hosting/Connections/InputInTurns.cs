using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace KeyService.Server.Hosting.Connections;

/// <summary>
/// Reads a connection's long input in slices, each in a turn of <see cref="InputTurns"/>. Short input is read
/// as it comes: few calls at a time never wait for a turn, and their answers are sent together (slices for all input cost 10 %
/// of a call). Input that is longer than the calls of a connection can be is a body: it is not cut into slices, though
/// Kestrel takes at most 4 KiB of it at a time over HTTP/2, and TLS decrypts so much at a time. A turn takes what is
/// there, one read after the other, each when the calls of the one before have run: they find their objects in the
/// processor's caches. A reader that does not come back for the next keeps no turn.
/// <para>
/// A connection that has not carried a valid credential has a share of its own. Beyond what <see cref="AnonymousInput"/>
/// allows, all of its input is read in slices, each in one of the few turns of such connections, whatever the input is:
/// calls, pages, frames that the protocol answers by itself (PING, SETTINGS), or frames that it ignores. So a flood of
/// these takes a part of the processors, and authenticated calls do not wait behind it.
/// </para>
/// </summary>
/// <param name="input">What the client sends.</param>
/// <param name="turns">Of the process.</param>
/// <param name="ofARead">For <see cref="AnonymousInput"/>.</param>
/// <param name="isAuthenticated">Whether the connection has carried a valid credential; once true, it is not asked again.</param>
internal sealed class InputInTurns(PipeReader input, ProcessTurns turns, int ofARead, Func<bool> isAuthenticated) : PipeReader, IThreadPoolWorkItem, IValueTaskSource
{
    /// <summary>Bytes: about seven calls of ValidateKey.</summary>
    public const int SliceLength = 1024;

    /// <summary>Bytes: about eighteen calls of ValidateKey.</summary>
    public const int ShortLength = 2560;

    /// <summary>Bytes: above what the calls of ValidateKey are that a connection may have at a time (Hosting/Listeners: 50).</summary>
    public const int BodyLength = 8 * 1024;

    /// <summary>Reads of a turn: together about the calls that a connection may have at a time.</summary>
    public const int MostReads = 8;

    /// <summary>
    /// Passes through the thread pool's queue: behind the copy to Kestrel's own pipe, behind its parser, behind the
    /// calls, and behind the writer of their answers.
    /// </summary>
    private const int Passes = 4;

    private const int NoTurn = 0;
    private const int InTurn = 1;

    /// <summary>The turn is not over, and a read waits for its end.</summary>
    private const int ReadWaits = 2;

    private ManualResetValueTaskSourceCore<bool> _resumed = new() { RunContinuationsAsynchronously = true };
    private ReadResult _read;

    /// <summary>Bytes that were examined and not consumed: the next read returns more than these.</summary>
    private long _examined;

    /// <summary>A slice of long input was read, and not yet its end.</summary>
    private bool _isLong;

    /// <summary>There is input that the reader has not examined: the next read does not wait.</summary>
    private bool _hasMore;

    /// <summary>The turn goes on with the read that waits.</summary>
    private bool _continues;

    /// <summary>Where the turn is from that it has, or waits for.</summary>
    private InputTurns _turns = turns.Authenticated;

    /// <summary>What it may read outside the share of the anonymous connections; without a meaning once it is authenticated.</summary>
    private AnonymousInput _anonymous = new(ofARead, turns.Time);

    private bool _isAuthenticated;

    /// <summary>A turn is waited for, and is not given yet.</summary>
    private int _isWaiting;

    /// <summary>The read that was resumed has the turn that it waited for.</summary>
    private bool _isGiven;

    private volatile bool _isClosed;
    private volatile bool _isEnded;
    private int _state;
    private int _reads;
    private int _passes;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_isEnded) ThrowEnded();
        if (Volatile.Read(ref _state) != NoTurn) return ReadAfterTurnAsync(cancellationToken);
        var reading = input.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully) return WaitForInputAsync(reading);
        _read = reading.Result;
        return IsShort || TryBegin() ? new(Slice()) : WaitForTurnAsync();
    }

    /// <summary>Returns all that there is, without a turn: only HTTP/1.1, with one call at a time, reads so.</summary>
    public override bool TryRead(out ReadResult result)
    {
        if (!input.TryRead(out result)) return false;
        _read = result;
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _hasMore = !examined.Equals(_read.Buffer.End);
        _examined = consumed.Equals(examined) ? 0 : _read.Buffer.Slice(consumed, examined).Length;
        if (!_isAuthenticated) _anonymous.Spend(_read.Buffer.Slice(0, consumed).Length);
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <summary>Gives the turn that is waited for: the read continues on the thread pool.</summary>
    /// <returns>Whether it is still waited for.</returns>
    public bool TryGive() => TryResume(isGiven: true);

    /// <summary>Called before the input is put into the queue.</summary>
    public void BeginWait() => Volatile.Write(ref _isWaiting, 1);

    /// <summary>The socket is closed: what is left of anonymous input is read in turns.</summary>
    public void Close() => _isClosed = true;

    /// <summary>
    /// Ends the input of a connection whose socket is closed: no further read succeeds. Over HTTP/1.1 Kestrel would go on with the requests
    /// that are there, for as many connections as a client has closed.
    /// </summary>
    public void End()
    {
        _isEnded = true;
        TryResume(isGiven: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        _turns.AdmitOverdue();
        if (--_passes > 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return;
        }

        if (Volatile.Read(ref _state) == ReadWaits && _hasMore && _turns == turns.Authenticated && ++_reads < MostReads)
        {
            _continues = true;
            Volatile.Write(ref _state, NoTurn);
            _resumed.SetResult(true);
            return;
        }

        _turns.Release();
        if (Interlocked.Exchange(ref _state, NoTurn) == ReadWaits) _resumed.SetResult(true);
    }

    void IValueTaskSource.GetResult(short token) => _resumed.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _resumed.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _resumed.OnCompleted(continuation, state, token, flags);

    private bool IsShort => _read.Buffer.Length <= (IsLimited ? 0 : _isLong ? SliceLength : ShortLength);

    /// <summary>Whether the share is that of the anonymous connections.</summary>
    private bool IsLimited => !_isAuthenticated && (_isClosed || _anonymous.IsSpent) && IsAnonymous;

    private bool IsAnonymous => !_isAuthenticated && !(_isAuthenticated = isAuthenticated());

    private ValueTask Resumed => new(this, _resumed.Version);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadAfterTurnAsync(CancellationToken cancellationToken)
    {
        _resumed.Reset();
        if (Interlocked.CompareExchange(ref _state, ReadWaits, InTurn) == InTurn) await Resumed;
        if (_continues && TryContinue()) return Slice();
        return await WaitForInputAsync(input.ReadAsync(cancellationToken));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitForInputAsync(ValueTask<ReadResult> reading)
    {
        _read = await reading;
        if (_isEnded) ThrowEnded();
        return IsShort || TryBegin() ? Slice() : await WaitForTurnAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitForTurnAsync()
    {
        // It may have ended before it was in the queue.
        if (_isEnded) TryResume(isGiven: false);
        await Resumed;
        if (_isEnded)
        {
            if (_isGiven) _turns.Release();
            ThrowEnded();
        }

        _reads = 0;
        Begin();
        return Slice();
    }

    private bool TryBegin()
    {
        _resumed.Reset();
        _turns = IsLimited ? turns.Anonymous : turns.Authenticated;
        if (!_turns.Take(this)) return false;
        _reads = 0;
        Begin();
        return true;
    }

    private bool TryResume(bool isGiven)
    {
        if (Interlocked.Exchange(ref _isWaiting, 0) == 0) return false;
        _isGiven = isGiven;
        _resumed.SetResult(true);
        return true;
    }

    /// <summary>Goes on with the turn if there is input, else ends it.</summary>
    private bool TryContinue()
    {
        _continues = false;
        var hasInput = false;
        try
        {
            hasInput = input.TryRead(out _read);
            if (hasInput) Begin();
            return hasInput;
        }
        finally
        {
            if (!hasInput) _turns.Release();
        }
    }

    private void Begin()
    {
        _passes = Passes;
        Volatile.Write(ref _state, InTurn);
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    private ReadResult Slice()
    {
        var length = _examined + SliceLength;
        _isLong = !IsShort && _read.Buffer.Length > length && (_read.Buffer.Length <= BodyLength || IsAnonymous);
        return !_isLong ? _read : new(_read.Buffer.Slice(0, length), _read.IsCanceled, isCompleted: false);
    }

    [DoesNotReturn]
    private static void ThrowEnded() => throw new ConnectionAbortedException("The client closed the connection.");
}
