namespace KeyService.Benchmarks.Scale;

internal static class MeasureWord
{
    public static Task RunAsync(ScaleOptions options) => throw new NotSupportedException(options.Data);
}
