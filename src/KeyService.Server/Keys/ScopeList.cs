using System.Text;

namespace KeyService.Server.Keys;

/// <summary>
/// Scopes as they stand in a message of the contract, side by side: so neither those of a request nor those of a kept key are ever made into
/// strings to compare them.
/// </summary>
/// <remarks>
/// <code>
/// offset  length
///      0       1  the field's tag, not looked at
///      1       1  n: the scope's length, at most 64
///      2       n  the scope, ASCII
/// </code>
/// </remarks>
internal readonly ref struct ScopeList(ReadOnlySpan<byte> fields)
{
    private const int HeaderLength = 2;

    private readonly ReadOnlySpan<byte> _fields = fields;

    public bool IsEmpty => _fields.IsEmpty;

    /// <summary>The same form from texts, for whoever has no message.</summary>
    /// <exception cref="ArgumentException">A scope is longer than any valid one.</exception>
    public static byte[] Of(IReadOnlyList<string> scopes)
    {
        if (scopes.Count == 0) return [];
        var fields = new List<byte>();
        foreach (var scope in scopes)
        {
            var text = Encoding.UTF8.GetBytes(scope);
            if (text.Length > Scopes.MaxLength) throw new ArgumentException("Too long to be a scope.", nameof(scopes));
            fields.AddRange([0, (byte)text.Length, .. text]);
        }

        return [.. fields];
    }

    public string[] ToArray()
    {
        var scopes = new List<string>();
        foreach (var scope in this) scopes.Add(Encoding.UTF8.GetString(scope));
        return [.. scopes];
    }

    public Enumerator GetEnumerator() => new(_fields);

    /// <summary>Goes from one scope to the next.</summary>
    public ref struct Enumerator(ReadOnlySpan<byte> fields)
    {
        private ReadOnlySpan<byte> _rest = fields;

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.Length < HeaderLength) return false;
            Current = _rest.Slice(HeaderLength, _rest[1]);
            _rest = _rest[(HeaderLength + Current.Length)..];
            return true;
        }
    }
}
