using KeyService.AdminConsole.SignIn;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>What a server says once it is ready: where it listens and where things are.</summary>
internal static class Announcement
{
    private const string SignInLinkPath = "/sign-in/link";

    public static void Write(IServiceProvider services, ServerOptions options, IStorageEngine engine, TextWriter output)
    {
        var (http, grpc) = (Text(OwnAddress.Of(options, options.HttpPort)), Text(OwnAddress.Of(options, options.GrpcPort)));
        output.WriteLine("KeyService is ready.");
        if (options.Console is not null) output.WriteLine($"  Console                {Text(OwnAddress.Reachable(options, options.HttpPort))}{SignInLink(services, options)}");
        output.WriteLine($"""
              JSON, health, metrics  {http}
              gRPC                   {grpc}
              Data                   {(options.IsEmbedded ? $"{options.DataDirectory} ({engine.Name})" : engine.Name)}
              Root credential        {options.RootCredentialFile}
            """);
    }

    private static string Text(Uri address) => address.GetLeftPart(UriPartial.Authority);

    /// <summary>
    /// For who sits at the terminal of an embedded default: signs in once, within ten minutes. It is a secret, so it is written to no file and no log:
    /// where the output goes elsewhere there is none.
    /// </summary>
    private static string SignInLink(IServiceProvider services, ServerOptions options)
    {
        if (!options.IsEmbedded || Console.IsOutputRedirected || !options.Roles.HasFlag(Roles.Management) || !File.Exists(options.RootCredentialFile)) return "";
        var credential = SecretFiles.Read(options.RootCredentialFile, SettingNames.RootCredentialFile);
        return $"{SignInLinkPath}#token={services.GetRequiredService<OneTimeLink>().Offer(credential)}";
    }
}
