using System.Globalization;

namespace KeyService.Server.Lifecycle;

/// <summary>The revision as an opaque text: 16 lower-case hex digits.</summary>
internal static class Etag
{
    public static string Of(long revision) => revision.ToString("x16", CultureInfo.InvariantCulture);
}
