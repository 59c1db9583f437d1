using System.Text;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

public class ScopesTests
{
    [Theory]
    [InlineData("a", true)]
    [InlineData("wallets:read", true)]
    [InlineData("a.b_c-d:e.9", true)]
    [InlineData("a.*", true)]
    [InlineData("a.b.*", true)]
    [InlineData("", false)]
    [InlineData("*", false)]
    [InlineData(".*", false)]
    [InlineData("a*", false)]
    [InlineData("a.*.b", false)]
    [InlineData("a.**", false)]
    [InlineData("a.*.*", false)]
    [InlineData("A", false)]
    [InlineData("a b", false)]
    [InlineData("a ", false)]
    [InlineData("a\n", false)]
    [InlineData("a/b", false)]
    [InlineData("é", false)]
    [InlineData("９", false)]
    public void A_scope_is_valid_as_the_contract_says(string scope, bool expected)
    {
        Scopes.IsValid(scope).ShouldBe(expected);
        Scopes.IsValid(Encoding.UTF8.GetBytes(scope)).ShouldBe(expected);
    }

    [Fact]
    public void A_scope_has_at_most_64_characters_wildcard_included()
    {
        Scopes.IsValid(new string('a', 64)).ShouldBeTrue();
        Scopes.IsValid(new string('a', 65)).ShouldBeFalse();
        Scopes.IsValid(new string('a', 62) + ".*").ShouldBeTrue();
        Scopes.IsValid(new string('a', 63) + ".*").ShouldBeFalse();
    }

    [Theory]
    [InlineData("a", "a", true)]
    [InlineData("a", "b", false)]
    [InlineData("a", "a.b", false)]
    [InlineData("a.b", "a", false)]
    [InlineData("a.*", "a.b", true)]
    [InlineData("a.*", "a.b.c", true)]
    [InlineData("a.*", "a", false)]
    [InlineData("a.*", "ab", false)]
    [InlineData("a.*", "ab.c", false)]
    [InlineData("a.*", "a.", false)]
    [InlineData("a.*", "a:b", false)]
    [InlineData("a.*", "b.a.c", false)]
    [InlineData("a.b.*", "a.b", false)]
    [InlineData("a.b.*", "a.c", false)]
    [InlineData("a.*", "a.*", true)]
    [InlineData("a.*", "a.b.*", true)]
    [InlineData("a.b.*", "a.*", false)]
    [InlineData("a.b", "a.*", false)]
    [InlineData("a", "a.*", false)]
    [InlineData("a.b", "a.b.*", false)]
    public void A_held_scope_covers_what_lies_below_it_and_no_more(string held, string required, bool expected) =>
        Covers(held, required).ShouldBe(expected);

    [Fact]
    public void What_covers_a_wildcard_covers_all_that_the_wildcard_covers() =>
        Gen.Select(AnyScope, AnyScope, AnyScope).Sample(
            (top, middle, bottom) =>
            {
                if (Covers(top, middle) && Covers(middle, bottom))
                    Covers(top, bottom).ShouldBeTrue($"{top} > {middle} > {bottom}");
            },
            iter: 50_000);

    [Fact]
    public void Two_scopes_that_cover_each_other_are_the_same() =>
        Gen.Select(AnyScope, AnyScope).Sample(
            (one, other) => (Covers(one, other) && Covers(other, one)).ShouldBe(one == other),
            iter: 50_000);

    [Fact]
    public void A_scope_that_covers_a_wildcard_is_the_same_or_a_wildcard_above_it() =>
        Gen.Select(AnyScope, AnyScope.Where(s => s.EndsWith(".*", StringComparison.Ordinal))).Sample(
            (held, required) =>
            {
                var below = required[..^1] + "anything";
                var escapes = !Covers(held, below);
                if (escapes)
                    Covers(held, required).ShouldBeFalse();
            },
            iter: 50_000);

    [Fact]
    public void All_are_covered_only_when_each_is()
    {
        CoverAll(["a.*", "b"], ["a.x", "b", "a.y.z"]).ShouldBeTrue();
        CoverAll(["a.*", "b"], ["a.x", "c"]).ShouldBeFalse();
        CoverAll(["a.*"], []).ShouldBeTrue();
        CoverAll([], []).ShouldBeTrue();
        CoverAll([], ["a"]).ShouldBeFalse();
    }

    [Fact]
    public void Checking_scopes_allocates_nothing()
    {
        string[] held = ["x", "y.*", "a.*"];
        string[] required = ["a.b", "x", "y.z.*"];
        var (heldList, requiredList) = (ScopeList.Of(held), ScopeList.Of(required));
        var covered = 0;
        var before = 0L;
        for (var i = 0; i < 1_100; i++)
        {
            if (i == 100)
                before = GC.GetAllocatedBytesForCurrentThread();
            covered += Scopes.CoverAll(new(heldList), new(requiredList)) ? 1 : 0;
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
        covered.ShouldBe(1_100);
    }

    private static bool Covers(string held, string required) => Scopes.Covers(Encoding.UTF8.GetBytes(held), Encoding.UTF8.GetBytes(required));

    private static bool CoverAll(string[] held, string[] required) => Scopes.CoverAll(new(ScopeList.Of(held)), new(ScopeList.Of(required)));

    /// <summary>From few letters, so that many cover each other.</summary>
    private static Gen<string> AnyScope { get; } = Gen.Select(Gen.OneOf("a", "b", "ab", ".").Array[1, 3], Gen.Bool)
        .Select((parts, wildcard) => string.Join('.', parts) + (wildcard ? ".*" : ""));
}
