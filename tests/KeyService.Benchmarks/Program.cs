using BenchmarkDotNet.Running;
using KeyService.Benchmarks.Fair;
using KeyService.Benchmarks.Feeds;
using KeyService.Benchmarks.Load;
using KeyService.Benchmarks.Micro;
using KeyService.Benchmarks.Opening;
using KeyService.Benchmarks.Propagation;
using KeyService.Benchmarks.Scale;

switch (args.FirstOrDefault())
{
    case "load":
        return await LoadCommand.RunAsync(LoadOptions.Parse(args[1..]));
    case "feeds":
        return await FeedsCommand.RunAsync(args[1..]);
    case "fair":
        return await FairCommand.RunAsync(args[1..]);
    case FloodProcess.Word:
        return await FloodProcess.RunAsync(args[1..]);
    case "opening":
        return await OpeningCommand.RunAsync(args[1..]);
    case "propagation":
        return await PropagationCommand.RunAsync(args[1..]);
    case "scale":
        return await ScaleCommand.RunAsync(args[1..]);
    case "micro":
        BenchmarkSwitcher.FromTypes([typeof(Counters), typeof(Formats), typeof(Hashing), typeof(MemoryHit), typeof(ScopeCheck)])
            .Run(args.Length > 1 ? args[1..] : ["--filter", "*"], new MicroConfig());
        return 0;
    default:
        Console.Error.WriteLine($"load {LoadOptions.Usage}{Environment.NewLine}feeds {FeedsCommand.Usage}{Environment.NewLine}fair {FairCommand.Usage}{Environment.NewLine}opening {OpeningCommand.Usage}{Environment.NewLine}propagation {PropagationCommand.Usage}{Environment.NewLine}scale {ScaleOptions.Usage}{Environment.NewLine}micro [options of BenchmarkDotNet]");
        return 2;
}
