using BenchmarkDotNet.Attributes;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Micro;

/// <summary>Whether what a key holds covers what a call requires.</summary>
public class ScopeCheck
{
    private static readonly string[] Held = ["payments.read", "payments.write", "balance.read"];
    private static readonly string[] HeldWildcards = ["orders.*", "payments.*", "balance.*"];
    private static readonly string[] First = ["payments.read"];
    private static readonly string[] Last = ["balance.read"];
    private static readonly string[] Three = ["orders.create", "payments.read", "balance.read"];
    private static readonly string[] None = ["admin.write"];

    [GlobalSetup]
    public void Setup()
    {
        if (!FirstOfThree() || !LastOfThree() || !Wildcards() || NotCovered()) throw new InvalidOperationException("Not the answers that are to be measured.");
    }

    [Benchmark(Baseline = true, Description = "Scopes: 1 required, the first of 3 held")]
    public bool FirstOfThree() => Scopes.CoverAll(Held, First);

    [Benchmark(Description = "Scopes: 1 required, the last of 3 held")]
    public bool LastOfThree() => Scopes.CoverAll(Held, Last);

    [Benchmark(Description = "Scopes: 3 required, 3 wildcards held")]
    public bool Wildcards() => Scopes.CoverAll(HeldWildcards, Three);

    [Benchmark(Description = "Scopes: 1 required, none of 3 wildcards covers it")]
    public bool NotCovered() => Scopes.CoverAll(HeldWildcards, None);
}
