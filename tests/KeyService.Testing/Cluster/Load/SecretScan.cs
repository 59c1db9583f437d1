using System.Text;
using KeyService.Testing.Cluster.Rig;

namespace KeyService.Testing.Cluster.Load;

/// <summary>I6: looks for pieces of API keys in everything that a cluster writes.</summary>
internal sealed class SecretScan
{
    private readonly Needles _needles = new();
    private readonly string _sample;

    public SecretScan(IReadOnlyList<LoadKey> keys)
    {
        foreach (var key in keys) _needles.Add(SecretPartOf(key.ApiKey));
        _sample = keys[0].ApiKey;
    }

    /// <summary>How much was searched.</summary>
    public long Bytes { get; private set; }

    public async Task SearchAsync(ClusterRig rig)
    {
        // The search can find.
        _needles.FindIn(Encoding.ASCII.GetBytes(_sample)).ShouldBeGreaterThan(0);
        foreach (var replica in rig.All)
        {
            Search(Encoding.UTF8.GetBytes(await replica.Http.GetStringAsync("/metrics")), $"metrics of replica {replica.Number}");
            Search(Encoding.UTF8.GetBytes(string.Join('\n', replica.Output)), $"output of replica {replica.Number}");
        }

        await rig.Redis.SaveSnapshotAsync();
        Search(await File.ReadAllBytesAsync(rig.Redis.SnapshotFile), "Redis");
        foreach (var file in Directory.GetFiles(rig.Store.DataDirectory, "*", SearchOption.AllDirectories))
        {
            // These two are there to hold secrets, and no API key of the load.
            if (Path.GetFileName(file) is not ("root-credential" or "lock")) Search(ReadShared(file), file);
        }
    }

    private void Search(byte[] bytes, string what)
    {
        bytes.ShouldNotBeEmpty(what);
        Bytes += bytes.Length;
        _needles.ShouldNotBeIn(bytes, what);
    }

    /// <summary>What nobody may learn: everything between the generation and the checksum, which is public.</summary>
    private static string SecretPartOf(string apiKey) => apiKey[^37..^6];

    private static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return copy.ToArray();
    }
}
