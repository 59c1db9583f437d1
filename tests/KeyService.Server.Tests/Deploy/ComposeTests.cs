using System.Text.RegularExpressions;
using YamlDotNet.Core;
using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace KeyService.Server.Tests.Deploy;

/// <summary>What can be known of deploy/compose.yaml without an engine to run it.</summary>
public partial class ComposeTests
{
    private static readonly string text = Repository.Read("deploy/compose.yaml");
    private static readonly ComposeFile compose = Parse(text);

    [Fact]
    public void It_has_the_four_services() =>
        compose.Services.Keys.ShouldBe(["sqlserver", "redis", "migrate", "keyservice"], ignoreOrder: true);

    [Fact]
    public void SQL_Server_is_healthy_before_migrate_runs_and_migrate_is_done_before_the_server_starts()
    {
        Conditions("migrate").ShouldBe(new Dictionary<string, string> { ["sqlserver"] = "service_healthy" });
        Conditions("keyservice").ShouldBe(
            new Dictionary<string, string> { ["migrate"] = "service_completed_successfully", ["redis"] = "service_healthy" },
            ignoreOrder: true);
        compose.Services["sqlserver"].Healthcheck.ShouldNotBeNull().Test.ShouldNotBeNull();
        compose.Services["redis"].Healthcheck.ShouldNotBeNull().Test.ShouldNotBeNull();
    }

    [Fact]
    public void Migrate_is_a_run_of_the_same_image_that_ends()
    {
        compose.Services["migrate"].Image.ShouldBe(compose.Services["keyservice"].Image);
        compose.Services["migrate"].Command.ShouldBe(["migrate"]);
        compose.Services["migrate"].Restart.ShouldBe("no");
        compose.Services["keyservice"].Command.ShouldBeNull("without a word it serves");
    }

    [Theory]
    [InlineData("keyservice")]
    [InlineData("migrate")]
    public void Every_variable_is_one_that_the_server_reads(string service)
    {
        var variables = compose.Services[service].Environment.Keys;

        variables.ShouldNotBeEmpty();
        DeployedSettings.Unread(variables).ShouldBeEmpty();
    }

    [Fact]
    public void Migrate_and_the_server_work_on_the_same_store_with_the_same_master_key()
    {
        var migrate = compose.Services["migrate"].Environment;
        var server = compose.Services["keyservice"].Environment;

        migrate.ShouldContainKey("ConnectionStrings__SqlServer");
        migrate.ShouldContainKey("KeyService__MasterKeys__0__Generation");
        foreach (var (name, value) in migrate)
            server.ShouldContainKeyAndValue(name, value);
    }

    [Theory]
    [InlineData("keyservice")]
    [InlineData("migrate")]
    public void The_server_is_boxed_in(string name)
    {
        var service = compose.Services[name];

        service.ReadOnly.ShouldBeTrue();
        service.Tmpfs.ShouldBe(["/tmp"]);
        service.CapDrop.ShouldBe(["ALL"]);
        service.SecurityOpt.ShouldBe(["no-new-privileges:true"]);
        service.User.ShouldBeNull("the image's own user is not root");
    }

    [Theory]
    [InlineData("keyservice")]
    [InlineData("migrate")]
    public void The_master_key_comes_as_a_secret_file(string name)
    {
        var service = compose.Services[name];

        service.Secrets.ShouldContain("master-key");
        compose.Secrets.ShouldContainKey("master-key");
        service.Environment["KeyService__MasterKeys__0__File"].ShouldBe("/run/secrets/master-key");
        service.Environment.Keys.ShouldNotContain("KeyService__MasterKeys__0__Value");
    }

    [Fact]
    public void The_root_credential_is_written_where_both_keep_their_data()
    {
        var file = compose.Services["migrate"].Environment["KeyService__RootCredentialFile"];

        file.ShouldStartWith(Dockerfile.Parse(Repository.Read("Dockerfile")).Environment()["KeyService__DataDirectory"] + "/");
        compose.Services["migrate"].Volumes.ShouldBe(["data:/data"]);
        compose.Services["keyservice"].Volumes.ShouldBe(["data:/data"]);
        compose.Volumes.ShouldContainKey("data");
    }

    [Fact]
    public void Only_the_server_is_reachable_and_only_from_this_machine()
    {
        compose.Services.Where(service => service.Value.Ports is not null).Select(service => service.Key).ShouldBe(["keyservice"]);
        compose.Services["keyservice"].Ports.ShouldNotBeNull().ShouldAllBe(port => port.StartsWith("127.0.0.1:", StringComparison.Ordinal));
        compose.Services.Where(service => service.Key != "keyservice").ShouldAllBe(service => service.Value.Networks.SequenceEqual(new[] { "backend" }));
        compose.Networks["backend"].ShouldNotBeNull().Internal.ShouldBeTrue();
    }

    [Fact]
    public void No_password_stands_in_it_and_none_has_a_default()
    {
        Regex.Matches(text, "(?i)password=(?<value>[^;\"]*)").ShouldAllBe(match => match.Groups["value"].Value.StartsWith('$') || match.Groups["value"].Value == "\\");
        Interpolation().Matches(text)
            .Where(match => match.Groups["name"].Value.EndsWith("PASSWORD", StringComparison.Ordinal))
            .ShouldAllBe(match => match.Groups["operator"].Value == ":?");
    }

    [Fact]
    public void Every_variable_that_an_operator_sets_is_explained_in_the_README()
    {
        var readme = Repository.Read("deploy/README.md");

        var names = Interpolation().Matches(text).Select(match => match.Groups["name"].Value).ToHashSet(StringComparer.Ordinal);
        names.ShouldNotBeEmpty();
        names.Where(name => !readme.Contains(name, StringComparison.Ordinal)).ShouldBeEmpty();
    }

    [Fact]
    public void One_process_serves_the_store() =>
        text.ShouldNotMatch(@"(?m)^\s+(replicas|scale):");

    private static Dictionary<string, string> Conditions(string service) =>
        compose.Services[service].DependsOn.ToDictionary(dependency => dependency.Key, dependency => dependency.Value.Condition, StringComparer.Ordinal);

    private static ComposeFile Parse(string yaml) =>
        new DeserializerBuilder()
            .WithNamingConvention(UnderscoredNamingConvention.Instance)
            .IgnoreUnmatchedProperties()
            .Build()
            .Deserialize<ComposeFile>(new MergingParser(new Parser(new StringReader(yaml))));

    [GeneratedRegex(@"(?<!\$)\$\{(?<name>[A-Z_]+)(?<operator>:[?-])?")]
    private static partial Regex Interpolation();
}
