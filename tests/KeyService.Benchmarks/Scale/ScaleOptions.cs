using System.Globalization;

namespace KeyService.Benchmarks.Scale;

/// <summary>Options of <c>scale</c>.</summary>
internal sealed record ScaleOptions
{
    public const string Usage = """
        load --data <folder> [--keys 10000000] [--seed 1] [--events 100] [--check] [--sqlserver <connection string>]
        scale measure --data <folder> [--small <folder>] [--small-keys 10000] [--rounds 5] [--lookups 4000] [--warm-up 4000] [--pages 10] [--cached 200000] [--only <part of a name>] [--drop-file-cache] [--no-build] [--sqlserver <connection string> --small-sqlserver <connection string>]
        """;

    public string Data { get; init; } = "";

    public string Small { get; init; } = "";

    public int Keys { get; init; } = 10_000_000;

    public int SmallKeys { get; init; } = 10_000;

    public int Seed { get; init; } = 1;

    /// <summary>Audit events of each workspace that are still there.</summary>
    public int Events { get; init; } = 100;

    /// <summary>SQLite: <c>PRAGMA integrity_check</c> after the load.</summary>
    public bool Check { get; init; }

    public string? SqlServer { get; init; }

    public string? SmallSqlServer { get; init; }

    public int Rounds { get; init; } = 5;

    /// <summary>Look-ups measured in each round, each of a key that the process was never asked about.</summary>
    public int LookUps { get; init; } = 4_000;

    /// <summary>As many other look-ups before them: the runtime compiles hot code anew.</summary>
    public int WarmUp { get; init; } = 4_000;

    /// <summary>Pages read one after the other in each round.</summary>
    public int Pages { get; init; } = 10;

    /// <summary>Keys in memory when its size is measured.</summary>
    public int Cached { get; init; } = 200_000;

    public string Only { get; init; } = "";

    /// <summary>Before each start the system forgets what it has read of the files of both stores.</summary>
    public bool DropFileCache { get; init; }

    public bool Build { get; init; } = true;

    public static ScaleOptions Parse(string[] args)
    {
        var options = new ScaleOptions();
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--data" => options with { Data = Path.GetFullPath(args[++i]) },
                "--small" => options with { Small = Path.GetFullPath(args[++i]) },
                "--keys" => options with { Keys = Number() },
                "--small-keys" => options with { SmallKeys = Number() },
                "--seed" => options with { Seed = Number() },
                "--events" => options with { Events = Number() },
                "--check" => options with { Check = true },
                "--sqlserver" => options with { SqlServer = args[++i] },
                "--small-sqlserver" => options with { SmallSqlServer = args[++i] },
                "--rounds" => options with { Rounds = Number() },
                "--lookups" => options with { LookUps = Number() },
                "--warm-up" => options with { WarmUp = Number() },
                "--pages" => options with { Pages = Number() },
                "--cached" => options with { Cached = Number() },
                "--only" => options with { Only = args[++i] },
                "--drop-file-cache" => options with { DropFileCache = true },
                "--no-build" => options with { Build = false },
                _ => throw new ArgumentException($"Unknown option {args[i]}. scale {Usage}", nameof(args)),
            };

            int Number() => int.Parse(args[++i], NumberStyles.None, CultureInfo.InvariantCulture);
        }

        if (options.Data.Length == 0) throw new ArgumentException($"--data is missing. scale {Usage}", nameof(args));
        return options with { Small = options.Small.Length > 0 ? options.Small : $"{options.Data.TrimEnd('/')}-small" };
    }
}
