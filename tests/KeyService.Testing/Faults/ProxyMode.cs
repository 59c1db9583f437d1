namespace KeyService.Testing.Faults;

/// <summary>What a <see cref="FaultProxy"/> does with what it is given.</summary>
internal enum ProxyFault
{
    /// <summary>Hands everything on.</summary>
    None,

    /// <summary>Hands everything on, later.</summary>
    Delay,

    /// <summary>Accepts and swallows, in both directions: the half-open connection.</summary>
    Silence,

    /// <summary>Hands on what the client says and swallows the answers.</summary>
    NoAnswers,

    /// <summary>Swallows what the client says and hands on what the server says by itself.</summary>
    NoQuestions,

    /// <summary>Reads nothing: buffers fill up. Nothing is lost when it ends.</summary>
    Freeze,

    /// <summary>Resets every connection, the new ones at once.</summary>
    Reset,
}

/// <param name="fault">What is done.</param>
/// <param name="delay">For <see cref="ProxyFault.Delay"/>: how much later at least.</param>
/// <param name="jitter">And how much more at most.</param>
internal sealed class ProxyMode(ProxyFault fault, TimeSpan delay = default, TimeSpan jitter = default)
{
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ProxyFault Fault => fault;

    public TimeSpan Delay => delay;

    public TimeSpan Jitter => jitter;

    public static ProxyMode Pass => new(ProxyFault.None);

    /// <summary>When another mode has taken its place.</summary>
    public Task Over => _over.Task;

    public bool Swallows(bool fromClient) =>
        Fault == ProxyFault.Silence || Fault == (fromClient ? ProxyFault.NoQuestions : ProxyFault.NoAnswers);

    public void End() => _over.TrySetResult();
}
