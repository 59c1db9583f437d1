using System.Globalization;
using System.Net;
using KeyService.Testing.Faults;
using Microsoft.Data.SqlClient;

namespace KeyService.Testing.Cluster.Rig;

/// <summary>The way to a SQL Server, led through a proxy. SQLite has no socket to stand before.</summary>
internal static class DatabaseProxies
{
    private const string SettingName = "ConnectionStrings__SqlServer";
    private const int DefaultPort = 1433;

    /// <summary>Where the store's database listens; null: it is a file.</summary>
    public static IPEndPoint? EndPointOf(TestStore store)
    {
        if (!store.UsesSqlServer) return null;
        // [tcp:]host[,port]; an instance name would need the browser service and is not for tests.
        var source = new SqlConnectionStringBuilder(store.Settings()[SettingName]).DataSource;
        var parts = source.Replace("tcp:", "", StringComparison.OrdinalIgnoreCase).Split(',');
        var port = parts.Length > 1 ? int.Parse(parts[1], CultureInfo.InvariantCulture) : DefaultPort;
        return new(parts[0] is "." or "(local)" ? IPAddress.Loopback : Dns.GetHostAddresses(parts[0], System.Net.Sockets.AddressFamily.InterNetwork)[0], port);
    }

    public static (string Name, string Value) Setting(TestStore store, FaultProxy proxy) => (SettingName, new SqlConnectionStringBuilder(
        store.Settings()[SettingName]) { DataSource = string.Create(CultureInfo.InvariantCulture, $"tcp:127.0.0.1,{proxy.Port}") }.ConnectionString);
}
