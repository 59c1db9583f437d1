using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using KeyService.Server.Keys;

namespace KeyService.Server.Usage;

/// <summary>
/// Remembers when each key was last used (walk of ValidateKey, step 9). Never waits and never writes: that is <see cref="UsageFlusher"/>'s.
/// </summary>
internal sealed class UsageRecorder
{
    private readonly ConcurrentQueue<IUsed> _used = new();

    /// <summary>A later time for the same key stays. After the first use since the last flush a comparison and a write.</summary>
    public void Record(IUsed key, long utcTicks)
    {
        if (key.Use.Raise(utcTicks)) _used.Enqueue(key);
    }

    /// <summary>What could not be written is recorded again.</summary>
    public void Record(string keyId, long utcTicks) => Record(new Unwritten(keyId), utcTicks);

    /// <summary>Takes what was recorded since the last call: key id and time in UTC ticks, each key once.</summary>
    public List<(string KeyId, long UtcTicks)> Take()
    {
        // What is used while this runs is listed again: only what was there at the start, or it might never end.
        var latest = new Dictionary<string, long>(StringComparer.Ordinal);
        for (var left = _used.Count; left > 0 && _used.TryDequeue(out var used); left--)
        {
            var ticks = used.Use.Take();
            ref var known = ref CollectionsMarshal.GetValueRefOrAddDefault(latest, used.KeyId, out _);
            if (ticks > known) known = ticks;
        }

        return [.. latest.Select(use => (use.Key, use.Value))];
    }

    private sealed class Unwritten(string keyId) : IUsed
    {
        private UseMark _use;

        public string KeyId => keyId;

        public ref UseMark Use => ref _use;
    }
}
