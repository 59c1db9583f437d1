namespace KeyService.Server.Replication;

/// <summary>
/// The rules of the protocol with a switch each, for the negative controls: with one off, a test must find a violation. For one thread, or
/// for the whole process by <c>KeyService__TestHooks__RuleOff</c>.
/// </summary>
internal static class Rules
{
    private static readonly string OffForProcess = Environment.GetEnvironmentVariable("KeyService__TestHooks__RuleOff") ?? "";

    [ThreadStatic]
    private static string? _offForThread;

    public static string Off
    {
        get => _offForThread ?? OffForProcess;
        set => _offForThread = value;
    }

    public static bool RegisterFirst => Off != nameof(RegisterFirst);

    public static bool TicketFirst => Off != nameof(TicketFirst);

    public static bool Settled => Off != nameof(Settled);

    public static bool Watermark => Off != nameof(Watermark);

    public static bool Floor => Off != nameof(Floor);

    public static bool Base => Off != nameof(Base);

    public static bool Lease => Off != nameof(Lease);

    public static bool WaitAll => Off != nameof(WaitAll);

    public static bool FreshName => Off != nameof(FreshName);

    public static bool BelieveJoined => Off != nameof(BelieveJoined);

    public static bool RedisSeal => Off != nameof(RedisSeal);

    public static bool Epoch => Off != nameof(Epoch);

    public static bool KnownBefore => Off != nameof(KnownBefore);

    public static bool LowestSettles => Off != nameof(LowestSettles);

    public static bool LowWatermark => Off != nameof(LowWatermark);

    public static bool EffectiveTime => Off != nameof(EffectiveTime);
}
