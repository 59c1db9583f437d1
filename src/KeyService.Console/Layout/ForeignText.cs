using KeyService.Contracts;
using KeyService.Contracts.V1;
using Microsoft.AspNetCore.Components;

namespace KeyService.AdminConsole.Layout;

/// <summary>Names and reasons among words of ours: whichever way they run, ours stay as they are.</summary>
internal static class ForeignText
{
    /// <summary>Control characters, which no name or reason has.</summary>
    private const char Begin = '\u0001';

    private const char End = '\u0002';

    /// <summary>The name of a key, or its id where an earlier version accepted a name that shows nothing.</summary>
    public static string NameOf(Key key) => FreeText.HasVisible(key.Name) ? key.Name : key.KeyId;

    /// <summary>A name, in quotation marks, for a text that is shown by <see cref="Show"/>.</summary>
    public static string Quote(string name) => $"“{Mark(name)}”";

    /// <summary>Anything else that somebody typed.</summary>
    public static string Mark(string text) => $"{Begin}{text}{End}";

    /// <summary>The text, with each of those in an element <c>bdi</c>. As text: whatever is in it is shown, not carried out.</summary>
    public static RenderFragment Show(string text) => builder =>
    {
        var parts = text.Split(Begin, End);
        for (var i = 0; i < parts.Length; i++)
        {
            // Every second one was marked.
            if (i % 2 == 0)
            {
                builder.AddContent(0, parts[i]);
                continue;
            }

            builder.OpenElement(1, "bdi");
            builder.AddContent(2, parts[i]);
            builder.CloseElement();
        }
    };
}
