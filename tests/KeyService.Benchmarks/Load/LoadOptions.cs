using System.Globalization;

namespace KeyService.Benchmarks.Load;

/// <summary>Options of <c>load</c>.</summary>
internal sealed record LoadOptions
{
    public const string Usage =
        "[--rounds 5] [--seconds 3] [--warm-up 1] [--keys 2000] [--connections 8] [--streams 16] [--overload-connections 32] [--unknown-rate <twice what the database answers>] [--only <part of a load's name>] [--no-h2load] [--no-latency] [--no-build] [--server <KeyService.Server.dll>]";

    /// <summary>Pairs of empty and load, each beside the other.</summary>
    public int Rounds { get; init; } = 5;

    /// <summary>Seconds measured of each side of a pair.</summary>
    public int Seconds { get; init; } = 3;

    /// <summary>Seconds of the same load before each, not measured.</summary>
    public int WarmUp { get; init; } = 1;

    /// <summary>API keys created, and forged ones made from them.</summary>
    public int Keys { get; init; } = 2_000;

    public int Connections { get; init; } = 8;

    /// <summary>Calls under way on each connection at saturation.</summary>
    public int Streams { get; init; } = 16;

    /// <summary>For more than the server can do: the server allows 50 calls under way on each.</summary>
    public int OverloadConnections { get; init; } = 32;

    /// <summary>Unknown keys a second; null: twice what the database answers.</summary>
    public int? UnknownRate { get; init; }

    /// <summary>Only the loads whose name has this part.</summary>
    public string Only { get; init; } = "";

    public bool WithH2Load { get; init; } = true;

    public bool WithLatency { get; init; } = true;

    /// <summary>False: measure what the last build left.</summary>
    public bool Build { get; init; } = true;

    /// <summary>Another build with test hooks, to compare two; null: this source's.</summary>
    public string? Server { get; init; }

    /// <summary>Whether the generator shares its core, with Redis.</summary>
    public bool GivesWay { get; init; }

    public bool Wants(string name) => name.Contains(Only, StringComparison.Ordinal);

    public static LoadOptions Parse(string[] args)
    {
        var options = new LoadOptions();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--rounds" => options with { Rounds = Number() },
                "--seconds" => options with { Seconds = Number() },
                "--warm-up" => options with { WarmUp = Number() },
                "--keys" => options with { Keys = Number() },
                "--connections" => options with { Connections = Number() },
                "--streams" => options with { Streams = Number() },
                "--overload-connections" => options with { OverloadConnections = Number() },
                "--unknown-rate" => options with { UnknownRate = Number() },
                "--only" => options with { Only = args[++i] },
                "--no-h2load" => options with { WithH2Load = false },
                "--no-latency" => options with { WithLatency = false },
                "--no-build" => options with { Build = false },
                "--server" => options with { Server = Path.GetFullPath(args[++i]), Build = false },
                _ => throw new ArgumentException($"Unknown option {args[i]}. load {Usage}", nameof(args)),
            };

            int Number() => int.Parse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture);
        }

        return options;
    }
}
