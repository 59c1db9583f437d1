using System.Collections;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace KeyService.Benchmarks.Scale.Rows;

/// <summary>A column as the engine's model has it: name, type and conversion, so that what is loaded is what the service would have written.</summary>
internal sealed class EntityColumn(IProperty property)
{
    private readonly ValueConverter? _converter = property.FindRelationalTypeMapping()?.Converter;
    private readonly Microsoft.EntityFrameworkCore.Metadata.IClrPropertyGetter _getter = property.GetGetter();

    public string Name { get; } = property.GetColumnName();

    public Type Type
    {
        get
        {
            var type = _converter?.ProviderClrType ?? property.ClrType;
            return Nullable.GetUnderlyingType(type) ?? type;
        }
    }

    public object ValueOf(object row)
    {
        var value = _getter.GetClrValue(row);
        return (value is null ? null : _converter is null ? value : _converter.ConvertToProvider(value)) ?? DBNull.Value;
    }

    /// <summary>All but those that the database fills itself: SQL Server's <c>rowversion</c> and numbers.</summary>
    public static IReadOnlyList<EntityColumn> Of(IEntityType entity) =>
        [.. entity.GetProperties().Where(property => property.ValueGenerated != ValueGenerated.OnAddOrUpdate && !property.IsShadowProperty()).Select(property => new EntityColumn(property))];
}

/// <summary>Rows of one table as a bulk copy reads them.</summary>
internal sealed class EntityReader(IReadOnlyList<EntityColumn> columns, IEnumerable<object> rows) : DbDataReader
{
    private readonly IEnumerator<object> _rows = rows.GetEnumerator();
    private readonly Dictionary<string, int> _ordinals =
        columns.Select((column, i) => (column.Name, i)).ToDictionary(pair => pair.Name, pair => pair.i, StringComparer.Ordinal);

    private bool _closed;

    public override int FieldCount => columns.Count;

    public override bool HasRows => true;

    public override bool IsClosed => _closed;

    public override int Depth => 0;

    public override int RecordsAffected => -1;

    public override object this[int ordinal] => GetValue(ordinal);

    public override object this[string name] => GetValue(GetOrdinal(name));

    public override bool Read() => _rows.MoveNext();

    public override bool NextResult() => false;

    public override object GetValue(int ordinal) => columns[ordinal].ValueOf(_rows.Current);

    public override int GetValues(object[] values)
    {
        for (var i = 0; i < columns.Count; i++) values[i] = GetValue(i);
        return columns.Count;
    }

    public override bool IsDBNull(int ordinal) => GetValue(ordinal) is DBNull;

    public override string GetName(int ordinal) => columns[ordinal].Name;

    public override int GetOrdinal(string name) => _ordinals[name];

    public override Type GetFieldType(int ordinal) => columns[ordinal].Type;

    public override string GetDataTypeName(int ordinal) => columns[ordinal].Type.Name;

    public override IEnumerator GetEnumerator() => new DbEnumerator(this);

    public override bool GetBoolean(int ordinal) => (bool)GetValue(ordinal);

    public override byte GetByte(int ordinal) => (byte)GetValue(ordinal);

    public override char GetChar(int ordinal) => (char)GetValue(ordinal);

    public override DateTime GetDateTime(int ordinal) => (DateTime)GetValue(ordinal);

    public override decimal GetDecimal(int ordinal) => (decimal)GetValue(ordinal);

    public override double GetDouble(int ordinal) => (double)GetValue(ordinal);

    public override float GetFloat(int ordinal) => (float)GetValue(ordinal);

    public override Guid GetGuid(int ordinal) => (Guid)GetValue(ordinal);

    public override short GetInt16(int ordinal) => (short)GetValue(ordinal);

    public override int GetInt32(int ordinal) => (int)GetValue(ordinal);

    public override long GetInt64(int ordinal) => (long)GetValue(ordinal);

    public override string GetString(int ordinal) => (string)GetValue(ordinal);

    public override long GetBytes(int ordinal, long dataOffset, byte[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    public override long GetChars(int ordinal, long dataOffset, char[]? buffer, int bufferOffset, int length) => throw new NotSupportedException();

    public override void Close() => _closed = true;

    protected override void Dispose(bool disposing)
    {
        if (disposing) _rows.Dispose();
        _closed = true;
        base.Dispose(disposing);
    }
}
