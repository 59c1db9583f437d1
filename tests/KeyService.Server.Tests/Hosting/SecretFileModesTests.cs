using KeyService.Server.Hosting;
using KeyService.Server.Storage.Sqlite;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Hosting;

public sealed class SecretFileModesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("master-key", UnixFileMode.OtherRead, "0604")]
    [InlineData("master-key", UnixFileMode.GroupRead, "0640")]
    [InlineData("root-credential", UnixFileMode.OtherWrite, "0602")]
    public void A_secret_of_the_data_directory_that_others_may_read_or_write_is_named_with_its_mode(string name, UnixFileMode more, string mode)
    {
        SkipWithoutModes();
        var path = _folder.Write(name, "secret");
        Set(path, UnixFileMode.None);
        Warnings().ShouldBeEmpty();

        Set(path, more);
        var warning = Warnings().ShouldHaveSingleItem();
        warning.ShouldStartWith("warning: ");
        warning.ShouldContain(path);
        warning.ShouldContain(mode);
    }

    [Fact]
    public void A_configured_master_key_may_be_readable_for_its_group_alone()
    {
        SkipWithoutModes();
        var path = _folder.Write("key", "secret");
        Set(path, UnixFileMode.GroupRead);
        Warnings(("KeyService:MasterKeys:0:File", path)).ShouldBeEmpty();

        Set(path, UnixFileMode.OtherRead);
        Warnings(("KeyService:MasterKeys:0:File", path)).ShouldHaveSingleItem().ShouldContain(path);
    }

    [Fact]
    public async Task The_lock_file_is_for_its_owner_alone_also_when_an_earlier_version_made_it()
    {
        SkipWithoutModes();
        await (await SqliteStartLock.EnterAsync(_folder.Path, TimeProvider.System, CancellationToken.None)).DisposeAsync();
        Mode(_folder.File("lock")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        Set(_folder.File("lock"), UnixFileMode.OtherRead);
        await (await SqliteStartLock.EnterAsync(_folder.Path, TimeProvider.System, CancellationToken.None)).DisposeAsync();
        Mode(_folder.File("lock")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void A_folder_that_is_made_for_a_secret_is_for_its_owner_alone()
    {
        SkipWithoutModes();
        SecretFiles.Write(_folder.File("made/secret"), "secret", "Setting", overwrite: false);

        Mode(_folder.File("made")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private List<string> Warnings(params (string, string?)[] settings)
    {
        var configuration = Configured.With([(SettingNames.DataDirectory, _folder.Path), .. settings]);
        return [.. SecretFileModes.Warnings(configuration, ServerOptions.Read(configuration))];
    }

    private static void SkipWithoutModes() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no file modes.");

#pragma warning disable CA1416 // Skipped there.
    private static void Set(string path, UnixFileMode more) => File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | more);

    private static UnixFileMode Mode(string path) => File.GetUnixFileMode(path);
#pragma warning restore CA1416
}
