using CsCheck;
using KeyService.Server.Hosting;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Hosting;

public class SettingsTests
{
    private const string Name = "KeyService:Some";

    private static readonly TimeSpan Default = TimeSpan.FromSeconds(3);

    [Theory]
    [InlineData("00:00:02", 2_000)]
    [InlineData("24:00:00", 86_400_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("400.00:00:00", 34_560_000_000)]
    [InlineData("9600:00:00", 34_560_000_000)]
    [InlineData("0:00:00.2", 200)]
    [InlineData("00:00:00.010", 10)]
    [InlineData("00:01:59.9990000", 119_999)]
    public void A_duration_is_hours_minutes_seconds(string text, double milliseconds) =>
        Duration(text).ShouldBe(TimeSpan.FromMilliseconds(milliseconds));

    [Theory]
    [InlineData("30")]
    [InlineData("0")]
    [InlineData("30s")]
    [InlineData("00:30")]
    [InlineData("00:00:60")]
    [InlineData("00:60:00")]
    [InlineData("-00:00:01")]
    [InlineData(" 00:00:01")]
    [InlineData("00:00:01\n")]
    [InlineData("00:00:01.")]
    [InlineData("00:00:01.12345678")]
    [InlineData("00:0٢:00")]
    [InlineData("٠٠:٠٠:٠١")]
    [InlineData("1:1:1:1")]
    [InlineData("99999.00:00:00")]
    [InlineData("999999:00:00")]
    [InlineData("PT5S")]
    public void Anything_else_is_refused_with_the_setting_s_name(string text)
    {
        var reason = Should.Throw<StartException>(() => Duration(text)).Message;

        reason.ShouldStartWith("KeyService:Some: must be a duration hh:mm:ss from 00:00:00 to 36500.00:00:00; found ");
        reason.ShouldNotContain('\n');
    }

    [Fact]
    public void No_text_makes_a_duration_anything_but_taken_or_refused() =>
        Gen.OneOf(Gen.String, Gen.String[Gen.Char["0123456789:.-٢ \n"], 0, 14]).Sample(text =>
        {
            try
            {
                Duration(text).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromDays(36_500));
            }
            catch (StartException)
            {
                // Refused.
            }
        });

    [Fact]
    public void A_duration_keeps_to_its_range_ends_included()
    {
        var (min, max) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

        Between("00:00:01").ShouldBe(min);
        Between("00:00:10").ShouldBe(max);
        Should.Throw<StartException>(() => Between("00:00:00.9999999"));
        Should.Throw<StartException>(() => Between("00:00:10.0000001"));

        TimeSpan Between(string text) => Settings.Duration(Configured.With((Name, text)), Name, Default, min, max);
    }

    [Theory]
    [InlineData("100", 100)]
    [InlineData("200", 200)]
    public void A_number_is_taken_within_its_range(string text, int expected) => Integer(text).ShouldBe(expected);

    [Theory]
    [InlineData("99")]
    [InlineData("201")]
    [InlineData("-150")]
    [InlineData("+150")]
    [InlineData(" 150")]
    [InlineData("1,50")]
    [InlineData("150.0")]
    [InlineData("0x96")]
    [InlineData("99999999999")]
    [InlineData("many")]
    public void Any_other_number_is_refused(string text) =>
        Should.Throw<StartException>(() => Integer(text)).Message.ShouldStartWith("KeyService:Some: must be a whole number from 100 to 200; found ");

    [Theory]
    [InlineData("yes")]
    [InlineData("1")]
    [InlineData("on")]
    public void A_switch_is_true_or_false(string text)
    {
        Settings.Boolean(Configured.With((Name, "True")), Name, @default: false).ShouldBeTrue();
        Should.Throw<StartException>(() => Settings.Boolean(Configured.With((Name, text)), Name, @default: false)).Message.ShouldContain("`true` or `false`");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void Nothing_means_the_default(string? text)
    {
        Duration(text).ShouldBe(Default);
        Integer(text).ShouldBe(150);
        Settings.Boolean(Configured.With((Name, text)), Name, @default: true).ShouldBeTrue();
    }

    [Theory]
    [InlineData("12345", "a bare number")]
    [InlineData("hunter2", "a text of 7 characters")]
    [InlineData("", "nothing")]
    public void What_was_found_is_told_by_its_shape_alone(string text, string shape) =>
        Settings.Wrong(Name, text, "right").Message.ShouldBe($"KeyService:Some: must be right; found {shape}.");

    private static TimeSpan Duration(string? text) =>
        Settings.Duration(Configured.With((Name, text)), Name, Default, TimeSpan.Zero, TimeSpan.FromDays(36_500));

    private static int Integer(string? text) => Settings.Integer(Configured.With((Name, text)), Name, 150, 100, 200);
}
