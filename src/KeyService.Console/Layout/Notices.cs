using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Rendering;
using MudBlazor;

namespace KeyService.AdminConsole.Layout;

/// <summary>The notices at the top right. Screen readers are told too (<c>#announcer</c> is the provider's own live region).</summary>
internal static class Notices
{
    public static void Success(this ISnackbar snackbar, string message) => Show(snackbar, "Success", message, Severity.Success);

    public static void Failure(this ISnackbar snackbar, string message) => Show(snackbar, "Not done", message, Severity.Error);

    public static void News(this ISnackbar snackbar, string title, string message) => Show(snackbar, title, message, Severity.Info);

    private static void Show(ISnackbar snackbar, string title, string message, Severity severity) => snackbar.Add(
        (RenderFragment)(builder => Render(builder, title, message)), severity, options => options.VisibleStateDuration = severity == Severity.Error ? 12_000 : 6_000);

    /// <summary>As text: whatever is in a name is shown, not carried out.</summary>
    private static void Render(RenderTreeBuilder builder, string title, string message)
    {
        builder.OpenElement(0, "div");
        builder.AddAttribute(1, "role", "status");
        builder.OpenElement(2, "strong");
        builder.AddContent(3, title);
        builder.CloseElement();
        builder.OpenElement(4, "div");
        builder.AddContent(5, ForeignText.Show(message));
        builder.CloseElement();
        builder.CloseElement();
    }
}
