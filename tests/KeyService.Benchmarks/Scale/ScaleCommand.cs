using KeyService.Server.Storage;

namespace KeyService.Benchmarks.Scale;

/// <summary><c>scale</c>: what ten million keys cost beside ten thousand.</summary>
internal static class ScaleCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        try
        {
            switch (args.FirstOrDefault())
            {
                case "load":
                    await LoadWord.RunAsync(ScaleOptions.Parse(args[1..]));
                    return 0;
                case "measure":
                    await MeasureWord.RunAsync(ScaleOptions.Parse(args[1..]));
                    return 0;
                default:
                    await Console.Error.WriteLineAsync($"scale {ScaleOptions.Usage}");
                    return 2;
            }
        }
        catch (StartException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }
    }
}
