using KeyService.Server.Keys;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace KeyService.Server.Storage.Sqlite;

/// <summary>The model on SQLite: times as microseconds since 1970, revisions from a counter row.</summary>
internal sealed class SqliteKeyDbContext(DbContextOptions<SqliteKeyDbContext> options) : KeyDbContext(options)
{
    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        base.ConfigureConventions(configuration);
        configuration.Properties<DateTimeOffset>().HaveConversion<TimeAsMicroseconds>();
    }

    protected override void OnModelCreating(ModelBuilder model)
    {
        base.OnModelCreating(model);
        model.Entity<ApiKeyRow>().Property(k => k.Revision).ValueGeneratedNever().IsConcurrencyToken();
        model.Entity<RevisionCounterRow>(counter =>
        {
            counter.ToTable("RevisionCounter").HasKey(c => c.Id);
            counter.Property(c => c.Id).ValueGeneratedNever();
            counter.HasData(new RevisionCounterRow { Id = 1, Value = 0 });
        });
    }

    private sealed class TimeAsMicroseconds() : ValueConverter<DateTimeOffset, long>(
        time => UtcMicroseconds.ToMicroseconds(time),
        microseconds => UtcMicroseconds.FromMicroseconds(microseconds));
}
