using System.Diagnostics;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Contracts.V1;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using Microsoft.EntityFrameworkCore;

namespace KeyService.Benchmarks.Scale;

/// <summary>ListKeys in the big workspace: the first pages, and those from page 10,000 on.</summary>
internal sealed class Pages(ScaleServer server, ScaleStore store)
{
    private const int Size = 500;
    private const int DeepPage = 10_000;

    /// <summary>Of many keys in the big workspace: its pages lie within one run of the order by name.</summary>
    private const string OftenUsedName = "DEFAULT KEY";

    public static readonly IReadOnlyList<(string What, string OrderBy, KeyOrder Order)> All =
    [
        ("page 10,000", "create_time desc", KeyOrder.NewestFirst),
        ("page 10,000", "create_time", KeyOrder.OldestFirst),
        ("page 10,000", "name", KeyOrder.ByName),
        (LastOfOneName, "name", KeyOrder.ByName),
    ];

    private const string LastOfOneName = "the last pages of one name";

    /// <summary>The token that page 9,999 would end with: 9,999 calls less. The product seals it, from the row that is there.</summary>
    /// <param name="what">One of <see cref="All"/>.</param>
    /// <param name="order">Its order.</param>
    /// <param name="pages">That are to follow.</param>
    /// <returns>Null when the workspace is smaller.</returns>
    public async Task<string?> TokenAsync(string what, KeyOrder order, int pages)
    {
        var engine = store.NewEngine();
        using var disposable = engine as IDisposable;
        await using var context = engine.CreateContext();
        context.Database.SetCommandTimeout(TimeSpan.FromMinutes(5));
        var keys = context.ApiKeys.AsNoTracking().Where(key => key.WorkspaceId == LoadPlan.BigWorkspace);
        var skip = ((DeepPage - 1) * Size) - 1;
        if (what == LastOfOneName)
        {
            keys = keys.Where(key => key.NameOrder == OftenUsedName);
            skip = Math.Max(0, await keys.CountAsync() - (pages * Size) - 1);
        }

        var ordered = order switch
        {
            KeyOrder.OldestFirst => keys.OrderBy(key => key.CreateTime).ThenBy(key => key.KeyId),
            KeyOrder.ByName => keys.OrderBy(key => key.NameOrder).ThenBy(key => key.KeyId),
            _ => keys.OrderByDescending(key => key.CreateTime).ThenByDescending(key => key.KeyId),
        };
        if (await ordered.Skip(skip).FirstOrDefaultAsync() is not { } last) return null;
        var caller = await server.Client.GetCallerAsync(new(), server.Root);
        var position = new KeyPosition(UtcMicroseconds.ToMicroseconds(last.CreateTime), last.NameOrder, last.KeyId);
        string[] binding = ["ListKeys", caller.CredentialId, LoadPlan.BigWorkspace, "", "Unspecified", order.ToString()];
        return PageToken.Seal(position, binding, store.MasterKeys.Current);
    }

    /// <summary>Reads pages one after the other; the milliseconds of each, and the server's CPU microseconds of all.</summary>
    public async Task<(List<double> Times, double ServerMicroseconds)> WalkAsync(string orderBy, string token, int pages)
    {
        var times = new List<double>();
        var before = await server.Hooks.StatsAsync(new());
        for (var i = 0; i < pages; i++)
        {
            var began = Stopwatch.GetTimestamp();
            var response = await server.Client.ListKeysAsync(
                new() { WorkspaceId = LoadPlan.BigWorkspace, PageSize = Size, OrderBy = orderBy, PageToken = token }, server.Root);
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            if (response.Keys.Count != Size) throw new InvalidOperationException($"A page of {response.Keys.Count} keys: the workspace ends here.");
            token = response.NextPageToken;
        }

        var after = await server.Hooks.StatsAsync(new());
        return (times, (after.CpuMicroseconds - before.CpuMicroseconds) / (double)pages);
    }
}
