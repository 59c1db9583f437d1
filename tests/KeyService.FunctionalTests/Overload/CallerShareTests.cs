using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>One caller cannot take the permits of all.</summary>
public sealed class CallerShareTests
{
    private const int Permits = 8, Calls = 2 * Permits;

    [Fact]
    public async Task A_caller_whose_bodies_do_not_end_gets_half_of_the_permits_and_others_are_served()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store, ("KeyService__MaxManagementCalls", $"{Permits}"));
        var workspace = new TestWorkspace(server, "w");
        var key = (await workspace.CreateAsync()).Key;
        var flooder = (await workspace.CreateCredentialAsync(["keys:write"], [workspace.Id])).ApiKey;
        using var raw = new RawGrpc(server) { Authorization = $"Bearer {flooder}" };
        var request = RawGrpc.Frame(new SetStatusRequest { WorkspaceId = workspace.Id, KeyId = key.KeyId, Status = KeyStatus.Disabled });
        var end = new TaskCompletionSource();
        var held = new List<Task<CallError>>();
        var refused = new List<CallError>();
        // The connection, and the code of both answers: a body that is not there within 10 s loses its permit.
        await raw.SendAsync("SetStatus", request[..^1]);
        await workspace.SetStatusAsync(key.KeyId, KeyStatus.Disabled);
        await workspace.SetStatusAsync(key.KeyId, KeyStatus.Enabled);
        try
        {
            for (var i = 0; i < Calls && refused.Count < Permits / 2; i++)
            {
                var reads = new TaskCompletionSource();
                var call = SendAsync(raw, request, reads, end.Task);
                // The server asks for the body when the call has a permit, and not before.
                if (await Task.WhenAny(call, reads.Task) == call) refused.Add(await call);
                else held.Add(call);
            }

            held.Count(call => !call.IsCompleted).ShouldBeInRange(1, Permits / 2);
            refused.Count.ShouldBe(Permits / 2);
            refused.ShouldAllBe(error => error.Code == StatusCode.ResourceExhausted && error.Message.Contains("This caller has its share", StringComparison.Ordinal));
            (await workspace.Client.GetCallerAsync(new(), server.Root)).AllWorkspaces.ShouldBeTrue();
            (await workspace.GetAsync(key.KeyId)).Status.ShouldBe(KeyStatus.Enabled);
            (await workspace.SetStatusAsync(key.KeyId, KeyStatus.Disabled)).Key.Status.ShouldBe(KeyStatus.Disabled);
            held.ShouldContain(call => !call.IsCompleted, "a call of the flood is still under way");
        }
        finally
        {
            end.SetResult();
        }

        await Task.WhenAll(held);
        (await workspace.Client.GetCallerAsync(new(), TestServer.As(flooder))).CredentialId.ShouldNotBeEmpty();
    }

    /// <summary>All but the last byte of the message is sent when the server reads; that one at the end.</summary>
    private static async Task<CallError> SendAsync(RawGrpc raw, byte[] request, TaskCompletionSource reads, Task end)
    {
        using var body = new HalfBody(request[..^1], async stream =>
        {
            reads.SetResult();
            await end;
            await stream.WriteAsync(request.AsMemory(^1..));
        });
        var answer = await raw.SendAsync("SetStatus", body, headers: ("expect", "100-continue"));
        return answer.Error;
    }
}
