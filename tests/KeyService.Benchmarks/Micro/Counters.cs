using BenchmarkDotNet.Attributes;
using KeyService.Server.Observability;

namespace KeyService.Benchmarks.Micro;

/// <summary>What every call on every core raises: two threads at once, time of one addition.</summary>
public class Counters
{
    private const int Additions = 1_000_000;
    private const int Threads = 2;

    private readonly long[] _words = new long[8];
    private readonly StripedCounters _striped = new(8);

    [Benchmark(Baseline = true, OperationsPerInvoke = Additions, Description = "one word for all cores")]
    public void OneWord() => OnThreads(() =>
    {
        for (var i = 0; i < Additions; i++) Interlocked.Increment(ref _words[3]);
    });

    [Benchmark(OperationsPerInvoke = Additions, Description = "a line for each core")]
    public void Striped() => OnThreads(() =>
    {
        for (var i = 0; i < Additions; i++) _striped.Add(3);
    });

    private static void OnThreads(ThreadStart work)
    {
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(work)).ToList();
        threads.ForEach(thread => thread.Start());
        threads.ForEach(thread => thread.Join());
    }
}
