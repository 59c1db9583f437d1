using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Lookup;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Storage.Tests.Suite;

public abstract class RootCredentialTests(Engine engine) : StoreTests(engine)
{
    private string File => Store.Options.RootCredentialFile;

    private RootCredential Root => Store.Get<RootCredential>();

    [Fact]
    public async Task It_is_installed_once_with_all_permissions_and_cannot_be_revealed()
    {
        (await Root.InstallOnceAsync(CancellationToken.None)).ShouldBeTrue();
        var text = await System.IO.File.ReadAllTextAsync(File);
        (await Root.InstallOnceAsync(CancellationToken.None)).ShouldBeFalse();
        System.IO.File.Delete(File);
        (await Root.InstallOnceAsync(CancellationToken.None)).ShouldBeFalse();

        System.IO.File.Exists(File).ShouldBeFalse();
        var key = (await SystemKeysAsync()).ShouldHaveSingleItem();
        (key.Recoverable, key.CreatedBy).ShouldBe((false, "operator"));
        CredentialRights.Of(key).May(Permissions.Admin, Workspaces.System).ShouldBeTrue();
        (await LookUpAsync(text.Trim()))!.KeyId.ShouldBe(key.KeyId);
        (await Store.EventsAsync(Workspaces.System)).ShouldHaveSingleItem().Action.ShouldBe("InstallRootCredential");
    }

    [Fact]
    public async Task The_file_is_its_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");
        await Root.InstallOnceAsync(CancellationToken.None);

        if (!OperatingSystem.IsWindows())
            System.IO.File.GetUnixFileMode(File).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task A_file_that_is_there_is_installed_when_it_is_genuine()
    {
        // As `keyservice new-credential` leaves it, and as a crash between the file and the database does.
        var text = Root.New();
        await System.IO.File.WriteAllTextAsync(File, text + "\n");

        (await Root.InstallOnceAsync(CancellationToken.None)).ShouldBeTrue();

        (await LookUpAsync(text)).ShouldNotBeNull();
        (await System.IO.File.ReadAllTextAsync(File)).ShouldBe(text + "\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("ks_live_1")]
    [InlineData(null)]
    public async Task A_file_that_holds_something_else_stops_the_start(string? text)
    {
        // Null: a credential of another master key.
        text ??= ApiKeyText.Generate("ks", KeyEnvironment.Live, TestStore.NewMasterKey('1'));
        await System.IO.File.WriteAllTextAsync(File, text);

        var refused = await Should.ThrowAsync<StartException>(() => Root.InstallOnceAsync(CancellationToken.None));

        refused.Message.ShouldContain(SettingNames.RootCredentialFile);
        if (text.Length > 10) refused.ToString().ShouldNotContain(text);
        (await SystemKeysAsync()).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_crash_between_the_file_and_the_database_heals()
    {
        Store.Engine.BeforeStamp = () => throw new TimeoutException("Here the process dies.");
        await Should.ThrowAsync<StoreUnavailableException>(() => Root.InstallOnceAsync(CancellationToken.None));
        var text = (await System.IO.File.ReadAllTextAsync(File)).Trim();
        (await SystemKeysAsync()).ShouldBeEmpty();

        Store.Engine.BeforeStamp = () => Task.CompletedTask;
        (await Root.InstallOnceAsync(CancellationToken.None)).ShouldBeTrue();

        (await LookUpAsync(text)).ShouldNotBeNull();
        (await SystemKeysAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Two_first_starts_at_once_install_one()
    {
        var both = new TaskCompletionSource();
        var waiting = 0;
        // Both have seen a store without credentials before either writes.
        Store.Engine.BeforeWrite = () =>
        {
            if (Interlocked.Increment(ref waiting) == 2) both.SetResult();
            return both.Task;
        };
        RootCredential[] starts =
        [
            Root, Store.Process(options: Store.Options with { RootCredentialFile = File + ".other" }).GetRequiredService<RootCredential>(),
        ];

        var installed = await Task.WhenAll(starts.Select(start => Task.Run(() => start.InstallOnceAsync(CancellationToken.None))));

        installed.ShouldBe([true, false], ignoreOrder: true);
        (await SystemKeysAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task A_lost_one_is_replaced_and_stays_until_it_is_switched_off()
    {
        await Root.InstallOnceAsync(CancellationToken.None);
        var lost = (await System.IO.File.ReadAllTextAsync(File)).Trim();

        await Root.ReplaceAsync(CancellationToken.None);

        var found = (await System.IO.File.ReadAllTextAsync(File)).Trim();
        found.ShouldNotBe(lost);
        (await LookUpAsync(found)).ShouldNotBeNull();
        (await LookUpAsync(lost)).ShouldNotBeNull();
        (await Store.VerifyAsync()).ShouldBe([new(Workspaces.System, 2, 2, null)]);
    }

    private async Task<List<KeyRecord>> SystemKeysAsync() =>
        (await ListAllAsync(new(Workspaces.System, "", null, KeyOrder.NewestFirst, null, 10))).ConvertAll(view => view.Key);

    private async Task<KeyRecord?> LookUpAsync(string apiKey) =>
        (await Store.Get<IStorageEngine>().FindKeyAsync(ApiKeyDigest.Of(apiKey, Store.MasterKeys).ToArray(), CancellationToken.None))?.ToRecord();
}

public sealed class RootCredentialTestsOnSqlite() : RootCredentialTests(Engine.Sqlite);

public sealed class RootCredentialTestsOnSqlServer() : RootCredentialTests(Engine.SqlServer);
