using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Storage;

namespace KeyService.Benchmarks.Scale.Rows;

/// <summary>Key n of a plan: its API key, its record, and its rows, made by the product's own functions.</summary>
internal sealed class SyntheticKeys(LoadPlan plan, MasterKeys masterKeys, string brand)
{
    // One key in four has the name of many others in its workspace, as keys have that are named by an application.
    private static readonly string[] Names =
        ["Trading bot", "Default key", "Mobile app", "Tax report", "Portfolio sync", "Payouts", "Read only", "Backend", "Zapier", "Market maker"];

    private static readonly string[] Scopes = ["accounts.read", "orders.*", "orders.create", "payments.read", "payments.write", "wallets.read"];
    private static readonly string[] Teams = ["payments", "risk", "treasury", "retail", "growth"];

    private readonly string _createdBy = $"key_{plan.IdOf(-1, plan.FirstTime, LoadPlan.Use.KeyId):N}";

    public string CreatedBy => _createdBy;

    /// <summary>The API key: 23 digits of SHA-256(seed, n), and what the format adds.</summary>
    public string TextOf(int n)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteInt32BigEndian(number, plan.Seed);
        BinaryPrimitives.WriteInt32BigEndian(number[4..], n);
        SHA256.HashData(number, hash);
        var digits = new byte[23];
        Base62.EncodeLast(BinaryPrimitives.ReadUInt128BigEndian(hash), digits.AsSpan(0, 12));
        Base62.EncodeLast(BinaryPrimitives.ReadUInt128BigEndian(hash[16..]), digits.AsSpan(12));
        return ApiKeyText.OfKnownSecret(brand, EnvironmentOf(n), masterKeys.Current, digits);
    }

    /// <param name="n">Its number.</param>
    /// <param name="text">Its API key.</param>
    /// <param name="revision">Not used where the database stamps its own.</param>
    public KeyRecord RecordOf(int n, string text, long revision)
    {
        var time = plan.TimeOf(n);
        var name = Names[plan.Draw(n, LoadPlan.Use.Name, Names.Length)];
        return new()
        {
            KeyId = $"key_{plan.IdOf(n, time, LoadPlan.Use.KeyId):N}",
            WorkspaceId = plan.WorkspaceOf(n),
            Name = n % 4 == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name} {n}"),
            Description = plan.Draw(n, LoadPlan.Use.Description, 3) == 0 ? "Made in the settings of the customer's account" : "",
            Environment = EnvironmentOf(n),
            Status = KeyStatus.Enabled,
            Hint = ApiKeyText.Hint(text),
            Recoverable = false,
            Scopes = ScopesOf(n),
            Metadata = new Dictionary<string, string>
            {
                ["team"] = Teams[plan.Draw(n, LoadPlan.Use.Metadata, Teams.Length)],
                ["customer"] = (4_000_000 + plan.Draw(n, LoadPlan.Use.Metadata, 3_000_000)).ToString(CultureInfo.InvariantCulture),
            },
            CreateTime = time,
            UpdateTime = time,
            ExpireTime = n % 10 == 3 ? time.AddYears(5) : null,
            CreatedBy = _createdBy,
            Revision = revision,
        };
    }

    /// <summary>Not recoverable: no sealed text.</summary>
    public KeySecretRow SecretOf(KeyRecord key, string text) => new()
    {
        Digest = ApiKeyDigest.Of(text, masterKeys, out var masterKey).ToArray(),
        KeyId = key.KeyId,
        Generation = masterKey.Generation,
        Sealed = null,
        CreateTime = key.CreateTime,
    };

    private static KeyEnvironment EnvironmentOf(int n) => n % 10 == 9 ? KeyEnvironment.Test : KeyEnvironment.Live;

    private string[] ScopesOf(int n)
    {
        var first = plan.Draw(n, LoadPlan.Use.Scopes, Scopes.Length);
        return [.. Enumerable.Range(first, n % 4).Select(i => Scopes[i % Scopes.Length])];
    }
}
