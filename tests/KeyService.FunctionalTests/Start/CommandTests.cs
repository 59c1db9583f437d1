using System.Text.RegularExpressions;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

public sealed partial class CommandTests(SharedServer shared)
{
    [Fact]
    public async Task Health_succeeds_when_the_server_is_ready_and_fails_when_nobody_listens()
    {
        var server = shared.Server;
        (await CommandRun.OfServerAsync("health", server.Store, ("KeyService__HttpPort", $"{server.HttpAddress.Port}"))).ShouldEndWith(0);

        await using var nobody = new TestStore(TestEngine.Embedded);
        (await Refusal.OfAsync("health", nobody, ("KeyService__HttpPort", $"{Ports.Take()}"))).ShouldContain("No answer");
    }

    [Fact]
    public async Task A_new_master_key_is_32_bytes_in_base64_and_nothing_else()
    {
        await using var store = new TestStore(TestEngine.Defaults);

        var first = await CommandRun.OfServerAsync("new-master-key", store);
        var second = await CommandRun.OfServerAsync("new-master-key", store);

        first.ShouldEndWith(0);
        first.Error.ShouldBeEmpty();
        first.Output.ShouldMatch("^[A-Za-z0-9+/]{43}=\n$");
        second.Output.ShouldNotBe(first.Output);
        Directory.EnumerateFileSystemEntries(store.Folder).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_credential_put_in_place_becomes_the_root_credential()
    {
        await using var store = new TestStore();
        var made = await CommandRun.OfServerInProcessAsync("new-credential", store);
        made.ShouldEndWith(0);
        made.Output.ShouldMatch("^ks_live_[0-9A-Za-z]{38}\n$");
        await File.WriteAllTextAsync(store.RootCredentialFile, made.Output);

        await using var server = await TestServer.StartInProcessAsync(store);

        var caller = await server.Client.GetCallerAsync(new(), TestServer.As(made.Output.Trim()));
        caller.AllWorkspaces.ShouldBeTrue();
        caller.Permissions.ShouldContain("keys:admin");
        server.RootCredential.ShouldBe(made.Output.Trim());
    }

    [Fact]
    public async Task A_root_credential_made_while_the_server_runs_holds_at_once()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        var former = server.RootCredential;

        var run = await CommandRun.OfServerInProcessAsync("root-credential new", store);

        run.ShouldEndWith(0);
        run.Output.ShouldContain(store.RootCredentialFile);
        var current = server.RootCredential;
        current.ShouldNotBe(former);
        run.Everything.ShouldNotContain(current);
        SecretFile.ShouldBeTheOwnersOnly(store.RootCredentialFile);
        var caller = await server.Client.GetCallerAsync(new(), TestServer.As(current));
        var lost = await server.Client.GetCallerAsync(new(), TestServer.As(former));
        caller.Permissions.ShouldBe(lost.Permissions);

        // As its output advises: the lost one is switched off with the new one.
        await server.Client.SetStatusAsync(
            new() { WorkspaceId = "system", KeyId = lost.CredentialId, Status = KeyStatus.Disabled }, TestServer.As(current));
        (await Should.ThrowAsync<RpcException>(async () => await server.Client.GetCallerAsync(new(), TestServer.As(former))))
            .StatusCode.ShouldBe(StatusCode.Unauthenticated);
    }

    [Fact]
    public async Task Migrate_installs_the_root_credential_once_and_the_server_starts_on_it()
    {
        await using var store = new TestStore();

        var first = await CommandRun.OfServerInProcessAsync("migrate", store);
        first.ShouldEndWith(0);
        first.Output.ShouldContain($"Installed the root credential in {store.RootCredentialFile}");
        var credential = (await File.ReadAllTextAsync(store.RootCredentialFile)).Trim();
        first.Everything.ShouldNotContain(credential);
        var second = await CommandRun.OfServerInProcessAsync("migrate", store);
        second.ShouldEndWith(0);
        second.Output.ShouldNotContain("Installed");

        await using var server = await TestServer.StartInProcessAsync(store);
        (await server.Client.GetCallerAsync(new(), TestServer.As(credential))).AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task The_audit_chains_of_a_store_in_use_hold()
    {
        var run = await CommandRun.OfServerInProcessAsync("verify-audit", shared.Server.Store);

        run.ShouldEndWith(0);
        run.OutputLines.SkipLast(1).ShouldAllBe(line => OkLine().IsMatch(line));
        HeadLine().IsMatch(run.OutputLines.Last()).ShouldBeTrue();
    }

    [Fact]
    public async Task The_metrics_of_a_server_show_the_heads_that_verify_audit_finds()
    {
        await using var store = new TestStore();
        await using var server = await TestServer.StartInProcessAsync(store);
        foreach (var workspace in (string[])["a", "b", "a"])
            await server.Client.CreateKeyAsync(new() { WorkspaceId = workspace, Name = "n" }, server.Root);

        var metrics = await server.MetricsAsync();
        var head = HeadLine().Match((await CommandRun.OfServerInProcessAsync("verify-audit", store)).OutputLines.Last());

        head.Groups["events"].Value.ShouldBe(Of("keyservice_audit_head_events"));
        head.Groups["fingerprint"].Value.ShouldBe(Of("keyservice_audit_head_fingerprint"));

        string Of(string gauge) => metrics.Split('\n').Single(line => line.StartsWith(gauge, StringComparison.Ordinal)).Split(' ')[1];
    }

    [Fact]
    public async Task A_missing_or_another_master_key_is_named_and_is_not_taken_for_tampering()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        (string, string) Generation(string name) => ("KeyService__MasterKeys__0__Generation", name);
        (string, string) Value(string key) => ("KeyService__MasterKeys__0__Value", key);
        var other = Convert.ToBase64String(System.Security.Cryptography.RandomNumberGenerator.GetBytes(32));
        await using (var server = await TestServer.StartInProcessAsync(store, Generation("1"), Value(store.MasterKey)))
            await server.Client.CreateKeyAsync(new() { WorkspaceId = "a", Name = "n" }, server.Root);

        (await CommandRun.OfServerInProcessAsync("verify-audit", store, Generation("1"), Value(store.MasterKey))).ShouldEndWith(0);
        foreach (var run in (CommandRun[])
        [
            await CommandRun.OfServerInProcessAsync("verify-audit", store, Generation("2"), Value(other)),
            await CommandRun.OfServerInProcessAsync("verify-audit", store, Generation("1"), Value(other)),
        ])
        {
            run.ShouldEndWith(2);
            run.Output.ShouldNotContain("BROKEN");
            run.ErrorLines.ShouldHaveSingleItem().ShouldContain("generation 1 is missing");
            run.OutputLines.Count(line => line.StartsWith("UNKNOWN ", StringComparison.Ordinal)).ShouldBe(2);
        }

        // Broken stays broken.
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(store.DataDirectory, "keyservice.db")};Pooling=False"))
        {
            await connection.OpenAsync();
            await using var alter = connection.CreateCommand();
            alter.CommandText = "UPDATE AuditEvents SET Actor = 'nobody' WHERE WorkspaceId = 'a'";
            (await alter.ExecuteNonQueryAsync()).ShouldBe(1);
        }

        (await CommandRun.OfServerInProcessAsync("verify-audit", store, Generation("1"), Value(store.MasterKey))).ShouldEndWith(1);
        await using var none = new TestStore(TestEngine.Embedded);
        (await CommandRun.OfServerInProcessAsync("verify-audit", none)).ShouldEndWith(2);
        (await CommandRun.OfServerInProcessAsync("verify-audit now", store)).ShouldEndWith(2);
    }

    [GeneratedRegex("^ok +[A-Za-z0-9_-]+: [0-9]+ events, head [0-9]+$")]
    private static partial Regex OkLine();

    [GeneratedRegex("^head +(?<events>[0-9]+) events ever, fingerprint (?<fingerprint>[0-9]+)$")]
    private static partial Regex HeadLine();
}
