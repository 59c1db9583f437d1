using System.Text;
using KeyService.Server.Keys;

namespace KeyService.Simulation.Tests.Simulated;

/// <summary>Two keys with two secrets each: real texts, tags and digests, made once.</summary>
internal static class SimKeys
{
    public const int Keys = 2;
    public const int Secrets = 2;

    public static readonly MasterKey Master = MasterKey.Derive('0', new byte[MasterKey.SecretSize]);
    public static readonly MasterKeys MasterKeys = new([Master]);

    private static readonly byte[][] Texts =
        [.. Enumerable.Range(0, Keys * Secrets).Select(_ => Encoding.ASCII.GetBytes(ApiKeyText.Generate("ks", KeyEnvironment.Live, Master)))];

    private static readonly KeyDigest[] Digests = [.. Texts.Select(text => Master.ComputeDigest(text))];

    public static byte[] TextOf(int key, int secret) => Texts[(key * Secrets) + secret];

    public static KeyDigest DigestOf(int key, int secret) => Digests[(key * Secrets) + secret];

    public static (int Key, int Secret) Find(ReadOnlySpan<byte> digest)
    {
        var index = Array.IndexOf(Digests, KeyDigest.FromBytes(digest));
        return (index / Secrets, index % Secrets);
    }

    public static string IdOf(int key) => $"key_{key}";
}
