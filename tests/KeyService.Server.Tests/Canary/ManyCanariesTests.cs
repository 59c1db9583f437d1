using KeyService.Server.Canary;
using KeyService.Server.Keys;
using KeyService.Server.Observability;
using KeyService.Server.Tests.Fakes;
using Microsoft.Extensions.Logging;

namespace KeyService.Server.Tests.Canary;

/// <summary>One key, several who switch it: other processes' canaries, and operators.</summary>
public class ManyCanariesTests
{
    private const string Other = CanaryKey.ReasonPrefix + "another";

    private readonly CanaryRig _rig = new();

    [Fact]
    public async Task Who_finds_the_key_changed_stands_by_and_takes_over_when_nobody_changes_it()
    {
        await _rig.LookAsync();
        _rig.Key.SwitchedBy(Other, KeyStatus.Disabled);
        _rig.Key.SwitchedBy(Other, KeyStatus.Enabled);

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.StoodBy);
        _rig.Connections.ShouldBe(0);
        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);
        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);
    }

    [Fact]
    public async Task Of_two_who_switch_it_at_once_the_second_leaves_it_to_the_first()
    {
        await _rig.LookAsync();
        _rig.Key.BeforeSwitch = () =>
        {
            _rig.Key.SwitchedBy(Other, KeyStatus.Disabled);
            return Task.CompletedTask;
        };

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Overtaken);

        _rig.Key.Record.Status.ShouldBe(KeyStatus.Disabled, "the other switches it on");
        _rig.Replica("a").Asked.ShouldBe(1);
    }

    [Fact]
    public async Task What_a_canary_left_switched_off_is_switched_on_without_a_word()
    {
        _rig.Key.SwitchedBy(Other, KeyStatus.Disabled);
        await _rig.LookAsync();

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);

        _rig.Metrics.Count(CanaryAsked.Answered).ShouldBe(4);
        _rig.Log.Lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_an_operator_switched_off_is_switched_on_with_a_warning()
    {
        _rig.Key.SwitchedBy("what is this?", KeyStatus.Disabled);
        await _rig.LookAsync();

        (await _rig.RunAsync()).ShouldBe(RoundOutcome.Complete);

        var (level, text) = _rig.Log.Lines.ShouldHaveSingleItem();
        level.ShouldBe(LogLevel.Warning);
        text.ShouldContain("KeyService:Canary");
        text.ShouldContain(_rig.Key.Record.KeyId);
        _rig.Key.Record.Status.ShouldBe(KeyStatus.Enabled);
    }
}
