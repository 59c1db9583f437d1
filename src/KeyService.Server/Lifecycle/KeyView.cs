using KeyService.Server.Keys;

namespace KeyService.Server.Lifecycle;

/// <summary>A key as management shows it.</summary>
/// <param name="Key">The record.</param>
/// <param name="LastUsedTime">Null: never.</param>
internal sealed record KeyView(KeyRecord Key, DateTimeOffset? LastUsedTime);
