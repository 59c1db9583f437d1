using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// The model on SQL Server: <c>rowversion</c> on <c>ApiKeys</c> alone (any other would move the feed's watermark), ids and
/// search text under a <c>_BIN2</c> collation, so that no two ids are equal that differ in a byte.
/// </summary>
internal sealed class SqlServerKeyDbContext(DbContextOptions<SqlServerKeyDbContext> options) : KeyDbContext(options)
{
    private const string Collation = "Latin1_General_100_BIN2";
    private const string Number = "Number";

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        base.ConfigureConventions(configuration);
        configuration.Properties<DateTimeOffset>().HaveConversion<TimeAsUtc>().HaveColumnType("datetime2(6)");
        configuration.Properties<string>().UseCollation(Collation);
        configuration.Properties<char>().AreUnicode(false).HaveMaxLength(1).UseCollation(Collation);
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        base.OnModelCreating(model);
        // The migration gives it its cache, and the reason: the model has no word for it.
        model.HasSequence<long>("ReplicaTickets").StartsAt(1).IncrementsBy(1).IsCyclic(false);
        model.Entity<ApiKeyRow>(key =>
        {
            key.Property(k => k.Revision).HasConversion(new NumberToBytesConverter<long>()).IsRowVersion();
            // A search reads this index alone until it has found its page.
            key.HasIndex(k => new { k.WorkspaceId, k.CreateTime, k.KeyId }).IsUnique()
                .IncludeProperties(k => new { k.Status, k.Search });
        });
        model.Entity<KeySecretRow>(secret =>
        {
            ClusterInOrderOfInserts(secret);
            secret.Property(s => s.Digest).IsRequired();
            // The look-up of ValidateKey reads this index alone, and the row of ApiKeys.
            secret.HasIndex(s => s.Digest).IsUnique().IncludeProperties(s => new { s.KeyId, s.RetireTime });
        });
        model.Entity<AuditEventRow>(auditEvent =>
        {
            ClusterInOrderOfInserts(auditEvent);
            auditEvent.Property(e => e.WorkspaceId).IsRequired();
            // What a purge reads of the front of a chain; the events of a page are looked up, and were inserted near each other.
            auditEvent.HasIndex(e => new { e.WorkspaceId, e.Sequence }).IsUnique().IncludeProperties(e => new { e.EventTime, e.Mac });
            // And what it reads to find the chains.
            auditEvent.HasIndex(e => e.EventTime).IncludeProperties(e => e.WorkspaceId);
        });
    }

    /// <summary>
    /// These rows are large, and their keys come in no order: clustered on a random digest, or on the many workspaces of the audit trail, nearly every insert would
    /// split a page and leave two half empty. The number is the database's own: the service neither sends nor reads it, so an older version that does not know of
    /// the column inserts as before.
    /// </summary>
    private static void ClusterInOrderOfInserts<T>(EntityTypeBuilder<T> row)
        where T : class
    {
        row.Property<long>(Number).UseIdentityColumn();
        row.HasKey(Number).IsClustered();
    }

    private sealed class TimeAsUtc() : ValueConverter<DateTimeOffset, DateTime>(
        time => time.UtcDateTime,
        time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));
}
