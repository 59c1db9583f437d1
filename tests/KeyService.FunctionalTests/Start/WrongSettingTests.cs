using System.Net;
using System.Net.Sockets;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Start;

/// <summary>Each is refused with one line that names the setting, says what would be right, and repeats no value.</summary>
public sealed class WrongSettingTests
{
    private const string Secret = "Xq7vT2mK9wRz4LpB";

    [Theory]
    [InlineData("KeyService__HttpPort", "KeyService:HttpPort", "80a")]
    [InlineData("KeyService__GrpcPort", "KeyService:GrpcPort", "70000")]
    [InlineData("KeyService__PropagationWait", "KeyService:PropagationWait", "2", "bare number", "hh:mm:ss")]
    [InlineData("KeyService__ValidateBudget", "KeyService:ValidateBudget", "00:01:00", "from")]
    [InlineData("KeyService__RedisTtl", "KeyService:RedisTtl", "-01:00:00", "hh:mm:ss")]
    [InlineData("KeyService__CacheCapacity", "KeyService:CacheCapacity", "99", "from 100")]
    [InlineData("KeyService__AuditRetention", "KeyService:AuditRetention", "400", "bare number")]
    [InlineData("KeyService__Recoverable", "KeyService:Recoverable", "yes", "true")]
    [InlineData("KeyService__Roles", "KeyService:Roles", "validation,managment", "management")]
    [InlineData("KeyService__BindAddress", "KeyService:BindAddress", "localhost", "127.0.0.1")]
    [InlineData("KeyService__BindAddress", "KeyService:BindAddress", "203.0.113.7", "not an address of this machine")]
    [InlineData("KeyService__Brand", "KeyService:Brand", "Wallet", "lower-case")]
    [InlineData("ConnectionStrings__Redis", "ConnectionStrings:Redis", "127.0.0.1:6379,password=" + Secret + ",connectTimeout=soon")]
    [InlineData("ConnectionStrings__Redis", "ConnectionStrings:Redis", "password=" + Secret)]
    [InlineData("ConnectionStrings__SqlServer", "ConnectionStrings:SqlServer", "Server=x;Pasword=" + Secret)]
    [InlineData("ConnectionStrings__SqlServer", "ConnectionStrings:SqlServer", Secret)]
    [InlineData("KeyService__MasterKeys__0__Value", "KeyService:MasterKeys:0:Generation", Secret)]
    [InlineData("KeyService__MasterKeys__0__File", "KeyService:MasterKeys:0:Generation", "/" + Secret)]
    [InlineData("Kestrel__Certificates__Default__Path", "Kestrel:Certificates:Default:Path", "/nowhere/certificate.pem")]
    public async Task A_wrong_value_is_named_and_not_repeated(string variable, string setting, string value, params string[] words)
    {
        await using var store = new TestStore(TestEngine.Embedded);

        var line = await Refusal.OfStartAsync(store, (variable, value));

        line.ShouldContain(setting);
        line.ShouldNotContain(Secret);
        foreach (var word in words) line.ShouldContain(word);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_with_its_setting()
    {
        await using var store = new TestStore(TestEngine.Embedded);
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = $"{((IPEndPoint)taken.LocalEndpoint).Port}";

        var http = await Refusal.OfStartAsync(store, ("KeyService__HttpPort", port));
        var grpc = await Refusal.OfStartAsync(store, ("KeyService__GrpcPort", port));

        http.ShouldStartWith("KeyService:HttpPort");
        http.ShouldContain(port);
        grpc.ShouldStartWith("KeyService:GrpcPort");
        grpc.ShouldContain(port);
    }

    [Fact]
    public async Task The_two_ports_must_differ_without_TLS()
    {
        await using var store = new TestStore(TestEngine.Embedded);

        var line = await Refusal.OfStartAsync(store, ("KeyService__HttpPort", "18080"), ("KeyService__GrpcPort", "18080"));

        line.ShouldStartWith("KeyService:GrpcPort");
        line.ShouldContain("KeyService:HttpPort");
    }

    [Theory]
    [InlineData("file")]
    [InlineData("below-a-file")]
    public async Task A_data_directory_that_cannot_be_written_is_named(string kind)
    {
        await using var store = new TestStore(TestEngine.Embedded);
        var file = Path.Combine(store.Folder, "in-the-way");
        await File.WriteAllTextAsync(file, "");
        var directory = kind == "file" ? file : Path.Combine(file, "data");

        var line = await Refusal.OfStartAsync(store, ("KeyService__DataDirectory", directory));

        line.ShouldStartWith("KeyService:DataDirectory");
        line.ShouldContain(directory);
    }

    [Theory]
    [InlineData("no certificate")]
    [InlineData("no key")]
    [InlineData("garbage")]
    [InlineData("garbage key")]
    public async Task A_certificate_that_cannot_be_used_is_named(string what)
    {
        await using var store = new TestStore(TestEngine.Embedded);
        var (certificate, key) = Certificates.Write(store.Folder);
        if (what == "no certificate") File.Delete(certificate);
        if (what == "no key") File.Delete(key);
        if (what == "garbage key") await File.WriteAllTextAsync(key, Secret);
        if (what == "garbage") await File.WriteAllTextAsync(certificate, Secret);

        var line = await Refusal.OfStartAsync(
            store, ("Kestrel__Certificates__Default__Path", certificate), ("Kestrel__Certificates__Default__KeyPath", key),
            ("Kestrel__Certificates__Default__Password", Secret));

        line.ShouldContain("Kestrel:Certificates:Default");
        line.ShouldNotContain(Secret);
    }

    [Theory]
    [InlineData("serve srve")]
    [InlineData("srve")]
    [InlineData("migrate now")]
    public async Task A_word_that_is_no_command_is_not_passed_over(string command)
    {
        await using var store = new TestStore(TestEngine.Embedded);

        (await Refusal.OfAsync(command, store)).ShouldContain("--help");
    }
}
