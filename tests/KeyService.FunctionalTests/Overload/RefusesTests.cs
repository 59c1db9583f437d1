using System.Net;
using Google.Protobuf;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>What a call is told that finds no place.</summary>
public sealed class RefusesTests
{
    [Fact]
    public async Task A_management_call_is_told_while_the_places_are_held_and_the_next_works_when_they_are_free()
    {
        await using var full = await FullServer.StartAsync();
        var held = await full.FillManagementAsync();

        held.Refusal.ShouldBe(StatusCode.ResourceExhausted, "OVERLOADED").Retry!.RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(1));
        held.AreAllWaiting.ShouldBeTrue();

        full.WakeDatabase();
        await Task.WhenAll(held.Calls);
        // An answer is on its way before its place is free.
        await Eventually.IsTrueAsync(async () => (await TryGetCallerAsync(full)) is null, "a call is let in");
        await ShouldBeCountedAsync(full, "management");
    }

    [Fact]
    public async Task A_validation_is_told_while_the_places_are_held_and_the_next_works_when_they_are_free()
    {
        await using var full = await FullServer.StartAsync();
        var held = await full.FillValidationAsync();

        held.Refusal.ShouldBe(StatusCode.ResourceExhausted, "OVERLOADED").Retry!.RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromMilliseconds(25));
        held.AreAllWaiting.ShouldBeTrue();

        full.WakeDatabase();
        await Task.WhenAll(held.Calls);
        await Eventually.IsTrueAsync(
            async () =>
            {
                try
                {
                    return (await full.Workspace.ValidateAsync(full.Unseen[^1])).Verdict == Verdict.Valid;
                }
                catch (RpcException)
                {
                    return false;
                }
            },
            "a validation is let in");
        await ShouldBeCountedAsync(full, "validation");
    }

    [Fact]
    public async Task Over_JSON_it_is_429_with_the_same_status()
    {
        await using var full = await FullServer.StartAsync();
        await full.SilenceDatabaseAsync();
        var path = $"/v1/workspaces/{full.Workspace.Id}/keys/{full.Known.Key.KeyId}";

        var calls = Enumerable.Range(0, FullServer.Places + 1).Select(i => JsonAnswer.Get(full.Server, path, full.Callers[i])).ToList();
        var first = await Task.WhenAny(calls);
        calls.Remove(first);

        var refusal = await first;
        refusal.ShouldBeError(HttpStatusCode.TooManyRequests, 8, "OVERLOADED");
        refusal.Detail("RetryInfo").GetProperty("retryDelay").GetString().ShouldBe("1s");
        calls.ShouldAllBe(call => !call.IsCompleted);

        full.WakeDatabase();
        (await Task.WhenAll(calls)).Count(answer => answer.Status == HttpStatusCode.OK).ShouldBe(FullServer.Places);
    }

    [Fact]
    public async Task It_is_told_before_its_message_is_there()
    {
        await using var full = await FullServer.StartAsync();
        await full.FillManagementAsync();
        var never = new TaskCompletionSource();
        using var body = new HalfBody(RawGrpc.Frame(new GetCallerRequest().ToByteArray(), length: 1_000), _ => never.Task);
        using var raw = new RawGrpc(full.Server);

        var (_, _, error, _) = await raw.SendAsync("GetCaller", body);

        error.ShouldBe(StatusCode.ResourceExhausted, "OVERLOADED").Retry.ShouldNotBeNull();
        never.TrySetResult();
    }

    private static async Task ShouldBeCountedAsync(FullServer full, string kind)
    {
        await Eventually.IsTrueAsync(
            async () => await full.Server.SumAsync("keyservice_calls_refused_total", $"class=\"{kind}\"") >= 1, $"a refused call of class {kind} is counted");
        var other = kind == "management" ? "validation" : "management";
        (await full.Server.SumAsync("keyservice_calls_refused_total", $"class=\"{other}\"")).ShouldBe(0);
        // The duration is recorded when the call is over, and the line is written by a thread of its own: the caller may have its answer before.
        await Eventually.IsTrueAsync(
            async () => await full.Server.SumAsync("rpc_server_call_duration_seconds_count", "rpc_response_status_code=\"ResourceExhausted\"") >= 1,
            "its duration is recorded");
        await Eventually.IsTrueAsync(() => Lines() > 0, "the log has the refusal");
        Lines().ShouldBe(1);

        int Lines() => full.Server.Output.Count(line => line.Contains("are under way: those that come now are refused", StringComparison.Ordinal));
    }

    private static async Task<CallError?> TryGetCallerAsync(FullServer full)
    {
        try
        {
            await full.Workspace.Client.GetCallerAsync(new(), TestServer.As(full.Credential));
            return null;
        }
        catch (RpcException e)
        {
            return CallError.From(e);
        }
    }
}
