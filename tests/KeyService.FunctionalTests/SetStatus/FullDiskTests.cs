using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.SetStatus;

/// <summary>A key that cannot be disabled is the worst that a full disk does: health says so, and the log says why.</summary>
public sealed class FullDiskTests
{
    [Fact]
    public async Task While_no_change_can_be_written_a_process_that_takes_changes_is_not_ready_and_one_that_validates_is()
    {
        using var disk = SmallDisk.TryMount(out var reason);
        Assert.SkipWhen(disk is null, reason);
        await using var store = new TestStore(TestEngine.Embedded, disk!.StoreFolder);
        await using var server = await TestServer.StartAsync(store);
        await using var validating = await TestServer.StartAsync(store, ("KeyService__Roles", "validation"));
        var created = await server.Client.CreateKeyAsync(new() { WorkspaceId = "w", Name = "n" }, server.Root);
        (await ReadyAsync(server)).ShouldBe(HttpStatusCode.OK);

        disk.Fill();
        await Eventually.IsTrueAsync(async () => await FailsAsync(server, created.Key), "changes fail");

        (await ReadyAsync(server)).ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var channel = GrpcChannel.ForAddress(server.GrpcAddress);
        (await new Health.HealthClient(channel).CheckAsync(new())).Status.ShouldBe(HealthCheckResponse.Types.ServingStatus.NotServing);
        (await server.SumAsync("keyservice_condition_active", "condition=\"writes\"")).ShouldBe(1);
        server.Output.Where(line => line.Contains("Changes cannot be written", StringComparison.Ordinal)).ShouldHaveSingleItem().ShouldContain("the disk is full");
        (await ReadyAsync(validating)).ShouldBe(HttpStatusCode.OK);

        disk.Free();
        await Eventually.IsTrueAsync(async () => await ReadyAsync(server) == HttpStatusCode.OK, "ready again");
        await server.SetStatusAsync(created.Key, KeyStatus.Disabled);
    }

    private static async Task<HttpStatusCode> ReadyAsync(TestServer server) =>
        (await server.Http.GetAsync(new Uri("/health/ready", UriKind.Relative))).StatusCode;

    private static async Task<bool> FailsAsync(TestServer server, Key key)
    {
        try
        {
            await server.Client.SetStatusAsync(new() { WorkspaceId = key.WorkspaceId, KeyId = key.KeyId, Status = key.Status == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled }, server.Root);
            key.Status = key.Status == KeyStatus.Enabled ? KeyStatus.Disabled : KeyStatus.Enabled;
            return false;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
        {
            return true;
        }
    }
}
