using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.Cluster.Tests.Rig;

/// <summary>The server with its test hooks, which never ships; <c>tests/run</c> builds it.</summary>
internal static class HooksBuild
{
    public static string Assembly
    {
        get
        {
            var path = Path.Combine(Repository.Root, "src/KeyService.Server/bin/hooks/Release/net10.0/KeyService.Server.dll");
            return File.Exists(path)
                ? path
                : throw new InvalidOperationException($"{path} is not there: dotnet build src/KeyService.Server -c Release -p:TestHooks=true");
        }
    }
}
