using System.Runtime;
using System.Runtime.InteropServices;
using Grpc.Core;
using None = Google.Protobuf.WellKnownTypes.Empty;

namespace KeyService.Server.TestHooks;

/// <summary>
/// What every load is measured beside: a unary call that does nothing, in the same process and on the same port. Only in a build with
/// <c>-p:TestHooks=true</c>.
/// </summary>
internal sealed class EmptyService : Empty.EmptyBase
{
    private const string Path = "/keyservice.testhooks.Empty";

    private static readonly Task<None> Reply = Task.FromResult(new None());

    /// <summary>A branch of its own, before everything else: nothing of the service's pipeline is on its way.</summary>
    public static void Map(WebApplication app) => app.MapWhen(
        context => context.Request.Path.StartsWithSegments(Path, StringComparison.Ordinal),
        branch => branch.UseRouting().UseEndpoints(endpoints => endpoints.MapGrpcService<EmptyService>()));

    public override Task<None> Call(None request, ServerCallContext context) => Reply;

    public override Task<ServerStats> Stats(None request, ServerCallContext context) => Task.FromResult(new ServerStats
    {
        CpuMicroseconds = (long)Environment.CpuUsage.TotalTime.TotalMicroseconds,
        AllocatedBytes = GC.GetTotalAllocatedBytes(),
        Collections = GC.CollectionCount(0),
        ServerGc = GCSettings.IsServerGC,
        Processors = Environment.ProcessorCount,
        Runtime = RuntimeInformation.FrameworkDescription,
    });
}
