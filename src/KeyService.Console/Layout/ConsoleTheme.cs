using MudBlazor;

namespace KeyService.AdminConsole.Layout;

/// <summary>Colours and shapes. Every text has a contrast of 4.5 to 1 or more on what it stands on, in light and in dark.</summary>
internal static class ConsoleTheme
{
    private static readonly string[] SystemFonts = ["system-ui", "-apple-system", "Segoe UI", "Roboto", "Helvetica Neue", "Arial", "sans-serif"];

    public static readonly MudTheme Theme = new()
    {
        PaletteLight = new PaletteLight()
        {
            Primary = "#3446c4", PrimaryContrastText = "#ffffff", Secondary = "#565b70", SecondaryContrastText = "#ffffff",
            Background = "#f4f5fa", Surface = "#ffffff", AppbarBackground = "#ffffff", AppbarText = "#1c1f2e", DrawerBackground = "#ffffff",
            DrawerText = "#1c1f2e", DrawerIcon = "#565b70", TextPrimary = "#1c1f2e", TextSecondary = "#565b70", TextDisabled = "#6b7085",
            ActionDefault = "#565b70", ActionDisabled = "#6b7085", LinesDefault = "#dfe1ec", LinesInputs = "#8389a3", TableLines = "#e6e8f1", Divider = "#e6e8f1",
            Success = "#1b6b3a", SuccessContrastText = "#ffffff", Error = "#b3261e", ErrorContrastText = "#ffffff", Warning = "#7a4f00", WarningContrastText = "#ffffff",
            Info = "#22539c", InfoContrastText = "#ffffff", HoverOpacity = 0.06,
        },
        PaletteDark = new PaletteDark()
        {
            Primary = "#a9b6ff", PrimaryContrastText = "#141a4a", Secondary = "#b0b5c9", SecondaryContrastText = "#12141c",
            Background = "#12141c", Surface = "#1c1f2b", AppbarBackground = "#171a25", AppbarText = "#eceef7", DrawerBackground = "#171a25",
            DrawerText = "#eceef7", DrawerIcon = "#b0b5c9", TextPrimary = "#eceef7", TextSecondary = "#b0b5c9", TextDisabled = "#9096ab",
            ActionDefault = "#b0b5c9", ActionDisabled = "#9096ab", LinesDefault = "#2e3242", LinesInputs = "#767c95", TableLines = "#2a2e3d", Divider = "#2a2e3d",
            Success = "#7fd6a0", SuccessContrastText = "#0d2a18", Error = "#ffb4ab", ErrorContrastText = "#5a0f0a", Warning = "#f1c26b", WarningContrastText = "#3a2600",
            Info = "#a8c7fa", InfoContrastText = "#0d2a55", HoverOpacity = 0.08,
        },
        Typography = new()
        {
            Default = new DefaultTypography { FontFamily = SystemFonts, FontSize = "0.9375rem", LineHeight = "1.5", LetterSpacing = "normal" },
            Button = new ButtonTypography { FontFamily = SystemFonts, FontSize = "0.9375rem", FontWeight = "600", TextTransform = "none", LetterSpacing = "normal" },
        },
        LayoutProperties = new() { DefaultBorderRadius = "10px", DrawerWidthLeft = "232px", AppbarHeight = "60px" },
    };
}
