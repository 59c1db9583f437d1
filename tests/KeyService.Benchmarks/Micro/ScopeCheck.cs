using BenchmarkDotNet.Attributes;
using KeyService.Server.Keys;

namespace KeyService.Benchmarks.Micro;

/// <summary>Whether what a key holds covers what a call requires; both as they stand in messages.</summary>
public class ScopeCheck
{
    private static readonly byte[] Held = ScopeList.Of(["payments.read", "payments.write", "balance.read"]);
    private static readonly byte[] HeldWildcards = ScopeList.Of(["orders.*", "payments.*", "balance.*"]);
    private static readonly byte[] First = ScopeList.Of(["payments.read"]);
    private static readonly byte[] Last = ScopeList.Of(["balance.read"]);
    private static readonly byte[] Three = ScopeList.Of(["orders.create", "payments.read", "balance.read"]);
    private static readonly byte[] None = ScopeList.Of(["admin.write"]);

    [GlobalSetup]
    public void Setup()
    {
        if (!FirstOfThree() || !LastOfThree() || !Wildcards() || NotCovered()) throw new InvalidOperationException("Not the answers that are to be measured.");
    }

    [Benchmark(Baseline = true, Description = "Scopes: 1 required, the first of 3 held")]
    public bool FirstOfThree() => Scopes.CoverAll(new(Held), new(First));

    [Benchmark(Description = "Scopes: 1 required, the last of 3 held")]
    public bool LastOfThree() => Scopes.CoverAll(new(Held), new(Last));

    [Benchmark(Description = "Scopes: 3 required, 3 wildcards held")]
    public bool Wildcards() => Scopes.CoverAll(new(HeldWildcards), new(Three));

    [Benchmark(Description = "Scopes: 1 required, none of 3 wildcards covers it")]
    public bool NotCovered() => Scopes.CoverAll(new(HeldWildcards), new(None));
}
