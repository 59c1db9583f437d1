using System.Globalization;
using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Storage;
using KeyService.Server.Storage.Sqlite;

namespace KeyService.Server.Hosting;

/// <summary>Finds the master keys: configured, or for the embedded default in the data directory, where the first start makes one.</summary>
internal static class MasterKeyFiles
{
    public const string Section = "KeyService:MasterKeys";

    /// <summary>In the data directory of the embedded default.</summary>
    public const string FileName = "master-key";

    private const char EmbeddedGeneration = '1';

    /// <exception cref="StartException">There is none, or one is wrong.</exception>
    public static MasterKeys Load(IConfiguration configuration, ServerOptions options, TextWriter output) =>
        Configured(configuration, options) ?? Embedded(options, output);

    /// <summary>Those that the settings name. Null: the embedded default has its own.</summary>
    /// <exception cref="StartException">There is none and there must be, or one is wrong.</exception>
    public static MasterKeys? Configured(IConfiguration configuration, ServerOptions options)
    {
        var configured = configuration.GetSection(Section).GetChildren()
            .OrderBy(child => int.TryParse(child.Key, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue)
            .Select(child => Read(configuration, child.Path)).ToList();
        if (configured.Count == 0)
        {
            return options.IsEmbedded
                ? null
                : throw new StartException($"{Section}: with a connection string a master key must be configured; `keyservice new-master-key` makes one.");
        }

        try
        {
            return new(configured);
        }
        catch (ArgumentException e)
        {
            throw new StartException($"{Section}: two master keys have the same generation.", e);
        }
    }

    /// <summary>The one in the data directory, made when the directory is new. Under the store's lock.</summary>
    /// <exception cref="StartException">It is lost, wrong, or cannot be written.</exception>
    public static MasterKeys Embedded(ServerOptions options, TextWriter output)
    {
        var path = Path.Combine(options.DataDirectory, FileName);
        if (!File.Exists(path))
        {
            // A new key would open nothing of what is there.
            if (File.Exists(Path.Combine(options.DataDirectory, SqliteEngine.FileName)))
            {
                throw new StartException(
                    $"{SettingNames.DataDirectory}: {options.DataDirectory} has a database but no master-key file; put back the one it was made with.");
            }

            SecretFiles.Write(path, New(), SettingNames.DataDirectory, overwrite: false);
            output.WriteLine($"Made a master key in {path}: back it up, without it every key is lost.");
        }

        return new([Parse(EmbeddedGeneration, SecretFiles.Read(path, SettingNames.DataDirectory), SettingNames.DataDirectory)]);
    }

    /// <summary>A new master key in base64.</summary>
    public static string New() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(MasterKey.SecretSize));

    private static MasterKey Read(IConfiguration configuration, string path)
    {
        var generation = Settings.Text(configuration, $"{path}:Generation");
        if (generation is not { Length: 1 } || !char.IsAsciiLetterOrDigit(generation[0]))
            throw Settings.Wrong($"{path}:Generation", generation ?? "", "one of 0-9, A-Z, a-z");
        var (file, value) = (Settings.Text(configuration, $"{path}:File"), Settings.Text(configuration, $"{path}:Value"));
        return (file, value) switch
        {
            ({ } name, null) => Parse(generation[0], SecretFiles.Read(name, $"{path}:File"), $"{path}:File"),
            (null, { } text) => Parse(generation[0], text, $"{path}:Value"),
            _ => throw new StartException($"{path}: exactly one of File and Value must be given."),
        };
    }

    private static MasterKey Parse(char generation, string base64, string setting)
    {
        var secret = new byte[MasterKey.SecretSize];
        try
        {
            return Convert.TryFromBase64String(base64.Trim(), secret, out var length) && length == MasterKey.SecretSize
                ? MasterKey.Derive(generation, secret)
                : throw new StartException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{setting}: a master key must be 32 bytes in base64 (44 characters); found {base64.Length} characters. `keyservice new-master-key` makes one."));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
