using System.Net;
using KeyService.Server.Canary;
using KeyService.Server.Grpc;
using KeyService.Server.Hosting;
using KeyService.Server.Issuance;
using KeyService.Server.Lookup;
using KeyService.Server.Storage;

namespace KeyService.Server.Tests.Hosting;

public class ServerOptionsTests
{
    [Fact]
    public void Without_settings_everything_is_as_the_contract_says()
    {
        var options = ServerOptions.Read(Configured.With());

        options.HttpPort.ShouldBe(8080);
        options.GrpcPort.ShouldBe(8081);
        options.BindAddress.ShouldBe(IPAddress.Loopback);
        options.Tls.ShouldBeFalse();
        options.DataDirectory.ShouldBe(Path.Combine(Directory.GetCurrentDirectory(), "data"));
        options.RootCredentialFile.ShouldBe(Path.Combine(options.DataDirectory, "root-credential"));
        options.Roles.ShouldBe(Roles.All);
        options.SqlServer.ShouldBeNull();
        options.IsEmbedded.ShouldBeTrue();
        options.Lookup.Redis.ShouldBeNull();
        options.Lookup.RedisTtl.ShouldBe(TimeSpan.FromHours(24));
        options.Lookup.ValidateBudget.ShouldBe(TimeSpan.FromMilliseconds(200));
        options.Lookup.CacheCapacity.ShouldBe(100_000);
        options.Issuance.Brand.ShouldBe("ks");
        options.Issuance.Recovery.Allows("acme").ShouldBeTrue();
        options.AuditRetention.ShouldBe(TimeSpan.FromDays(400));
        options.Oidc.ShouldBeNull();
    }

    [Fact]
    public void The_options_own_defaults_are_the_same()
    {
        ServerOptions.Read(Configured.With()).Canary.ShouldBe(new CanaryOptions());
        ServerOptions.Read(Configured.With()).Calls.ShouldBe(new CallGateOptions());
        ServerOptions.Read(Configured.With()).Lookup.ShouldBe(new LookupOptions());
        ServerOptions.Read(Configured.With()).Issuance.Brand.ShouldBe(new IssuanceOptions().Brand);
    }

    [Fact]
    public void Every_setting_is_read()
    {
        var options = ServerOptions.Read(Configured.With(
            (SettingNames.HttpPort, "9080"), (SettingNames.GrpcPort, "9081"), (SettingNames.BindAddress, "::"), (SettingNames.DataDirectory, "/srv/keys"),
            (SettingNames.RootCredentialFile, "/run/root"), (SettingNames.Roles, "validation, management"), (SettingNames.RedisTtl, "01:00:00"),
            (SettingNames.ValidateBudget, "00:00:00.5"), (SettingNames.CacheCapacity, "500"), (SettingNames.Brand, "wallet"), (SettingNames.Recoverable, "false"),
            (SettingNames.MaxValidations, "20"), (SettingNames.MaxManagementCalls, "10"), (SettingNames.BatchScheduling, "false"), (SettingNames.AuditRetention, "30.00:00:00"), (SettingNames.SqlServer, "Server=db;Database=k"), (SettingNames.Redis, "redis:6379"),
            ("Kestrel:Certificates:Default:Path", "/run/tls")));

        (options.HttpPort, options.GrpcPort, options.Tls).ShouldBe((9080, 9081, true));
        options.BindAddress.ShouldBe(IPAddress.IPv6Any);
        (options.DataDirectory, options.RootCredentialFile).ShouldBe(("/srv/keys", "/run/root"));
        options.Roles.ShouldBe(Roles.Validation | Roles.Management);
        options.Lookup.ShouldBe(new LookupOptions
        {
            Redis = "redis:6379", RedisTtl = TimeSpan.FromHours(1), ValidateBudget = TimeSpan.FromMilliseconds(500), CacheCapacity = 500,
        });
        options.Issuance.Brand.ShouldBe("wallet");
        options.Issuance.Recovery.Allows("acme").ShouldBeFalse();
        options.AuditRetention.ShouldBe(TimeSpan.FromDays(30));
        options.Calls.ShouldBe(new CallGateOptions { MaxValidations = 20, MaxManagementCalls = 10 });
        options.BatchScheduling.ShouldBeFalse();
        options.SqlServer!.ShouldContain("Data Source=db");
        options.IsEmbedded.ShouldBeFalse();
    }

    [Fact]
    public void Recovery_is_off_in_the_workspaces_named_and_always_in_system()
    {
        var recovery = ServerOptions.Read(Configured.With((SettingNames.NonRecoverableWorkspaces, "vault, Cold"))).Issuance.Recovery;

        recovery.Allows("vault").ShouldBeFalse();
        recovery.Allows("Cold").ShouldBeFalse();
        recovery.Allows("cold").ShouldBeTrue("ids are case-sensitive");
        recovery.Allows("system").ShouldBeFalse();
    }

    [Theory]
    [InlineData("KeyService:HttpPort", "hunter2")]
    [InlineData("KeyService:HttpPort", "0")]
    [InlineData("KeyService:GrpcPort", "65536")]
    [InlineData("KeyService:BindAddress", "hunter2")]
    [InlineData("KeyService:Roles", "validation,hunter2")]
    [InlineData("KeyService:Roles", "Validation")]
    [InlineData("KeyService:Roles", "validation,")]
    [InlineData("KeyService:PropagationWait", "hunter2")]
    [InlineData("KeyService:PropagationWait", "00:10:01")]
    [InlineData("KeyService:RedisTtl", "hunter2")]
    [InlineData("KeyService:RedisTtl", "00:00:59")]
    [InlineData("KeyService:RedisTtl", "31.00:00:00")]
    [InlineData("KeyService:ValidateBudget", "hunter2")]
    [InlineData("KeyService:ValidateBudget", "00:00:00.009")]
    [InlineData("KeyService:ValidateBudget", "00:00:11")]
    [InlineData("KeyService:MaxValidations", "hunter2")]
    [InlineData("KeyService:MaxValidations", "0")]
    [InlineData("KeyService:MaxValidations", "100001")]
    [InlineData("KeyService:MaxManagementCalls", "hunter2")]
    [InlineData("KeyService:MaxManagementCalls", "0")]
    [InlineData("KeyService:MaxManagementCalls", "100001")]
    [InlineData("KeyService:CacheCapacity", "hunter2")]
    [InlineData("KeyService:CacheCapacity", "99")]
    [InlineData("KeyService:CacheCapacity", "10000001")]
    [InlineData("KeyService:Brand", "hunter2")]
    [InlineData("KeyService:Brand", "K")]
    [InlineData("KeyService:Recoverable", "hunter2")]
    [InlineData("KeyService:NonRecoverableWorkspaces", "a,hunter2!")]
    [InlineData("KeyService:AuditRetention", "hunter2")]
    [InlineData("KeyService:AuditRetention", "23:59:59")]
    [InlineData("KeyService:Canary", "hunter2")]
    [InlineData("KeyService:CanaryInterval", "hunter2")]
    [InlineData("KeyService:CanaryInterval", "00:00:00.9")]
    [InlineData("KeyService:CanaryInterval", "1.00:00:01")]
    [InlineData("ConnectionStrings:SqlServer", "hunter2")]
    [InlineData("ConnectionStrings:SqlServer", "Server=db;Connect Timeout=hunter2")]
    [InlineData("ConnectionStrings:SqlServer", "Server=db;Hunter2=hunter2")]
    [InlineData("ConnectionStrings:Redis", "host,abortConnect=hunter2")]
    [InlineData("ConnectionStrings:Redis", "password=hunter2")]
    public void A_wrong_setting_stops_the_start_in_one_line_that_names_it_and_does_not_repeat_it(string name, string value)
    {
        var message = Should.Throw<StartException>(() => ServerOptions.Read(Configured.With((name, value)))).Message;

        message.ShouldStartWith(name + ": ");
        message.ShouldNotContain("hunter2", Case.Insensitive);
        message.ShouldNotContain('\n');
        message.ShouldContain("must be", Case.Insensitive);
    }

    [Fact]
    public void The_canary_speaks_as_the_ports_do_and_is_off_unless_asked_for()
    {
        ServerOptions.Read(Configured.With()).Canary.Enabled.ShouldBeFalse();
        ServerOptions.Read(Configured.With((SettingNames.Canary, "true"), (SettingNames.CanaryInterval, "00:01:00"), ("Kestrel:Certificates:Default:Path", "x"))).Canary
            .ShouldBe(new CanaryOptions { Enabled = true, Interval = TimeSpan.FromMinutes(1), Tls = true });
    }

    [Fact]
    public void The_canary_needs_role_management()
    {
        var message = Should.Throw<StartException>(() => ServerOptions.Read(Configured.With((SettingNames.Canary, "true"), (SettingNames.Roles, "validation")))).Message;

        message.ShouldStartWith("KeyService:Canary: must be false");
        message.ShouldContain(SettingNames.Roles);
        ServerOptions.Read(Configured.With((SettingNames.Canary, "false"), (SettingNames.Roles, "validation"))).Canary.Enabled.ShouldBeFalse();
        ServerOptions.Read(Configured.With((SettingNames.Canary, "true"), (SettingNames.Roles, "management"))).Canary.Enabled.ShouldBeTrue();
    }

    [Fact]
    public void One_port_for_both_needs_TLS()
    {
        (string, string?)[] same = [(SettingNames.HttpPort, "9000"), (SettingNames.GrpcPort, "9000")];

        Should.Throw<StartException>(() => ServerOptions.Read(Configured.With(same))).Message.ShouldStartWith("KeyService:GrpcPort: ");
        ServerOptions.Read(Configured.With([.. same, ("Kestrel:Certificates:Default:Path", "x")])).GrpcPort.ShouldBe(9000);
    }
}
