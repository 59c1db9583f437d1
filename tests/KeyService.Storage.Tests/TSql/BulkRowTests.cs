using KeyService.Benchmarks.Scale.Rows;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Storage;
using KeyService.Storage.Tests.Stores;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The rows that a benchmark loads past the service, as a bulk copy reads them, against the schema of SQL Server.</summary>
public sealed class BulkRowTests : IDisposable
{
    private static readonly Dictionary<string, Type> Taken = new()
    {
        ["varchar"] = typeof(string), ["nvarchar"] = typeof(string), ["char"] = typeof(string), ["tinyint"] = typeof(byte), ["bit"] = typeof(bool),
        ["bigint"] = typeof(long), ["datetime2"] = typeof(DateTime), ["uniqueidentifier"] = typeof(Guid), ["binary"] = typeof(byte[]), ["varbinary"] = typeof(byte[]),
    };

    private static readonly LoadPlan Plan = LoadPlan.EndingAt(new(2027, 3, 4, 5, 6, 7, TimeSpan.Zero), keys: 2_000, seed: 7);

    private readonly KeyDbContext _context = Schema.NewContext();

    public static TheoryData<Type> Tables => [typeof(ApiKeyRow), typeof(KeySecretRow), typeof(KeyUsageRow), typeof(AuditEventRow), typeof(AuditHeadRow)];

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_table_gets_every_column_but_what_the_database_stamps(Type table)
    {
        var entity = EntityOf(table);
        var stamped = new[] { table == typeof(ApiKeyRow) ? "Revision" : "Number" };

        EntityColumn.Of(entity).Select(column => column.Name).ShouldBe(entity.GetProperties().Select(property => property.GetColumnName()).Except(stamped), ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Tables))]
    public void A_value_fits_its_column(Type table)
    {
        var (entity, rows) = (EntityOf(table), RowsOf(table));
        using var reader = new EntityReader(EntityColumn.Of(entity), rows);
        var read = 0;
        for (; reader.Read(); read++)
        {
            for (var i = 0; i < reader.FieldCount; i++)
            {
                var property = entity.GetProperties().Single(property => property.GetColumnName() == reader.GetName(i));
                ShouldFit(reader.GetValue(i), property, reader.GetFieldType(i));
            }
        }

        read.ShouldBe(rows.Count);
        read.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task A_store_of_these_rows_is_whole_and_knows_their_keys()
    {
        await using var store = new SqliteTestStore();
        await store.Engine.MigrateAsync(CancellationToken.None);
        var source = new RowSource(Plan, store.MasterKeys, "ks", keptEvents: 50);
        await using (var context = store.ContextWith())
        {
            foreach (var batch in source.Batches(500, firstRevision: 1)) context.AddRange(batch.Tables.SelectMany(table => table.Rows));
            context.AddRange(source.Heads);
            await context.SaveChangesAsync();
        }

        (await store.VerifyAsync()).ShouldAllBe(check => check.Problem == null);
        var digest = ApiKeyDigest.Of(new SyntheticKeys(Plan, store.MasterKeys, "ks").TextOf(1_234), store.MasterKeys);
        (await store.Engine.FindKeyAsync(digest.ToArray(), CancellationToken.None))!.CreateTime.ShouldBe(Plan.TimeOf(1_234));
        var (keys, end) = await store.Queries.ListAsync(new(LoadPlan.BigWorkspace, "", null, KeyOrder.ByName, null, 500), CancellationToken.None);
        keys.Count.ShouldBe(500);
        end.ShouldNotBeNull();
    }

    public void Dispose() => _context.Dispose();

    private IEntityType EntityOf(Type table) => _context.Model.FindEntityType(table)!;

    private static List<object> RowsOf(Type table)
    {
        var source = new RowSource(Plan, new([TestStore.NewMasterKey('1')]), "ks", keptEvents: 50);
        var rows = source.Batches(500, firstRevision: 0).SelectMany(batch => batch.Tables).Where(rows => rows.Row == table).SelectMany(rows => rows.Rows).ToList();
        return table == typeof(AuditHeadRow) ? [.. source.Heads] : rows;
    }

    private static void ShouldFit(object value, IProperty property, Type fieldType)
    {
        var name = property.GetColumnName();
        fieldType.ShouldBe(Taken[property.GetColumnType().Split('(')[0]], name);
        if (value is DBNull)
        {
            property.IsColumnNullable().ShouldBeTrue(name);
            return;
        }

        value.ShouldBeOfType(fieldType, name);
        var length = value is string text ? text.Length : value is byte[] bytes ? bytes.Length : 0;
        if (property.IsFixedLength() == true) length.ShouldBe(property.GetMaxLength()!.Value, name);
        else length.ShouldBeLessThanOrEqualTo(property.GetMaxLength() ?? int.MaxValue, name);
    }
}
