using KeyService.Server.Observability;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace KeyService.Server.Grpc;

/// <summary>What an issuer says of itself: its name, and the keys that its tokens are signed with, asymmetric ones alone.</summary>
internal sealed record Issuer(string Name, IReadOnlyList<SecurityKey> Keys)
{
    /// <exception cref="InvalidOperationException">It has no name.</exception>
    public static Issuer Of(OpenIdConnectConfiguration configuration) => string.IsNullOrEmpty(configuration.Issuer)
        ? throw new InvalidOperationException("The issuer has no name.")
        : new(configuration.Issuer, [.. configuration.SigningKeys.Where(key => key is not (SymmetricSecurityKey or JsonWebKey { Kty: JsonWebAlgorithmsKeyTypes.Octet }))]);

    /// <summary>Whether both accept the same tokens: name and keys are equal, in any order. False where a key cannot be compared.</summary>
    public bool IsSame(Issuer other) => Name == other.Name && IdentitiesOf(Keys) is { } own && IdentitiesOf(other.Keys) is { } others && own.SequenceEqual(others);

    private static List<string>? IdentitiesOf(IReadOnlyList<SecurityKey> keys) => keys.All(key => key.CanComputeJwkThumbprint())
        ? [.. keys.Select(key => $"{key.GetType().Name} {(key as JsonWebKey)?.Alg} {Convert.ToHexString(key.ComputeJwkThumbprint())} {key.KeyId}").Order(StringComparer.Ordinal)]
        : null;
}

/// <summary>
/// Keeps the metadata of the issuer: read from the start of the process on, again every hour, and when a token names a key that is not known. The library's
/// <see cref="ConfigurationManager{T}"/> reads for an unknown key behind the call, whose first token would be refused, and for the first time one call
/// after the other; here all calls wait for one read, each as long as it may.
/// </summary>
/// <param name="read">Reads it; fails within <see cref="ReadBound"/>.</param>
/// <param name="metrics">Where it is counted.</param>
/// <param name="time">Measures age and pauses.</param>
/// <param name="log">Told once that the issuer is away, and once that it is back.</param>
internal sealed class IssuerMetadata(Func<CancellationToken, Task<Issuer>> read, Metrics metrics, TimeProvider time, ILogger<IssuerMetadata> log) : IHostedService, IDisposable
{
    /// <summary>A key that the issuer withdrew is accepted no longer than this, while the issuer answers.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);

    /// <summary>Whatever is presented, the issuer is asked no more often for keys that it did not name before.</summary>
    public static readonly TimeSpan PauseBetweenRefreshes = TimeSpan.FromSeconds(10);

    /// <summary>Nor more often while it does not answer.</summary>
    public static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan ReadBound = TimeSpan.FromSeconds(10);

    private static readonly Task<Issuer?> Nothing = Task.FromResult<Issuer?>(null);

    private readonly LastingFailure _away = new(new("issuer", Log.IssuerAway, Log.IssuerBack), metrics, time, log, FailureEnd.Success, quiet: TimeSpan.Zero);
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task<Issuer?>? _reading;
    private volatile Issuer? _known;
    private long _readAt;
    private long? _failedAt;
    private long? _refreshedAt;

    /// <summary>Whether the issuer is being asked now: a wait may help.</summary>
    public bool IsReading => Volatile.Read(ref _reading) is { IsCompleted: false };

    /// <summary>The issuer as it is known now; null before its first answer.</summary>
    public Issuer? Known()
    {
        if (_known is { } known && time.GetElapsedTime(Volatile.Read(ref _readAt)) > MaxAge) _ = Read();
        return _known;
    }

    /// <summary>Completes at once when the issuer is known; null when nothing is, and it did not answer in time.</summary>
    public async ValueTask<Issuer?> GetAsync(TimeSpan wait, CancellationToken cancellation) => Known() ?? await WaitAsync(Read(), wait, cancellation);

    /// <summary>The issuer as it is after <paramref name="seen"/>; null when nothing newer can be had now.</summary>
    public async ValueTask<Issuer?> GetNewerAsync(Issuer seen, TimeSpan wait, CancellationToken cancellation)
    {
        if (_known is { } known && !ReferenceEquals(known, seen)) return known;
        var newest = await WaitAsync(Refresh(), wait, cancellation);
        return ReferenceEquals(newest, seen) ? null : newest;
    }

    /// <summary>Reads behind the start, which needs no issuer.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = Read();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    private async Task<Issuer?> WaitAsync(Task<Issuer?> reading, TimeSpan wait, CancellationToken cancellation)
    {
        if (wait <= TimeSpan.Zero && !reading.IsCompleted) return null;
        try
        {
            return await reading.WaitAsync(wait, time, cancellation);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private Task<Issuer?> Refresh()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false }) return _reading;
            if (IsWithin(_refreshedAt, PauseBetweenRefreshes) || IsWithin(_failedAt, PauseAfterFailure)) return Nothing;
            _refreshedAt = time.GetTimestamp();
            return Read();
        }
    }

    /// <summary>One read for all who want one; null when it fails, or failed a moment ago.</summary>
    private Task<Issuer?> Read()
    {
        lock (_lock)
        {
            if (_reading is { IsCompleted: false }) return _reading;
            if (IsWithin(_failedAt, PauseAfterFailure)) return Nothing;
            return _reading = Task.Run(ReadAsync, CancellationToken.None);
        }
    }

    private bool IsWithin(long? moment, TimeSpan pause) => moment is { } then && time.GetElapsedTime(then) < pause;

    private async Task<Issuer?> ReadAsync()
    {
        try
        {
            var issuer = await read(_stopping.Token);
            Volatile.Write(ref _readAt, time.GetTimestamp());
            // The same object while nothing is new: tokens are held for it.
            if (_known is { } known && known.IsSame(issuer)) issuer = known;
            _known = issuer;
            lock (_lock) _failedAt = null;
            _away.Succeeded();

            return issuer;
        }
        catch (Exception e)
        {
            lock (_lock) _failedAt = time.GetTimestamp();
            if (!_stopping.IsCancellationRequested) _away.Failed(FailureCause.Of(e));

            return null;
        }
    }
}
