using Grpc.Core;
using Grpc.Net.Client;
using KeyService.Contracts.V1;

namespace KeyService.Benchmarks.Load;

/// <summary>A credential that may validate, and keys like those of a wallet application, all made through the contract.</summary>
internal static class Seed
{
    private const int AtOnce = 16;

    /// <summary>Longer than the server's own budget: nothing is measured yet.</summary>
    private static DateTime Deadline => TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(10);

    public static async Task<(string Credential, List<string> ApiKeys)> CreateAsync(GrpcChannel channel, string rootCredential, int count)
    {
        var service = new ApiKeyService.ApiKeyServiceClient(channel);
        var root = Bearer(rootCredential);
        var credential = (await service.CreateKeyAsync(
            new CreateKeyRequest
            {
                WorkspaceId = "system", Name = "benchmark", Scopes = { "keys:validate" }, PermittedWorkspaces = { "*" }, NonRecoverable = true,
            },
            root)).ApiKey;

        var apiKeys = new List<string>(count);
        foreach (var batch in Enumerable.Range(0, count).Chunk(AtOnce))
        {
            var created = await Task.WhenAll(batch.Select(n => service.CreateKeyAsync(
                new CreateKeyRequest
                {
                    WorkspaceId = $"workspace-{n % 50}",
                    Name = $"Wallet {n}",
                    Scopes = { "payments.read", "payments.write" },
                    Metadata = { ["team"] = "wallets" },
                },
                root).ResponseAsync));
            apiKeys.AddRange(created.Select(response => response.ApiKey));
        }

        return (credential, apiKeys);
    }

    /// <summary>
    /// Asks every one once through an ordinary client: memory, or Redis, knows what it can know, and each answer is what the load takes it for.
    /// </summary>
    public static async Task CheckAsync(GrpcChannel channel, Calls calls)
    {
        if (calls.Credential is null) return;
        var service = new ApiKeyService.ApiKeyServiceClient(channel);
        var caller = Bearer(calls.Credential);
        foreach (var bodies in calls.Bodies.Chunk(AtOnce))
        {
            var verdicts = await Task.WhenAll(bodies.Select(async body => calls.Keys == 1
                ? [(await service.ValidateKeyAsync(ValidateKeyRequest.Parser.ParseFrom(body.AsSpan(5)), caller, Deadline)).Verdict]
                : (await service.ValidateKeysAsync(ValidateKeysRequest.Parser.ParseFrom(body.AsSpan(5)), caller, Deadline)).Responses.Select(each => each.Verdict).ToArray()));
            foreach (var verdict in verdicts.SelectMany(each => each))
            {
                if (verdict.ToString() != calls.Expected)
                    throw new InvalidOperationException($"{calls.Name}: the answer is {verdict}, not {calls.Expected}.");
            }

            if (Array.Exists(verdicts, each => each.Length != calls.Keys)) throw new InvalidOperationException($"{calls.Name}: not as many answers as keys.");
        }
    }

    private static Metadata Bearer(string credential) => new() { { "authorization", $"Bearer {credential}" } };
}
