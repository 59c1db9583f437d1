using System.CommandLine;
using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;

namespace KeyService.Server.Hosting;

/// <summary>The words of <c>keyservice</c>. Whatever follows a word is settings: <c>--KeyService:HttpPort 9080</c>.</summary>
internal static class Commands
{
    private const string VerifyAudit = "verify-audit";

    /// <summary>Runs a command. <c>serve</c> runs until a signal or <paramref name="cancellation"/> stops it.</summary>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(string[] args, CancellationToken cancellation = default)
    {
        var parsed = Root().Parse(args);
        // Its exit code 1 is a broken chain: a script must not take a wrong setting for one.
        var failed = parsed.CommandResult.Command.Name == VerifyAudit ? VerifyAuditCommand.NotChecked : 1;
        try
        {
            return await parsed.InvokeAsync(Signals, cancellation);
        }
        catch (Exception e) when (StoreStart.Explain(e) is { } reason)
        {
            await Console.Error.WriteLineAsync(reason.Message.ReplaceLineEndings(" "));
            return failed;
        }
        catch (OperationCanceledException)
        {
            return failed;
        }
        catch (Exception e)
        {
            // Not foreseen, such as a port taken between the check and the start: still one line for the operator.
            await Console.Error.WriteLineAsync($"{e.GetType().Name}: {e.Message}".ReplaceLineEndings(" "));
            return failed;
        }
    }

    /// <summary>Signals are the host's: the library would end the process 2 s after the first, with calls under way.</summary>
    private static InvocationConfiguration Signals => new() { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };

    private static RootCommand Root()
    {
        var root = new RootCommand("Issues, stores and validates API keys. Without a word it serves.") { TreatUnmatchedTokensAsErrors = false };
        root.SetAction((parsed, token) => ServeCommand.RunAsync(SettingsOf(parsed), token));
        root.Add(Word("serve", "Serves until it is stopped.", ServeCommand.RunAsync));
        root.Add(Word("migrate", "Brings the schema up to date, checks the master keys, and installs the root credential once.", MigrateAsync));
        root.Add(Word("health", "Exits with 0 when the server on this machine is ready.", HealthCommand.RunAsync));
        root.Add(Word("new-master-key", "Prints a new master key: 32 random bytes in base64.", NewMasterKey));
        root.Add(Word("new-credential", "Prints a new credential for KeyService:RootCredentialFile, to be installed by the first start or migrate.", NewCredential));
        root.Add(Word(VerifyAudit, "Checks the audit chain of every workspace. Exits with 1 if one is broken, with 2 if none is but some could not be checked.", VerifyAuditCommand.RunAsync));
        root.Add(Word("replicas", "Lists the processes that keep looked-up keys, and how far behind each is.", ReplicasCommand.RunAsync));
        root.Add(Word("recover", "After a restore, before the processes serve again: what they kept from before is never believed again.", RecoverCommand.RunAsync));
        var rootCredential = new Command("root-credential", "The credential with all permissions.");
        rootCredential.Add(Word("new", "Makes another root credential in place of a lost one.", NewRootCredentialAsync));
        root.Add(rootCredential);
        return root;
    }

    private static Command Word(string name, string description, Func<string[], CancellationToken, Task<int>> run)
    {
        var command = new Command(name, description) { TreatUnmatchedTokensAsErrors = false };
        command.SetAction((parsed, token) => run(SettingsOf(parsed), token));
        return command;
    }

    /// <summary>What is left are settings; a word among them would be passed over without a word.</summary>
    private static string[] SettingsOf(ParseResult parsed)
    {
        var settings = parsed.UnmatchedTokens.ToArray();
        for (var i = 0; i < settings.Length; i++)
        {
            var isName = settings[i].StartsWith("--", StringComparison.Ordinal) || settings[i].Contains('=', StringComparison.Ordinal);
            if (settings[i].StartsWith("--", StringComparison.Ordinal) && !settings[i].Contains('=', StringComparison.Ordinal) && i + 1 == settings.Length)
                throw new StartException($"{settings[i][2..]}: a value must follow.");
            var isValue = i > 0 && settings[i - 1].StartsWith("--", StringComparison.Ordinal) && !settings[i - 1].Contains('=', StringComparison.Ordinal);
            if (!isName && !isValue)
                throw new StartException($"Word {i + 1} after the command is neither a command nor a setting (--KeyService:HttpPort 9080); see `keyservice --help`.");
        }

        return settings;
    }

    private static Task<int> MigrateAsync(string[] settings, CancellationToken cancellation) => WithStoreAsync(settings, create: true, startLock: true, async services =>
    {
        var installed = await services.GetRequiredService<StoreStart>().MigrateAsync(cancellation);
        var options = services.GetRequiredService<ServerOptions>();
        Console.WriteLine($"The {services.GetRequiredService<IStorageEngine>().Name} schema is up to date.");
        if (installed) Console.WriteLine($"Installed the root credential in {options.RootCredentialFile}.");
        return 0;
    }, cancellation);

    private static Task<int> NewRootCredentialAsync(string[] settings, CancellationToken cancellation) => WithStoreAsync(settings, create: false, startLock: true, async services =>
    {
        // It is made beside processes that serve: of the generation that they all know.
        await services.GetRequiredService<Generations>().BeginAsync(cancellation);
        await services.GetRequiredService<RootCredential>().ReplaceAsync(cancellation);
        Console.WriteLine($"Wrote a new root credential to {services.GetRequiredService<ServerOptions>().RootCredentialFile}.");
        Console.WriteLine("The former one still holds: list the keys of workspace `system` and switch it off.");
        return 0;
    }, cancellation);

    private static Task<int> NewMasterKey(string[] settings, CancellationToken cancellation)
    {
        Console.WriteLine(MasterKeyFiles.New());
        return Task.FromResult(0);
    }

    private static Task<int> NewCredential(string[] settings, CancellationToken cancellation)
    {
        var configuration = ConfigurationOf(settings);
        var options = ServerOptions.Read(configuration);
        if (options.IsEmbedded) _ = StorageEngines.Create(options);
        var masterKeys = MasterKeyFiles.Load(configuration, options, Console.Error);
        Console.WriteLine(ApiKeyText.Generate(options.Issuance.Brand, KeyEnvironment.Live, masterKeys.Current));
        return Task.FromResult(0);
    }

    /// <summary>The services below the wire, without a server around them.</summary>
    public static async Task<int> WithStoreAsync(
        string[] settings, bool create, bool startLock, Func<IServiceProvider, Task<int>> run, CancellationToken cancellation)
    {
        var configuration = ConfigurationOf(settings);
        var options = ServerOptions.Read(configuration);
        var engine = create ? StorageEngines.Create(options) : StorageEngines.Existing(options);
        // Beside processes that serve, but not beside one that makes the same master key, schema or root credential.
        await using var start = startLock ? await engine.EnterStartAsync(cancellation) : null;
        var masterKeys = MasterKeyFiles.Load(configuration, options, Console.Out);
        foreach (var warning in SecretFileModes.Warnings(configuration, options)) await Console.Error.WriteLineAsync(warning);
        await using var services = new ServiceCollection().AddKeyService(options, engine, masterKeys).BuildServiceProvider();
        return await run(services);
    }

    private static string EnvironmentName =>
        Environment.GetEnvironmentVariable("ASPNETCORE_ENVIRONMENT") ?? Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT") ?? "Production";

    /// <summary>What the server itself would read.</summary>
    public static IConfiguration ConfigurationOf(string[] settings) => new ConfigurationBuilder()
        .SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true)
        .AddJsonFile($"appsettings.{EnvironmentName}.json", optional: true)
        .AddEnvironmentVariables()
        .AddCommandLine(settings)
        .Build();
}
