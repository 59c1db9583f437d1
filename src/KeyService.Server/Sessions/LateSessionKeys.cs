using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;

namespace KeyService.Server.Sessions;

/// <summary>
/// Finds keys that another replica made since this one read the ring. A key is made two days before it is used, and a ring is read again
/// within a day: so it is only late when it was needed at once, as by two replicas that start on an empty table, or after the database
/// was put back. Data Protection itself looks for unknown keys in its first two minutes alone, and then signs such a session out.
/// </summary>
internal sealed class LateSessionKeys(IKeyRingProvider rings, IKeyManager keys, TimeProvider time) : IKeyRingProvider
{
    /// <summary>Anyone can name a key that does not exist: the table is read at most once in this time, whether it answers or not.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>For another's reading. One thread may wait for a database that hangs: not all that validations need.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMilliseconds(500);

    private readonly Lock _reading = new();
    private volatile Dictionary<Guid, IKey> _late = [];
    private long? _lastRead;

    public IKeyRing GetCurrentKeyRing() => new Ring(rings.GetCurrentKeyRing(), this);

    private IKey? Find(Guid keyId)
    {
        if (_late.TryGetValue(keyId, out var known)) return known;
        if (!_reading.TryEnter(LongestWait)) return null;
        try
        {
            if (_late.TryGetValue(keyId, out known)) return known;
            if (_lastRead is { } last && time.GetElapsedTime(last) < Pause) return null;
            try
            {
                _late = keys.GetAllKeys().ToDictionary(key => key.KeyId);
            }
            finally
            {
                _lastRead = time.GetTimestamp();
            }

            return _late.GetValueOrDefault(keyId);
        }
        finally
        {
            _reading.Exit();
        }
    }

    private sealed class Ring(IKeyRing known, LateSessionKeys late) : IKeyRing
    {
        public IAuthenticatedEncryptor? DefaultAuthenticatedEncryptor => known.DefaultAuthenticatedEncryptor;

        public Guid DefaultKeyId => known.DefaultKeyId;

        public IAuthenticatedEncryptor? GetAuthenticatedEncryptorByKeyId(Guid keyId, out bool isRevoked)
        {
            if (known.GetAuthenticatedEncryptorByKeyId(keyId, out isRevoked) is { } encryptor) return encryptor;
            if (late.Find(keyId) is not { } key) return null;
            isRevoked = key.IsRevoked;
            return key.CreateEncryptor();
        }
    }
}
