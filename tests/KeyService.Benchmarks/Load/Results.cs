using System.Globalization;

namespace KeyService.Benchmarks.Load;

/// <summary>What a run found, as tables for the README. The median says whether what was asked is met.</summary>
internal sealed class Results
{
    private readonly List<string> _rows = [];
    private readonly List<string> _costs = [];

    public void Ratio(Comparison comparison, string how, IReadOnlyList<double> figures) => AtLeast(
        $"{comparison.Load.Name} : {comparison.Base.Name}{(comparison.Load.Keys == comparison.Base.Keys ? "" : ", keys a second")}{how}", comparison.Asked, figures);

    public void AtLeast(string what, double asked, IReadOnlyList<double> figures) => Add(
        what, string.Create(CultureInfo.InvariantCulture, $">= {asked:0.00}"), Report.Spread(figures, "F2"), Report.Median(figures) >= asked);

    /// <param name="what">As the table says it.</param>
    /// <param name="asked">In seconds; null: for comparison only.</param>
    /// <param name="figures">In seconds.</param>
    public void Latency(string what, double? asked, IReadOnlyList<double> figures) => Add(
        what, asked is { } most ? string.Create(CultureInfo.InvariantCulture, $"<= {most * 1_000:0} ms") : "",
        Report.Spread(figures, figure => figure * 1_000, "F2") + " ms", asked is null ? null : Report.Median(figures) <= asked);

    public void Told(string what, string asked, string measured, bool? met) => Add(what, asked, measured, met);

    public void Cost(Comparison comparison, List<Pair> pairs) => _costs.Add(
        $"| {comparison.Load.Name} | {Report.Spread(pairs, pair => pair.Load.CpuMicroseconds, "F1")} ({Report.Spread(pairs, pair => pair.Base.CpuMicroseconds, "F1")}) "
        + $"| {Report.Spread(pairs, pair => pair.Load.AllocatedBytes, "N0")} ({Report.Spread(pairs, pair => pair.Base.AllocatedBytes, "N0")}) "
        + $"| {Report.Spread(pairs, pair => pair.Load.Slice.PerSecond, "N0")} ({Report.Spread(pairs, pair => pair.Base.Slice.PerSecond, "N0")}) |");

    public void Print()
    {
        Report.Title($"| what | asked | measured min / median / max | met |");
        Report.Line($"|---|---|---|---|");
        foreach (var row in _rows) Report.Line($"{row}");
        if (_costs.Count == 0) return;
        Report.Title($"| load (what it is measured beside) | CPU s per million calls | bytes allocated per call | calls a second |");
        Report.Line($"|---|---|---|---|");
        foreach (var row in _costs) Report.Line($"{row}");
    }

    private void Add(string what, string asked, string measured, bool? met) =>
        _rows.Add($"| {what} | {asked} | {measured} | {(met switch { true => "yes", false => "no", null => "" })} |");
}
