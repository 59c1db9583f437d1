using System.Text.Json;
using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Hosting;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;
using Microsoft.Extensions.DependencyInjection;

namespace KeyService.Benchmarks.Scale;

/// <summary>
/// A folder as the server expects it: master key, root credential, and with SQLite the database. Beside them <c>scale.json</c>, the plan of what was
/// loaded; <c>scale.loading</c> instead while a load is under way, or after one that was broken off.
/// </summary>
/// <param name="Folder">The data directory.</param>
/// <param name="SqlServer">Where the database is; null: SQLite in the folder.</param>
internal sealed record ScaleStore(string Folder, string? SqlServer)
{
    private string PlanFile => Path.Combine(Folder, "scale.json");

    private string DraftFile => Path.Combine(Folder, "scale.loading");

    private string MasterKeyFile => Path.Combine(Folder, "master-key");

    public string DatabaseFile => Path.Combine(Folder, SqliteEngine.FileName);

    public bool IsLoaded => File.Exists(PlanFile);

    public string RootCredential => File.ReadAllText(Path.Combine(Folder, "root-credential")).Trim();

    /// <summary>Of the server that is to serve it.</summary>
    public IReadOnlyDictionary<string, string> Settings => SqlServer is null
        ? new Dictionary<string, string> { [SettingNames.DataDirectory] = Folder }
        : new Dictionary<string, string>
        {
            [SettingNames.DataDirectory] = Folder,
            [SettingNames.SqlServer] = SqlServer,
            ["KeyService:MasterKeys:0:Generation"] = "1",
            ["KeyService:MasterKeys:0:File"] = MasterKeyFile,
        };

    private string[] SettingArgs => [.. Settings.SelectMany(setting => new[] { $"--{setting.Key}", setting.Value })];

    public ServerOptions Options => ServerOptions.Read(Commands.ConfigurationOf(SettingArgs));

    public MasterKeys MasterKeys => MasterKeyFiles.Load(Commands.ConfigurationOf(SettingArgs), Options, Console.Out);

    public IStorageEngine NewEngine() => StorageEngines.Existing(Options);

    public LoadPlan ReadPlan() => IsLoaded
        ? JsonSerializer.Deserialize<LoadPlan>(File.ReadAllText(PlanFile), JsonSerializerOptions.Default)!
        : throw new StartException($"{Folder} holds no store that `scale load` has made.");

    /// <summary>As the product's own <c>migrate</c>: schema, master key, root credential.</summary>
    public async Task MigrateAsync()
    {
        if (IsLoaded) throw new StartException($"{Folder} is loaded already: delete it to load it anew.");
        if (File.Exists(DraftFile)) throw new StartException($"A load of {Folder} was broken off: delete the folder{(SqlServer is null ? "" : " and the database")}.");
        if (SqlServer is not null && !File.Exists(MasterKeyFile))
            SecretFiles.Write(MasterKeyFile, MasterKeyFiles.New(), "KeyService:MasterKeys:0:File", overwrite: false);
        var options = Options;
        var engine = StorageEngines.Create(options);
        // Its sessions would keep the file open, and the load wants it for itself.
        using var disposable = engine as IDisposable;
        await using var start = await engine.EnterStartAsync(CancellationToken.None);
        await using var services = new ServiceCollection().AddKeyService(options, engine, MasterKeys).BuildServiceProvider();
        await services.GetRequiredService<StoreStart>().MigrateAsync(CancellationToken.None);
    }

    public void Begin(LoadPlan plan) => File.WriteAllText(DraftFile, JsonSerializer.Serialize(plan, JsonSerializerOptions.Default));

    public void End() => File.Move(DraftFile, PlanFile);
}
