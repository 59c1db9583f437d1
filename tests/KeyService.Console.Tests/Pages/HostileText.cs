using KeyService.AdminConsole.Tests.Infrastructure;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>Names and descriptions that would harm a page that does not treat them as text.</summary>
internal static class HostileText
{
    public static readonly string[] Names =
    [
        "<script>window.hurt = 1</script>",
        "<img src=x onerror=\"window.hurt = 1\">",
        "\"'><b onmouseover=window.hurt=1>bold</b>&amp;&lt;",
        "{{7*7}} ${7*7} @(7*7) %3Cscript%3E",
        "مفتاح التداول الليلي",
        "מפתח המסחר של הלילה",
        "invoice\u200Bgpj.exe",
        "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 emoji",
        string.Concat(Enumerable.Repeat("W", 128)),
        string.Concat(Enumerable.Repeat("👍", 128)),
        "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    ];

    public static readonly string Long = string.Concat(Enumerable.Repeat("<b>W</b>", 128));

    /// <summary>Nothing of it was carried out, and the page is as it must be: its width, accessibility, and a picture.</summary>
    public static async Task ShouldHoldAsync(Visitor visitor, string where)
    {
        (await visitor.Page.EvaluateAsync<bool>("() => 'hurt' in window")).ShouldBeFalse(where);
        await visitor.Page.ShouldFitAsync(where);
        if (!where.StartsWith('/')) await visitor.ShouldBeAccessibleAsync(where);
        if (where.StartsWith("hostile", StringComparison.Ordinal)) await visitor.TakePictureAsync(where);
    }
}
