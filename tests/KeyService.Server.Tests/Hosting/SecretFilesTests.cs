using KeyService.Server.Hosting;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Hosting;

public sealed class SecretFilesTests : IDisposable
{
    private const string Setting = "KeyService:RootCredentialFile";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_was_written_is_read_back_without_the_line_end()
    {
        SecretFiles.Write(_folder.File("a"), "secret", Setting, overwrite: false);

        File.ReadAllText(_folder.File("a")).ShouldBe("secret\n");
        SecretFiles.Read(_folder.File("a"), Setting).ShouldBe("secret");
    }

    [Fact]
    public void Only_the_owner_may_read_it_also_when_it_replaces_a_file_that_all_may_read()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("Windows has no file modes.");
            return;
        }

        var open = _folder.Write("open", "old");
        File.SetUnixFileMode(open, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);

        SecretFiles.Write(_folder.File("new"), "secret", Setting, overwrite: false);
        SecretFiles.Write(open, "secret", Setting, overwrite: true);

        foreach (var file in new[] { _folder.File("new"), open })
            File.GetUnixFileMode(file).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void The_folder_is_made_and_holds_nothing_but_the_file()
    {
        SecretFiles.Write(_folder.File("a/b/c"), "secret", Setting, overwrite: false);

        Directory.GetFileSystemEntries(_folder.File("a/b")).ShouldBe([_folder.File("a/b/c")]);
    }

    [Fact]
    public void A_file_that_is_there_is_not_replaced_unless_that_is_wanted()
    {
        SecretFiles.Write(_folder.File("a"), "first", Setting, overwrite: false);

        Should.Throw<StartException>(() => SecretFiles.Write(_folder.File("a"), "second", Setting, overwrite: false)).Message.ShouldStartWith(Setting);
        SecretFiles.Read(_folder.File("a"), Setting).ShouldBe("first");
        SecretFiles.Write(_folder.File("a"), "third", Setting, overwrite: true);
        SecretFiles.Read(_folder.File("a"), Setting).ShouldBe("third");
    }

    [Fact]
    public void A_write_that_was_refused_leaves_no_second_copy_of_the_secret()
    {
        SecretFiles.Write(_folder.File("a"), "first", Setting, overwrite: false);
        Should.Throw<StartException>(() => SecretFiles.Write(_folder.File("a"), "second", Setting, overwrite: false));

        Directory.GetFileSystemEntries(_folder.Path).ShouldBe([_folder.File("a")]);
    }

    [Fact]
    public void What_a_killed_process_left_is_in_nobody_s_way()
    {
        _folder.Write(".a.new", "half a sec");

        SecretFiles.Write(_folder.File("a"), "secret", Setting, overwrite: false);

        Directory.GetFileSystemEntries(_folder.Path).ShouldBe([_folder.File("a")]);
        SecretFiles.Read(_folder.File("a"), Setting).ShouldBe("secret");
    }

    [Fact]
    public void A_failure_names_setting_and_path_and_not_the_secret()
    {
        var blocked = Path.Combine(_folder.Write("file", ""), "inside");

        var message = Should.Throw<StartException>(() => SecretFiles.Write(blocked, "secret", Setting, overwrite: false)).Message;
        message.ShouldStartWith($"{Setting}: {blocked} cannot be written: ");
        message.ShouldNotContain("secret");
        Should.Throw<StartException>(() => SecretFiles.Read(_folder.File("gone"), Setting)).Message
            .ShouldBe($"{Setting}: {_folder.File("gone")} cannot be read: it is not there.");
    }
}
