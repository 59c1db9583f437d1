using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// The model on SQL Server: <c>rowversion</c> on <c>ApiKeys</c> alone (any other would move the feed's watermark), ids and
/// search text under a <c>_BIN2</c> collation, so that no two ids are equal that differ in a byte.
/// </summary>
internal sealed class SqlServerKeyDbContext(DbContextOptions<SqlServerKeyDbContext> options) : KeyDbContext(options)
{
    private const string Collation = "Latin1_General_100_BIN2";

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
    }

    private sealed class TimeAsUtc() : ValueConverter<DateTimeOffset, DateTime>(
        time => time.UtcDateTime,
        time => new DateTimeOffset(DateTime.SpecifyKind(time, DateTimeKind.Utc)));
}
