using System.Text;
using CsCheck;
using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

public class ViolationsTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("é")]
    [InlineData("🚀")]
    [InlineData("e\u0301")]
    [InlineData("a\u200b")]
    public void Length_counts_code_points_whatever_they_are(string one)
    {
        var each = one.EnumerateRunes().Count();
        Refused.Text(Many(one, 64), 64 * each, multiline: false).ShouldBeEmpty();
        Refused.Text(Many(one, 65), 64 * each, multiline: false).ShouldBe([$"text: must be at most {64 * each} characters; it has {65 * each}"]);
    }

    [Theory]
    [InlineData("\0")]
    [InlineData("\u0001")]
    [InlineData("\u001b")]
    [InlineData("\u007f")]
    [InlineData("\u0085")]
    public void A_control_character_anywhere_is_refused(string control)
    {
        foreach (var multiline in new[] { false, true })
        {
            Refused.Text($"a{control}b", 10, multiline).ShouldBe(["text: must not contain control characters"]);
            Refused.Text(control, 10, multiline).ShouldHaveSingleItem();
        }
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    [InlineData("\t")]
    public void Line_ends_and_tabs_belong_in_text_of_several_lines_alone(string whitespace)
    {
        Refused.Text($"a{whitespace}b", 10, multiline: true).ShouldBeEmpty();
        Refused.Text($"a{whitespace}b", 10, multiline: false).ShouldHaveSingleItem();
    }

    [Fact]
    public void Half_a_surrogate_pair_is_refused()
    {
        // Not as inline data: attributes are stored as UTF-8, which cannot hold them.
        foreach (var text in new[] { "\ud83d", "a\ud83d", "\ud83da", "\ude80", "\ude80\ud83d", "\ud83d\ud83d\ude80" })
            Refused.Text(text, 10, multiline: false).ShouldBe(["text: must be well-formed Unicode"]);
    }

    [Theory]
    [InlineData("שלום")]
    [InlineData("مرحبا")]
    [InlineData("%_[]^'\\")]
    [InlineData("<script>")]
    public void Text_of_any_script_is_text(string text) => Refused.Text(text, 100, multiline: false).ShouldBeEmpty();

    [Fact]
    public void A_thousand_combining_marks_count_a_thousand() =>
        Refused.Text("a" + Many("\u0301", 1_000), 256, multiline: true).ShouldBe(["text: must be at most 256 characters; it has 1001"]);

    [Fact]
    public void What_is_taken_survives_UTF_8_and_what_does_not_is_refused() =>
        Gen.OneOf(Gen.Char, Gen.Char['\ud800', '\udfff']).Array[0, 5].Select(chars => new string(chars)).Sample(text =>
        {
            var taken = Refused.Text(text, int.MaxValue, multiline: true).Count == 0;
            if (taken) Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text)).ShouldBe(text);
        });

    [Theory]
    [InlineData("", "workspace_id: is required")]
    [InlineData("a b", "workspace_id: must be 1 to 64 of [A-Za-z0-9_-]")]
    [InlineData("ａ", "workspace_id: must be 1 to 64 of [A-Za-z0-9_-]")]
    [InlineData("*", "workspace_id: must be 1 to 64 of [A-Za-z0-9_-]")]
    public void A_workspace_id_has_its_shape(string id, string expected)
    {
        var violations = new Violations();
        violations.Workspace(id);
        Refused.Violations(violations.ThrowIfAny).ShouldBe([expected]);
    }

    [Fact]
    public void A_workspace_id_has_at_most_64_characters()
    {
        Workspace(64).ShouldBeEmpty();
        Workspace(65).ShouldHaveSingleItem();

        static IReadOnlyList<string> Workspace(int length)
        {
            var violations = new Violations();
            violations.Workspace(new string('a', length));
            return Refused.Violations(violations.ThrowIfAny);
        }
    }

    [Fact]
    public void Text_with_nothing_to_see_is_refused_and_blanks_are_none()
    {
        foreach (var text in new[] { "\u0301", "\u2800", " \u2800 ", "\ue000", "\u200b" })
            Refused.Text(text, 10, multiline: true).ShouldBe(["text: must contain something visible"]);
        Refused.Text(" \n", 10, multiline: true).ShouldBeEmpty();
    }

    [Fact]
    public void Text_with_an_api_key_is_refused_and_not_repeated() =>
        Refused.Text($"leaked: {Keys.PinnedKey.ApiKey}", 100, multiline: false).ShouldBe(["text: must not contain an API key, or most of one: it would be a secret in the clear"]);

    private static string Many(string text, int count) => string.Concat(Enumerable.Repeat(text, count));
}
