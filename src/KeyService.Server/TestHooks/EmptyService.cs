using System.Runtime;
using System.Runtime.InteropServices;
using Grpc.Core;
using KeyService.Server.Lookup;
using None = Google.Protobuf.WellKnownTypes.Empty;

namespace KeyService.Server.TestHooks;

/// <summary>
/// What every load is measured beside: a unary call that does nothing, in the same process and on the same port. Only in a build with
/// <c>-p:TestHooks=true</c>.
/// </summary>
internal sealed class EmptyService(RedisConnection redis) : Empty.EmptyBase
{
    private static readonly Task<None> Reply = Task.FromResult(new None());

    /// <summary>Like any other gRPC service of this server.</summary>
    public static void Map(WebApplication app) => app.MapGrpcService<EmptyService>();

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

    /// <summary>What an answer from Redis is measured beside: the GET alone, without bound, breaker or look at the value.</summary>
    public override async Task<RedisGetResponse> RedisGet(RedisGetRequest request, ServerCallContext context)
    {
        var value = (byte[]?)await redis.Database!.StringGetAsync(request.Key);
        return new() { Length = value?.Length ?? 0 };
    }

    public override Task<HeapSize> Collect(None request, ServerCallContext context)
    {
        // Twice: what has a finalizer is gone after the second.
        for (var i = 0; i < 2; i++)
        {
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
            GC.WaitForPendingFinalizers();
        }

        return Task.FromResult(new HeapSize { Bytes = GC.GetTotalMemory(forceFullCollection: true) });
    }
}
