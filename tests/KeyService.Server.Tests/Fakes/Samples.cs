using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Keys;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Server.Tests.Fakes;

/// <summary>Things that tests need and do not care about; what a test cares about it names itself.</summary>
internal static class Samples
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    public static MasterKeys MasterKeys { get; } = new([PinnedKey.Master]);

    public static StoreEpoch Epoch { get; } = new("000102030405060708090a0b0c0d0e0f", RenewTime: null);

    public static StoreEpoch OtherEpoch { get; } = new("ff0102030405060708090a0b0c0d0e0f", RenewTime: null);

    public static KeyRecord Record(long revision = 1, string workspaceId = PinnedKey.WorkspaceId, string keyId = PinnedKey.KeyId) => new()
    {
        KeyId = keyId,
        WorkspaceId = workspaceId,
        Name = "Trading bot",
        Environment = KeyEnvironment.Live,
        Status = KeyStatus.Enabled,
        Hint = "ks_live_...7j5Z",
        Recoverable = true,
        CreateTime = Now,
        UpdateTime = Now,
        CreatedBy = "key_root",
        Revision = revision,
    };

    /// <summary>Every field with a value of its own, none a default.</summary>
    public static KeyRecord FullRecord() => new()
    {
        KeyId = PinnedKey.KeyId,
        WorkspaceId = PinnedKey.WorkspaceId,
        Name = "Trading bot é \"quoted\" 🚀",
        Description = "line one\nline two",
        Environment = KeyEnvironment.Test,
        Status = KeyStatus.Disabled,
        StatusReason = "Laptop lost",
        Hint = "ks_test_...7j5Z",
        Recoverable = true,
        Scopes = ["orders.*", "read"],
        AllowedAddresses = ["10.0.0.0/8", "2001:db8::/32"],
        PermittedWorkspaces = ["wallet-a", "*"],
        Metadata = new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "blue", ["émoji"] = "🚀" },
        CreateTime = Now,
        UpdateTime = Now.AddMicroseconds(1),
        ExpireTime = Now.AddDays(1),
        CreatedBy = "key_root",
        Revision = 0x0123456789abcdef,
    };

    /// <summary>A replica that knows nothing yet and has no lease.</summary>
    public static Incarnation Newborn(TimeProvider time, TimeSpan? lease = null, int floorCapacity = 100) =>
        Incarnations.New(new ReplicaOptions { Lease = lease ?? ReplicaOptions.LongestLease, FloorCapacity = floorCapacity }, time);

    /// <summary>A replica whose memory answers: it has a lease from now on and has applied everything up to the horizon.</summary>
    public static Incarnation Standing(TimeProvider time, long horizon = 0, TimeSpan? lease = null, int floorCapacity = 100)
    {
        var incarnation = Newborn(time, lease, floorCapacity);
        incarnation.Epoch = Epoch;
        incarnation.Horizon = horizon;
        incarnation.Floors.RaiseBase(horizon);
        incarnation.Lease.Grant(Moment.Now(time));
        return incarnation;
    }

    public static ApiKeyRow Row(long revision = 1) => ApiKeyRow.From(Record(revision));

    public static Metrics Metrics(TimeProvider? time = null) =>
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(),
            new VerdictNames(Enum.GetNames<Server.Validation.Verdict>()), time ?? TimeProvider.System);

    public static Server.Storage.WriteHealth Writes(TimeProvider? time = null) =>
        new(Metrics(time), time ?? TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<Server.Storage.WriteHealth>.Instance);

    /// <summary>Property by property, whatever lists and maps are made of.</summary>
    public static void ShouldBeTheSame(KeyRecord? actual, KeyRecord expected)
    {
        actual.ShouldNotBeNull();
        foreach (var property in typeof(KeyRecord).GetProperties())
        {
            var (have, want) = (property.GetValue(actual), property.GetValue(expected));
            if (want is IReadOnlyList<string> list) have.ShouldBeAssignableTo<IReadOnlyList<string>>().ShouldBe(list, property.Name);
            else if (want is IReadOnlyDictionary<string, string> map) have.ShouldBeAssignableTo<IReadOnlyDictionary<string, string>>().ShouldBe(map, ignoreOrder: true, property.Name);
            else have.ShouldBe(want, property.Name);
        }
    }
}
