using System.Data.Common;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>Connections in place of SqlClient's: what the engine sends can be recorded, and answered without a server.</summary>
/// <param name="Lookups">Of the contexts of look-ups, one at a time.</param>
/// <param name="OpenFeedAsync">See <see cref="SqlServerReplicationStore"/>.</param>
internal sealed record SqlServerEngineConnections(DbConnection Lookups, Func<CancellationToken, Task<(DbConnection Connection, Guid Id)>> OpenFeedAsync);
