using System.IO.Enumeration;

namespace KeyService.Server.Tests.Deploy;

/// <summary>What can be known of the image without an engine to build it.</summary>
public class DockerfileTests
{
    private static readonly Dockerfile file = Dockerfile.Parse(Repository.Read("Dockerfile"));

    [Fact]
    public void Everything_that_is_copied_exists()
    {
        var sources = file.CopiedFromRepository();

        sources.ShouldNotBeEmpty();
        sources.Where(source => !Path.Exists(Path.Combine(Repository.Root, source))).ShouldBeEmpty();
    }

    [Fact]
    public void Everything_that_is_copied_is_let_through_by_dockerignore()
    {
        var lines = Repository.Read(".dockerignore").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var admitted = lines.Where(line => line.StartsWith('!')).Select(line => line[1..]).ToList();

        lines.ShouldContain("*");
        file.CopiedFromRepository()
            .Where(source => !admitted.Exists(pattern => FileSystemName.MatchesSimpleExpression(pattern, source.Split('/')[0], ignoreCase: false)))
            .ShouldBeEmpty();
    }

    [Fact]
    public void Restore_uses_the_lock_files_of_every_project_that_ships()
    {
        var projects = Directory.GetFiles(Path.Combine(Repository.Root, "src"), "*.csproj", SearchOption.AllDirectories);

        foreach (var project in projects)
        {
            var relative = Path.GetRelativePath(Repository.Root, project).Replace('\\', '/');
            file.CopiedFromRepository().ShouldContain(relative);
            file.CopiedFromRepository().ShouldContain($"{Path.GetDirectoryName(relative)!.Replace('\\', '/')}/packages.lock.json");
        }

        file.All("RUN").ShouldContain("dotnet restore src/KeyService.Server --locked-mode");
    }

    [Fact]
    public void The_image_is_chiseled_and_has_ICU() =>
        file.Final("FROM").ShouldBe(["mcr.microsoft.com/dotnet/aspnet:10.0-noble-chiseled-extra"]);

    [Fact]
    public void The_image_runs_as_the_base_image_s_own_user_that_is_not_root()
    {
        file.Final("USER").ShouldBe(["$APP_UID"]);
        file.Final("RUN").ShouldBeEmpty("a chiseled image has no shell");
    }

    [Fact]
    public void The_data_directory_is_a_volume_that_this_user_owns()
    {
        var data = file.Environment()["KeyService__DataDirectory"];

        Dockerfile.ExecForm(file.Final("VOLUME").ShouldHaveSingleItem()).ShouldBe([data]);
        file.Final("COPY").ShouldContain($"--from=build --chown=$APP_UID:$APP_UID {data} {data}");
    }

    [Fact]
    public void The_health_check_is_the_server_s_own_command()
    {
        string[] serve = ["dotnet", "/app/KeyService.Server.dll"];

        Dockerfile.ExecForm(file.Final("ENTRYPOINT").ShouldHaveSingleItem()).ShouldBe(serve);
        Dockerfile.ExecForm(file.Final("HEALTHCHECK").ShouldHaveSingleItem()).ShouldBe([.. serve, "health"]);
    }

    [Fact]
    public void Every_setting_in_it_is_one_that_the_server_reads()
    {
        var settings = file.Environment().Keys.Where(name => name.Contains("__", StringComparison.Ordinal)).ToList();

        settings.ShouldNotBeEmpty();
        DeployedSettings.Unread(settings).ShouldBeEmpty();
    }
}
