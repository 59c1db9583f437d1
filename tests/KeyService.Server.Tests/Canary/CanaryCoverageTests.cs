using KeyService.AdminConsole.Service;
using KeyService.Server.Canary;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Canary;

/// <summary>Who is not judged: a line when it begins, one every five minutes with a count, one when it is over.</summary>
public class CanaryCoverageTests
{
    private readonly CanaryRig _rig = new();
    private readonly LogLines<CanaryCoverageTests> _lines = new();
    private readonly CanaryCoverage _coverage;

    public CanaryCoverageTests() => _coverage = new(_rig.Metrics, Samples.Metrics(_rig.Time), _rig.Time, _lines);

    [Fact]
    public void A_replica_that_is_not_judged_is_logged_with_a_count_and_when_it_is_judged_again()
    {
        ReplicaAnswer[] answers = [new("one", Answer.None, "gone away"), new("two", Answered)];
        for (var minute = 0; minute < 6; minute++)
        {
            _coverage.Count(answers).ShouldBe(1);
            _rig.Time.Advance(TimeSpan.FromMinutes(1));
        }

        _lines.All.ShouldBe(
        [
            "The canary does not judge replica one: gone away.",
            "Still failing after 00:05:00: canary_replica one (gone away); 5 failures since the last line.",
        ]);
        _coverage.Count([new("one", Answered), new("two", Answered)]).ShouldBe(2);
        _lines.All.Skip(2).ShouldBe(["No longer failing after 00:06:00: canary_replica one; 6 failures."]);
    }

    [Fact]
    public void A_replica_that_is_gone_is_over()
    {
        _coverage.Count([new("one", Answer.None, "gone away"), new("two", Answered)]);

        _coverage.Count([new("two", Answered)]);
        _lines.All[^1].ShouldStartWith("No longer failing after 00:00:00: canary_replica one;");
        _coverage.Count([new("one", Answer.None, "gone away"), new("two", Answered)]);
        _lines.All[^1].ShouldBe("The canary does not judge replica one: gone away.");
    }

    [Fact]
    public void That_none_is_judged_is_logged_with_a_count_and_when_it_is_over()
    {
        for (var minute = 0; minute < 6; minute++)
        {
            _coverage.Count([]).ShouldBe(0);
            _rig.Time.Advance(TimeSpan.FromMinutes(1));
        }

        _coverage.Count([new("two", Answered)]);
        _lines.All.ShouldBe(
        [
            "The canary judges none of 0 replicas: it would find no violation.",
            "Still failing after 00:05:00: canary_coverage (no replica answers); 5 failures since the last line.",
            "No longer failing after 00:06:00: canary_coverage; 6 failures.",
        ]);
    }

    private static Answer Answered => Enum.GetValues<Answer>().First(answer => answer != Answer.None);
}
