using System.Security.Cryptography;
using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;

namespace KeyService.Server.Tests.Hosting;

public sealed class MasterKeyFilesTests : IDisposable
{
    private static readonly string Old = MasterKeyFiles.New();
    private static readonly string New = MasterKeyFiles.New();

    private readonly TemporaryFolder _folder = new();
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _output.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void A_new_master_key_is_32_random_bytes_in_base64()
    {
        Convert.FromBase64String(New).Length.ShouldBe(32);
        New.Length.ShouldBe(44);
        New.ShouldNotBe(Old);
    }

    [Fact]
    public void Two_generations_are_read_newest_first_from_file_and_value()
    {
        var keys = Load(
            ("KeyService:MasterKeys:0:Generation", "B"), ("KeyService:MasterKeys:0:File", _folder.Write("new", New + "\n")),
            ("KeyService:MasterKeys:1:Generation", "a"), ("KeyService:MasterKeys:1:Value", Old));

        keys.All.Select(key => key.Generation).ShouldBe(['B', 'a']);
        keys.Current.Fingerprint.ShouldBe(Fingerprint('B', New));
        keys.Find('a')!.Fingerprint.ShouldBe(Fingerprint('a', Old));
    }

    [Fact]
    public void The_tenth_entry_comes_after_the_second()
    {
        var settings = Enumerable.Range(0, 11).SelectMany(i => new (string, string?)[]
        {
            ($"KeyService:MasterKeys:{i}:Generation", ((char)('a' + i)).ToString()), ($"KeyService:MasterKeys:{i}:Value", New),
        });

        Load([.. settings]).All.Select(key => key.Generation).ShouldBe("abcdefghijk");
    }

    [Fact]
    public void Two_of_one_generation_are_refused() =>
        Refuses("KeyService:MasterKeys: ", [.. Entry(0, "1", New), .. Entry(1, "1", Old)]);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("12")]
    [InlineData("-")]
    [InlineData("１")]
    public void A_generation_is_one_base62_digit(string? generation) =>
        Refuses("KeyService:MasterKeys:0:Generation: must be one of 0-9, A-Z, a-z", Entry(0, generation, New));

    [Fact]
    public void File_and_Value_exclude_each_other_and_one_is_needed()
    {
        Refuses("KeyService:MasterKeys:0: exactly one of File and Value", [.. Entry(0, "1", New), ("KeyService:MasterKeys:0:File", _folder.Write("key", New))]);
        Refuses("KeyService:MasterKeys:0: exactly one of File and Value", ("KeyService:MasterKeys:0:Generation", "1"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    [InlineData(64)]
    public void A_master_key_of_another_length_is_refused_and_not_repeated(int length)
    {
        var wrong = Convert.ToBase64String(RandomNumberGenerator.GetBytes(length));
        var file = _folder.Write("key", wrong);

        var message = Refuses("KeyService:MasterKeys:0:File: ", ("KeyService:MasterKeys:0:Generation", "1"), ("KeyService:MasterKeys:0:File", file));

        message.ShouldContain($"found {wrong.Length} characters");
        if (length > 0) message.ShouldNotContain(wrong);
    }

    [Fact]
    public void A_text_that_is_not_base64_is_refused_and_not_repeated() =>
        Refuses("KeyService:MasterKeys:0:Value: ", Entry(0, "1", "correct horse battery staple, forty-four chrs")).ShouldNotContain("horse");

    [Fact]
    public void A_file_that_is_missing_is_named() =>
        Refuses("KeyService:MasterKeys:0:File: ", ("KeyService:MasterKeys:0:Generation", "1"), ("KeyService:MasterKeys:0:File", _folder.File("gone")))
            .ShouldContain(_folder.File("gone"));

    [Fact]
    public void With_a_connection_string_and_no_master_key_the_start_is_refused_and_nothing_is_made()
    {
        Refuses("KeyService:MasterKeys: ", (SettingNames.SqlServer, "Server=db;Database=k")).ShouldContain("keyservice new-master-key");
        Directory.GetFileSystemEntries(_folder.Path).ShouldBeEmpty();
    }

    [Fact]
    public void The_embedded_default_makes_one_once_and_says_where()
    {
        var made = Load();
        _output.ToString().ShouldContain(_folder.File("master-key"));
        _output.ToString().ShouldNotContain(File.ReadAllText(_folder.File("master-key")).Trim());
        var said = _output.ToString();

        var found = Load();
        found.Current.Fingerprint.ShouldBe(made.Current.Fingerprint);
        found.Current.Generation.ShouldBe('1');
        _output.ToString().ShouldBe(said, "a key that is there is not made again");
    }

    [Fact]
    public void Beside_a_database_no_new_one_is_made()
    {
        _folder.Write("keyservice.db", "");

        Refuses("KeyService:DataDirectory: ").ShouldContain("put back the one it was made with");
        File.Exists(_folder.File("master-key")).ShouldBeFalse();
    }

    private static (string, string?)[] Entry(int index, string? generation, string value) =>
        [($"KeyService:MasterKeys:{index}:Generation", generation), ($"KeyService:MasterKeys:{index}:Value", value)];

    private static byte[] Fingerprint(char generation, string base64) => MasterKey.Derive(generation, Convert.FromBase64String(base64)).Fingerprint;

    private MasterKeys Load(params (string, string?)[] settings)
    {
        var configuration = Configured.With([(SettingNames.DataDirectory, _folder.Path), .. settings]);
        return MasterKeyFiles.Load(configuration, ServerOptions.Read(configuration), _output);
    }

    private string Refuses(string start, params (string, string?)[] settings)
    {
        var message = Should.Throw<StartException>(() => Load(settings)).Message;
        message.ShouldStartWith(start);
        return message;
    }
}
