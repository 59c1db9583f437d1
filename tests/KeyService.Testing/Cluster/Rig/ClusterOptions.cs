namespace KeyService.Testing.Cluster.Rig;

/// <summary>How a cluster is started.</summary>
internal sealed record ClusterOptions
{
    /// <summary>A rule of the protocol that is switched off; takes the build with test hooks.</summary>
    public string? RuleOff { get; init; }

    /// <summary>How far the last replica's clock is off; takes the build with test hooks.</summary>
    public TimeSpan ClockOffset { get; init; }

    /// <summary>Every replica's way to the database can be made to fail; takes the build with test hooks.</summary>
    public bool DatabaseFaults { get; init; }

    /// <summary>Where the store is, and is deleted; null: a folder of its own.</summary>
    public string? StoreFolder { get; init; }

    /// <summary>For every replica, beside those of the rig.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    /// <summary>
    /// The runtime optimizes what is called often. It pays where many tests follow one another; a cluster of one test is over before.
    /// </summary>
    public bool IsLongLived { get; init; }

    public bool NeedsHooks => RuleOff is not null || ClockOffset != TimeSpan.Zero || DatabaseFaults;
}
