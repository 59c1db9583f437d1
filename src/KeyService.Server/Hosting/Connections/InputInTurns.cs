using System.IO.Pipelines;
using System.Runtime.CompilerServices;
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
/// Connections that have not carried a valid credential have separate turns, and few of them. Beyond what
/// <see cref="AnonymousInput"/> allows, all of their input is read in slices: calls, requests for pages, and frames that
/// the protocol answers or ignores (PING, SETTINGS). A flood of these takes a part of the processors, and authenticated
/// calls do not wait behind it.
/// </para>
/// </summary>
/// <param name="input">What the client sends.</param>
/// <param name="turns">Of the process.</param>
/// <param name="anonymous">Of the connection.</param>
internal sealed class InputInTurns(PipeReader input, ProcessTurns turns, AnonymousInput anonymous) : PipeReader, IThreadPoolWorkItem
{
    /// <summary>Reads of a turn: together about the calls that a connection may have at a time.</summary>
    public const int MostReads = 8;

    /// <summary>
    /// Passes through the thread pool's queue: behind the copy to Kestrel's own pipe, behind its parser, behind the
    /// calls, and behind the writer of their answers.
    /// </summary>
    private const int Passes = 4;

    private const int NoTurn = 0, InTurn = 1;

    /// <summary>The turn is not over, and a read waits for its end.</summary>
    private const int ReadWaits = 2;

    private readonly TurnWait _wait = new();
    private readonly InputSlices _slices = new(anonymous);
    private ReadResult _read;

    /// <summary>There is input that the reader has not examined: the next read does not wait.</summary>
    private bool _hasMore;

    /// <summary>The turn goes on with the read that waits.</summary>
    private bool _continues;

    private InputTurns _turns = turns.Authenticated;

    private volatile bool _isEnded;
    private int _state, _reads, _passes;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_isEnded) throw Ended();
        if (Volatile.Read(ref _state) != NoTurn) return ReadAfterTurnAsync(cancellationToken);
        var reading = input.ReadAsync(cancellationToken);
        if (!reading.IsCompletedSuccessfully) return WaitForInputAsync(reading);
        _read = reading.Result;
        return _slices.IsShort(_read) || TryBegin() ? new(_slices.First(_read)) : WaitForTurnAsync();
    }

    /// <summary>Returns all that there is, without a turn: only HTTP/1.1, with one call at a time, reads so.</summary>
    public override bool TryRead(out ReadResult result)
    {
        result = default;
        if (_isEnded || !input.TryRead(out result)) return false;
        _read = result;
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _hasMore = !examined.Equals(_read.Buffer.End);
        _slices.Advance(_read.Buffer, consumed, examined);
        input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => input.CancelPendingRead();

    public override void Complete(Exception? exception = null) => input.Complete(exception);

    /// <summary>The socket is closed: anonymous input is not read any more where it would need a turn.</summary>
    public void Close()
    {
        anonymous.Close();
        if (_turns == turns.Anonymous) _wait.TryEndInQueue(hasTurn: false);
    }

    /// <summary>Ends the input of a closed socket: Kestrel would go on with the HTTP/1.1 requests that are there.</summary>
    public void End()
    {
        _isEnded = true;
        _wait.TryEndInQueue(hasTurn: false);
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
            _wait.Resume();
            return;
        }

        _turns.Release();
        if (Interlocked.Exchange(ref _state, NoTurn) == ReadWaits) _wait.Resume();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> ReadAfterTurnAsync(CancellationToken cancellationToken)
    {
        _wait.Reset();
        if (Interlocked.CompareExchange(ref _state, ReadWaits, InTurn) == InTurn) await _wait.Task;
        if (_continues && TryContinue()) return _slices.First(_read);
        return await WaitForInputAsync(input.ReadAsync(cancellationToken));
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitForInputAsync(ValueTask<ReadResult> reading)
    {
        _read = await reading;
        if (_isEnded) throw EndRead();
        return _slices.IsShort(_read) || TryBegin() ? _slices.First(_read) : await WaitForTurnAsync();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitForTurnAsync()
    {
        // Ended before it was in the queue.
        if (_isEnded) _wait.TryEndInQueue(hasTurn: false);
        await _wait.Task;
        if (_isEnded || (anonymous.IsClosed && _turns == turns.Anonymous))
        {
            if (_wait.HasTurn) _turns.Release();
            throw EndRead();
        }

        _reads = 0;
        Begin();
        return _slices.First(_read);
    }

    private bool TryBegin()
    {
        _wait.Reset();
        _turns = anonymous.IsLimited ? turns.Anonymous : turns.Authenticated;
        if (anonymous.IsClosed && _turns == turns.Anonymous) throw EndRead();
        if (!_turns.Take(_wait)) return false;
        _reads = 0;
        Begin();
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

    /// <summary>Ends the input in a read and gives its result back: the connection reads once more before it gives up.</summary>
    private ConnectionAbortedException EndRead()
    {
        _isEnded = true;
        input.AdvanceTo(_read.Buffer.Start);
        return Ended();
    }

    private static ConnectionAbortedException Ended() => new("The client closed the connection.");
}
