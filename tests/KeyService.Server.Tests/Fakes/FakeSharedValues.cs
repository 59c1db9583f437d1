using System.Collections.Concurrent;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;

namespace KeyService.Server.Tests.Fakes;

/// <summary>Redis as a test wants it: empty at first, and it takes nothing unless told to.</summary>
internal sealed class FakeSharedValues : ISharedValues
{
    public bool Keeps { get; set; }

    public ConcurrentDictionary<KeyDigest, byte[]> Values { get; } = new();

    /// <summary>Of each value written, what it was to replace.</summary>
    public ConcurrentQueue<byte[]?> Rejected { get; } = new();

    public Task<byte[]?> GetAsync(KeyDigest digest) => Task.FromResult(Values.GetValueOrDefault(digest));

    public Task PutIfNewerAsync(KeyDigest digest, byte[] value, byte[]? rejected)
    {
        Rejected.Enqueue(rejected);
        if (Keeps) Values[digest] = value;
        return Task.CompletedTask;
    }
}
