using System.Security.Cryptography;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

/// <summary>A store that does not fit its settings is refused with one line, and left as it is.</summary>
public sealed class WrongStoreTests
{
    private static string NewMasterKey => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    [Fact]
    public async Task Another_master_key_than_the_store_was_made_with_is_refused()
    {
        await using var store = new TestStore();
        var other = NewMasterKey;
        await using (await TestServer.StartInProcessAsync(store, WithMasterKey(store.MasterKey)))
        {
        }

        var line = await Refusal.OfStartAsync(store, WithMasterKey(other));

        line.ShouldContain("KeyService:MasterKeys");
        line.ShouldContain("generation 1");
        line.ShouldNotContain(other);
        await using var again = await TestServer.StartInProcessAsync(store, WithMasterKey(store.MasterKey));
        (await again.Client.GetCallerAsync(new(), again.Root)).AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public async Task A_master_key_that_is_none_is_refused_and_not_repeated()
    {
        await using var store = new TestStore();
        var almost = NewMasterKey[..^4];

        var line = await Refusal.OfStartAsync(store, WithMasterKey(almost));

        line.ShouldContain("KeyService:MasterKeys:0:Value");
        line.ShouldContain("new-master-key");
        line.ShouldNotContain(almost);
    }

    [Fact]
    public async Task A_database_without_its_master_key_file_is_not_given_another_one()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using (await TestServer.StartInProcessAsync(store))
        {
        }

        var file = Path.Combine(store.DataDirectory, "master-key");
        File.Delete(file);

        var line = await Refusal.OfStartAsync(store);

        line.ShouldStartWith("KeyService:DataDirectory");
        line.ShouldContain("master-key");
        File.Exists(file).ShouldBeFalse();
    }

    [Theory]
    [InlineData("not a credential at all")]
    [InlineData("ks_live_1aZ3kP9vT2mK9wRz4LpBXq7vT2mK9wRz4LpBXq")]
    [InlineData("")]
    public async Task A_root_credential_file_with_something_else_in_it_is_refused_and_kept(string content)
    {
        await using var store = new TestStore();
        await File.WriteAllTextAsync(store.RootCredentialFile, content);

        // On SQL Server `migrate` installs it.
        var line = store.UsesSqlServer ? await Refusal.OfAsync("migrate", store) : await Refusal.OfStartAsync(store);

        line.ShouldStartWith("KeyService:RootCredentialFile");
        line.ShouldContain("new-credential");
        if (content.Length > 0) line.ShouldNotContain(content);
        (await File.ReadAllTextAsync(store.RootCredentialFile)).ShouldBe(content);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("cut")]
    [InlineData("overwritten")]
    public async Task A_damaged_database_file_is_refused_and_left_as_it_is(string damage)
    {
        await using var store = new TestStore(TestEngine.Embedded);
        await using (var server = await TestServer.StartInProcessAsync(store)) await server.CreateKeysAsync("damaged", 20);
        var file = Path.Combine(store.DataDirectory, "keyservice.db");
        var bytes = await File.ReadAllBytesAsync(file);
        if (damage == "cut") bytes = bytes[..(bytes.Length / 2)];
        else RandomNumberGenerator.Fill(damage == "garbage" ? bytes : bytes.AsSpan(100, bytes.Length - 100));
        await File.WriteAllBytesAsync(file, bytes);

        var line = await Refusal.OfStartAsync(store);

        line.ShouldStartWith("KeyService:DataDirectory");
        line.ShouldContain("database");
        (await File.ReadAllBytesAsync(file)).ShouldBe(bytes);
    }

    [Fact]
    public async Task A_SQL_Server_that_does_not_answer_is_named_without_its_password()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        (string, string)[] settings =
        [
            ("ConnectionStrings__SqlServer", "Server=127.0.0.1,1;Connect Timeout=1;Encrypt=false;User Id=sa;Password=Xq7vT2mK9wRz4LpB"),
            .. WithMasterKey(store.MasterKey),
        ];

        foreach (var line in new[] { await Refusal.OfStartAsync(store, settings), await Refusal.OfAsync("migrate", store, settings) })
        {
            line.ShouldStartWith("ConnectionStrings:SqlServer");
            line.ShouldNotContain("Xq7vT2mK9wRz4LpB");
        }
    }

    [Fact]
    public async Task With_a_connection_string_a_master_key_must_be_configured()
    {
        await using var store = new TestStore(TestEngine.Embedded);

        var line = await Refusal.OfStartAsync(store, ("ConnectionStrings__SqlServer", "Server=127.0.0.1,1;Connect Timeout=1;Encrypt=false"));

        line.ShouldStartWith("KeyService:MasterKeys");
        line.ShouldContain("new-master-key");
    }

    [Fact]
    public async Task A_schema_that_was_not_migrated_is_refused()
    {
        Assert.SkipUnless(TestStore.IsSqlServer, "The embedded store migrates at start; KEYSERVICE_TEST_SQLSERVER names no server.");
        await using var store = new TestStore();

        (await Refusal.OfStartAsync(store)).ShouldContain("keyservice migrate");
    }

    private static (string Name, string Value)[] WithMasterKey(string value) =>
        [("KeyService__MasterKeys__0__Generation", "1"), ("KeyService__MasterKeys__0__Value", value)];
}
