using System.Globalization;

namespace KeyService.Benchmarks.Scale;

/// <summary>Figures as min / median / max over the rounds.</summary>
internal static class Report
{
    public static void Line(FormattableString text) => Console.WriteLine(text.ToString(CultureInfo.InvariantCulture));

    public static string Spread(IEnumerable<double> figures, string format)
    {
        var sorted = figures.Order().ToArray();
        var middle = sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
        return string.Join(" / ", new[] { sorted[0], middle, sorted[^1] }.Select(value => value.ToString(format, CultureInfo.InvariantCulture)));
    }

    public static double Percentile(double[] sorted, double part) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * part))];
}
