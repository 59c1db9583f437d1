using System.Collections.Concurrent;
using System.Globalization;
using KeyService.Server.Replication;
using KeyService.Simulation.Tests.Simulated;

namespace KeyService.Simulation.Tests;

/// <summary>
/// The real protocol in simulated worlds. <c>KEYSERVICE_SIMULATION_RUNS</c> says in how many, <c>KEYSERVICE_SIMULATION_SEED</c> from which seed on; a
/// failing seed alone replays its world.
/// </summary>
public sealed class SimulationTests(ITestOutputHelper output)
{
    private const int Steps = 1_000;
    private const int RunsToCatch = 20_000;

    private static readonly int Runs = Number("KEYSERVICE_SIMULATION_RUNS", 20_000);
    private static readonly int Seed = Number("KEYSERVICE_SIMULATION_SEED", 1);

    /// <summary>
    /// The lowest seed whose world breaks a promise without the rule. It is tried first: some rules take thousands of worlds. Where it
    /// breaks nothing any more, because what a seed decides has changed, all worlds are tried, and the test prints the seed to record here.
    /// </summary>
    private static readonly Dictionary<string, int> KnownSeeds = new(StringComparer.Ordinal)
    {
        [nameof(Rules.RegisterFirst)] = 1_518,
        [nameof(Rules.TicketFirst)] = 1_111,
        [nameof(Rules.Settled)] = 5,
        [nameof(Rules.Watermark)] = 283,
        [nameof(Rules.Floor)] = 2,
        [nameof(Rules.Base)] = 1,
        [nameof(Rules.Lease)] = 3,
        [nameof(Rules.WaitAll)] = 1,
        [nameof(Rules.FreshName)] = 32,
        [nameof(Rules.BelieveJoined)] = 1_156,
        [nameof(Rules.RedisSeal)] = 2,
        [nameof(Rules.Epoch)] = 7,
        [nameof(Rules.KnownBefore)] = 18,
        [nameof(Rules.LowestSettles)] = 1_832,
        [nameof(Rules.LowWatermark)] = 5,
        [nameof(Rules.EffectiveTime)] = 50,
    };

    [Fact]
    public void No_interleaving_breaks_a_promise()
    {
        Rules.Off = "";
        long promises = 0, answers = 0;
        // Each world is one thread's from its first step to its last: the same seed is the same world, whatever runs beside it.
        string? broken = null;
        Parallel.For(Seed, Seed + Runs, (seed, loop) =>
        {
            var world = new World(seed);
            if (world.Run(Steps) is { } violation)
            {
                Interlocked.CompareExchange(ref broken, $"seed {seed}: {violation}{Environment.NewLine}{Story(seed)}", null);
                loop.Stop();
            }

            Interlocked.Add(ref promises, world.Truth.Promises);
            Interlocked.Add(ref answers, world.Truth.Hits);
        });
        if (broken is not null) Assert.Fail(broken);

        output.WriteLine($"{Runs} interleavings of {Steps} steps from seed {Seed}: {promises} promises, {answers} answers held against them.");
        promises.ShouldBeGreaterThan(Runs, "a world without promises proves nothing");
        answers.ShouldBeGreaterThan(Runs * 10L);
    }

    [Theory]
    [InlineData(nameof(Rules.RegisterFirst))]
    [InlineData(nameof(Rules.TicketFirst))]
    [InlineData(nameof(Rules.Settled))]
    [InlineData(nameof(Rules.Watermark))]
    [InlineData(nameof(Rules.Floor))]
    [InlineData(nameof(Rules.Base))]
    [InlineData(nameof(Rules.Lease))]
    [InlineData(nameof(Rules.WaitAll))]
    [InlineData(nameof(Rules.FreshName))]
    [InlineData(nameof(Rules.BelieveJoined))]
    [InlineData(nameof(Rules.RedisSeal))]
    [InlineData(nameof(Rules.Epoch))]
    [InlineData(nameof(Rules.KnownBefore))]
    [InlineData(nameof(Rules.LowestSettles))]
    [InlineData(nameof(Rules.LowWatermark))]
    [InlineData(nameof(Rules.EffectiveTime))]
    public void Without_a_rule_a_promise_is_broken(string rule)
    {
        var seed = KnownSeeds[rule];
        RunWithout("", seed).ShouldBeNull("with all rules this world keeps every promise");
        var violation = RunWithout(rule, seed);
        if (violation is null)
        {
            (seed, violation) = LowestSeedWithout(rule);
            output.WriteLine($"{rule}: record seed {seed}; {KnownSeeds[rule]} breaks nothing any more");
        }

        output.WriteLine($"{rule}: seed {seed}: {violation}");
    }

    private static (int Seed, string Violation) LowestSeedWithout(string rule)
    {
        var found = new ConcurrentDictionary<int, string>();
        var seeds = Partitioner.Create(Enumerable.Range(1, RunsToCatch), EnumerablePartitionerOptions.NoBuffering);
        Parallel.ForEach(seeds, (seed, loop) =>
        {
            if (RunWithout(rule, seed) is not { } violation) return;
            found[seed] = violation;
            // Every lower seed is still tried: the lowest is the same in each run.
            loop.Break();
        });

        found.ShouldNotBeEmpty($"{rule} is off, and {RunsToCatch} interleavings found nothing.");
        var lowest = found.Keys.Min();
        return (lowest, found[lowest]);
    }

    private static string? RunWithout(string rule, int seed)
    {
        // For this thread alone.
        Rules.Off = rule;
        try
        {
            var world = new World(seed);
            world.Truth.ForgivesFalseAlarms = rule is not (nameof(Rules.KnownBefore) or nameof(Rules.LowWatermark));
            return world.Run(Steps);
        }
        finally
        {
            Rules.Off = "";
        }
    }

    /// <summary>The end of what happened in a world.</summary>
    private static string Story(int seed)
    {
        const int Lines = 150;
        var told = new Queue<string>();
        new World(seed, line =>
        {
            told.Enqueue(line);
            if (told.Count > Lines) told.Dequeue();
        }).Run(Steps);
        return string.Join(Environment.NewLine, told);
    }

    private static int Number(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
