using System.Globalization;

namespace KeyService.Testing.Cluster.Rig;

/// <summary>The file by which one replica, through all its lives, is told what is wrong with its way to the database.</summary>
internal sealed class DatabaseFaultFile : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"keyservice-database-{Guid.NewGuid():N}");
    private readonly int _seed;

    /// <param name="seed">Of the choices that the replica makes.</param>
    public DatabaseFaultFile(int seed)
    {
        _seed = seed;
        Set(DatabaseFault.None);
    }

    public (string Name, string Value) Setting => ("KeyService__TestHooks__DatabaseFaults", _path);

    /// <summary>Takes effect within 10 ms or so.</summary>
    public void Set(DatabaseFault fault)
    {
        File.WriteAllText(_path + ".new", string.Create(CultureInfo.InvariantCulture, $"{_seed} {fault.Text}"));
        File.Move(_path + ".new", _path, overwrite: true);
    }

    public void Dispose() => File.Delete(_path);
}
