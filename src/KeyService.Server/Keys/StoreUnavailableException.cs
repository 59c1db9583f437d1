namespace KeyService.Server.Keys;

/// <summary>The database is needed and does not answer.</summary>
internal sealed class StoreUnavailableException(Exception? inner = null) : Exception("The database does not answer.", inner);
