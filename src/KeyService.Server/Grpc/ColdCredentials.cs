using KeyService.Server.Keys;

namespace KeyService.Server.Grpc;

/// <summary>
/// Bounds the credentials of one listener that are being looked up in Redis or the database, which is before their calls have a permit. Calls with the same
/// credential take turns: the first reads fill memory for the others, and a credential that is presented a thousand times delays no other.
/// </summary>
internal sealed class ColdCredentials
{
    /// <summary>Only texts with the service's own tag come here. More than one connection has streams.</summary>
    public const int MaxCredentials = 256;

    /// <summary>Reads of one credential at once: a quarter of what the database works on. Without a lease each call reads.</summary>
    public const int ReadsOfOne = 16;

    /// <summary>Calls with one credential that read or wait for their turn, each of which has a stream of its connection and nothing else.</summary>
    public const int CallsOfOne = 2_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);

    /// <summary>Dispose the result when the credential was looked up; null, at once, when too many are.</summary>
    /// <exception cref="StoreUnavailableException">The look-ups before this one did not end in time.</exception>
    public async ValueTask<IDisposable?> EnterAsync(string credential, TimeSpan wait, CancellationToken cancellation)
    {
        if (Join(credential) is not { } line) return null;
        var isTurn = false;
        try
        {
            isTurn = await line.Turns.WaitAsync(wait, cancellation);
        }
        finally
        {
            if (!isTurn) Leave(line);
        }

        return isTurn ? new Turn(this, line) : throw new StoreUnavailableException(failure: nameof(TimeoutException));
    }

    private Line? Join(string credential)
    {
        lock (_lock)
        {
            if (!_lines.TryGetValue(credential, out var line))
            {
                if (_lines.Count == MaxCredentials) return null;
                _lines.Add(credential, line = new(credential));
            }

            if (line.Calls == CallsOfOne) return null;
            line.Calls++;
            return line;
        }
    }

    private void Leave(Line line)
    {
        lock (_lock)
        {
            if (--line.Calls == 0) _lines.Remove(line.Credential);
        }
    }

    private sealed class Line(string credential)
    {
        public string Credential => credential;

        public SemaphoreSlim Turns { get; } = new(ReadsOfOne);

        public int Calls { get; set; }
    }

    private sealed class Turn(ColdCredentials all, Line line) : IDisposable
    {
        public void Dispose()
        {
            line.Turns.Release();
            all.Leave(line);
        }
    }
}
