using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.ChangeTracking;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using KeyService.Server.Keys;

namespace KeyService.Server.Storage;

/// <summary>One model, two engines. What differs between them is in <c>SqlServer/</c> and <c>Sqlite/</c>.</summary>
internal abstract class KeyDbContext(DbContextOptions options) : DbContext(options)
{
    public DbSet<ApiKeyRow> ApiKeys => Set<ApiKeyRow>();

    public DbSet<KeySecretRow> KeySecrets => Set<KeySecretRow>();

    public DbSet<KeyUsageRow> KeyUsage => Set<KeyUsageRow>();

    public DbSet<RequestRecordRow> RequestRecords => Set<RequestRecordRow>();

    public DbSet<AuditEventRow> AuditEvents => Set<AuditEventRow>();

    public DbSet<AuditHeadRow> AuditHeads => Set<AuditHeadRow>();

    public DbSet<MasterKeyFingerprintRow> MasterKeyFingerprints => Set<MasterKeyFingerprintRow>();

    public DbSet<SessionKeyRow> SessionKeys => Set<SessionKeyRow>();

    public DbSet<EndedSessionRow> EndedSessions => Set<EndedSessionRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        configuration.Properties<IReadOnlyList<string>>().HaveConversion<ListAsJson, ListComparer>();
        configuration.Properties<IReadOnlyDictionary<string, string>>().HaveConversion<MapAsJson, MapComparer>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        model.Entity<ApiKeyRow>(key =>
        {
            key.ToTable("ApiKeys").HasKey(k => k.KeyId);
            Id(key.Property(k => k.KeyId));
            Id(key.Property(k => k.WorkspaceId));
            Id(key.Property(k => k.CreatedBy));
            Id(key.Property(k => k.Hint));
            // Limits are in code points, columns in UTF-16 units.
            key.Property(k => k.Name).HasMaxLength(256);
            key.Property(k => k.NameOrder).HasMaxLength(SearchText.NameOrderLength);
            key.Property(k => k.Description).HasMaxLength(2048);
            key.Property(k => k.StatusReason).HasMaxLength(512);
            key.HasIndex(k => new { k.WorkspaceId, k.CreateTime, k.KeyId }).IsUnique();
            key.HasIndex(k => new { k.WorkspaceId, k.NameOrder, k.KeyId }).IsUnique();
            key.HasIndex(k => k.Revision).IsUnique();
        });
        model.Entity<KeySecretRow>(secret =>
        {
            secret.ToTable("KeySecrets").HasKey(s => s.Digest);
            secret.Property(s => s.Digest).HasMaxLength(KeyDigest.Size).IsFixedLength();
            Id(secret.Property(s => s.KeyId));
            secret.HasIndex(s => s.KeyId);
        });
        model.Entity<KeyUsageRow>(usage =>
        {
            usage.ToTable("KeyUsage").HasKey(u => u.KeyId);
            Id(usage.Property(u => u.KeyId));
        });
        model.Entity<RequestRecordRow>(request =>
        {
            request.ToTable("RequestRecords").HasKey(r => new { r.CallerId, r.WorkspaceId, r.Rpc, r.RequestId });
            Id(request.Property(r => r.CallerId));
            Id(request.Property(r => r.WorkspaceId));
            Id(request.Property(r => r.Rpc));
            Id(request.Property(r => r.RequestId));
            Id(request.Property(r => r.KeyId));
            request.Property(r => r.Fingerprint).HasMaxLength(32).IsFixedLength();
            request.HasIndex(r => r.CreateTime);
        });
        AuditModel(model);
        ReplicationModel(model);
        model.Entity<MasterKeyFingerprintRow>(key =>
        {
            key.ToTable("MasterKeyFingerprints").HasKey(k => k.Generation);
            key.Property(k => k.Generation).ValueGeneratedNever();
            key.Property(k => k.Fingerprint).HasMaxLength(32).IsFixedLength();
        });
        // A handful of rows, always read whole: no index but the key.
        model.Entity<SessionKeyRow>(key =>
        {
            key.ToTable("SessionKeys").HasKey(k => k.Id);
            key.Property(k => k.Id).ValueGeneratedNever();
        });
        model.Entity<EndedSessionRow>(session =>
        {
            session.ToTable("EndedSessions").HasKey(s => s.Id);
            session.Property(s => s.Id).ValueGeneratedNever();
            session.HasIndex(s => s.EndTime);
        });
    }

    private static void AuditModel(ModelBuilder model)
    {
        model.Entity<AuditEventRow>(auditEvent =>
        {
            auditEvent.ToTable("AuditEvents").HasKey(e => new { e.WorkspaceId, e.Sequence });
            Id(auditEvent.Property(e => e.WorkspaceId));
            Id(auditEvent.Property(e => e.Action));
            Id(auditEvent.Property(e => e.Actor));
            auditEvent.Property(e => e.OnBehalfOf).HasMaxLength(256);
            Id(auditEvent.Property(e => e.KeyId));
            auditEvent.Property(e => e.Mac).HasMaxLength(32).IsFixedLength();
            auditEvent.HasIndex(e => new { e.WorkspaceId, e.KeyId, e.Sequence }).IsUnique();
            auditEvent.HasIndex(e => e.EventId).IsUnique();
            auditEvent.HasIndex(e => e.EventTime);
        });
        model.Entity<AuditHeadRow>(head =>
        {
            head.ToTable("AuditHeads").HasKey(h => h.WorkspaceId);
            Id(head.Property(h => h.WorkspaceId));
            head.Ignore(h => h.SequenceBefore).Ignore(h => h.MacBefore);
            head.Property(h => h.Mac).HasMaxLength(32).IsFixedLength();
            head.Property(h => h.PurgedMac).HasMaxLength(32).IsFixedLength();
            head.Property(h => h.PurgedSeal).HasMaxLength(32).IsFixedLength();
        });
    }

    /// <summary>Read and written by <see cref="IReplicationStore"/> alone. No rowversion here: a beat would look like a change.</summary>
    private static void ReplicationModel(ModelBuilder model)
    {
        model.Entity<ReplicaRow>(replica =>
        {
            replica.ToTable("Replicas").HasKey(r => r.ReplicaId);
            replica.Property(r => r.ReplicaId).HasMaxLength(32).IsUnicode(false).IsFixedLength();
            // One base62 digit for each master key that there can be.
            replica.Property(r => r.Generations).HasMaxLength(62).IsUnicode(false);
            replica.Property(r => r.Address).HasMaxLength(256);
        });
        model.Entity<StoreEpochRow>(epoch =>
        {
            epoch.ToTable("StoreEpochs").HasKey(e => e.Id);
            epoch.Property(e => e.Id).ValueGeneratedNever();
            epoch.Property(e => e.Epoch).HasMaxLength(16).IsFixedLength();
        });
    }

    /// <summary>Ids are ASCII and compared byte by byte on both engines.</summary>
    private static void Id(Microsoft.EntityFrameworkCore.Metadata.Builders.PropertyBuilder<string> property) =>
        property.HasMaxLength(64).IsUnicode(false);

    private sealed class ListAsJson() : ValueConverter<IReadOnlyList<string>, string>(
        list => JsonSerializer.Serialize(list, JsonSerializerOptions.Default),
        text => JsonSerializer.Deserialize<List<string>>(text, JsonSerializerOptions.Default)!);

    private sealed class ListComparer() : ValueComparer<IReadOnlyList<string>>(
        (a, b) => a!.SequenceEqual(b!),
        list => list.Aggregate(0, HashCode.Combine));

    private sealed class MapAsJson() : ValueConverter<IReadOnlyDictionary<string, string>, string>(
        map => JsonSerializer.Serialize(map, JsonSerializerOptions.Default),
        text => JsonSerializer.Deserialize<Dictionary<string, string>>(text, JsonSerializerOptions.Default)!);

    private sealed class MapComparer() : ValueComparer<IReadOnlyDictionary<string, string>>(
        (a, b) => a!.Count == b!.Count && !a.Except(b).Any(),
        map => map.Count);
}
