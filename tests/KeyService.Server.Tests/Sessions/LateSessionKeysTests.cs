using KeyService.Server.Keys;
using KeyService.Server.Sessions;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption;
using Microsoft.AspNetCore.DataProtection.AuthenticatedEncryption.ConfigurationModel;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.KeyManagement.Internal;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Sessions;

public class LateSessionKeysTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly KnownRing _known = new();
    private readonly Table _table = new();
    private readonly LateSessionKeys _late;

    public LateSessionKeysTests() => _late = new(_known, _table, _time);

    [Fact]
    public void A_key_of_the_ring_costs_no_reading()
    {
        Find(_known.DefaultKeyId).ShouldNotBeNull();
        _late.GetCurrentKeyRing().DefaultKeyId.ShouldBe(_known.DefaultKeyId);
        _late.GetCurrentKeyRing().DefaultAuthenticatedEncryptor.ShouldBeSameAs(_known.DefaultAuthenticatedEncryptor);

        _table.Reads.ShouldBe(0);
    }

    [Fact]
    public void A_late_key_is_read_once()
    {
        var key = _table.Add(revoked: false);

        Find(key).ShouldNotBeNull();
        Find(key).ShouldNotBeNull();

        _table.Reads.ShouldBe(1);
    }

    [Fact]
    public void A_late_key_that_was_revoked_is_said_to_be() =>
        Find(_table.Add(revoked: true), isRevoked: true).ShouldNotBeNull();

    [Fact]
    public void Made_up_keys_cost_one_reading_a_second()
    {
        for (var i = 0; i < 100; i++) Find(Guid.NewGuid()).ShouldBeNull();
        _table.Reads.ShouldBe(1);

        _time.Advance(LateSessionKeys.Pause);
        for (var i = 0; i < 100; i++) Find(Guid.NewGuid()).ShouldBeNull();
        _table.Reads.ShouldBe(2);
    }

    [Fact]
    public void A_database_that_is_away_is_not_asked_more_often()
    {
        var key = _table.Add(revoked: false);
        _table.Away = true;
        Should.Throw<StoreUnavailableException>(() => Find(key));
        Find(key).ShouldBeNull();
        _table.Reads.ShouldBe(1);

        _table.Away = false;
        _time.Advance(LateSessionKeys.Pause);
        Find(key).ShouldNotBeNull();
    }

    [Fact]
    public async Task A_database_that_hangs_holds_one_thread()
    {
        var key = _table.Add(revoked: false);
        using var answer = _table.Hang();
        var first = Task.Run(() => Find(key));
        await _table.Asked.WaitAsync(TimeSpan.FromSeconds(30));

        Find(Guid.NewGuid()).ShouldBeNull();
        first.IsCompleted.ShouldBeFalse();
        answer.Set();

        (await first.WaitAsync(TimeSpan.FromSeconds(30))).ShouldNotBeNull();
        _table.Reads.ShouldBe(1);
    }

    private IAuthenticatedEncryptor? Find(Guid keyId, bool isRevoked = false)
    {
        var found = _late.GetCurrentKeyRing().GetAuthenticatedEncryptorByKeyId(keyId, out var revoked);
        revoked.ShouldBe(isRevoked);
        return found;
    }

    private sealed class Encryptor : IAuthenticatedEncryptor
    {
        public byte[] Decrypt(ArraySegment<byte> ciphertext, ArraySegment<byte> additionalAuthenticatedData) => throw new NotSupportedException();

        public byte[] Encrypt(ArraySegment<byte> plaintext, ArraySegment<byte> additionalAuthenticatedData) => throw new NotSupportedException();
    }

    private sealed class KnownRing : IKeyRingProvider, IKeyRing
    {
        public IAuthenticatedEncryptor? DefaultAuthenticatedEncryptor { get; } = new Encryptor();

        public Guid DefaultKeyId { get; } = Guid.NewGuid();

        public IKeyRing GetCurrentKeyRing() => this;

        public IAuthenticatedEncryptor? GetAuthenticatedEncryptorByKeyId(Guid keyId, out bool isRevoked)
        {
            isRevoked = false;
            return keyId == DefaultKeyId ? DefaultAuthenticatedEncryptor : null;
        }
    }

    private sealed record StoredKey(Guid KeyId, bool IsRevoked) : IKey
    {
        public DateTimeOffset ActivationDate => default;

        public DateTimeOffset CreationDate => default;

        public DateTimeOffset ExpirationDate => default;

        public IAuthenticatedEncryptorDescriptor Descriptor => throw new NotSupportedException();

        public IAuthenticatedEncryptor CreateEncryptor() => new Encryptor();
    }

    private sealed class Table : IKeyManager
    {
        private readonly List<IKey> _keys = [];
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private ManualResetEventSlim? _answer;

        public Task Asked => _asked.Task;

        public int Reads { get; private set; }

        public bool Away { get; set; }

        public Guid Add(bool revoked)
        {
            _keys.Add(new StoredKey(Guid.NewGuid(), revoked));
            return _keys[^1].KeyId;
        }

        /// <summary>From now on until it is set.</summary>
        public ManualResetEventSlim Hang() => _answer = new();

        public IReadOnlyCollection<IKey> GetAllKeys()
        {
            Reads++;
            _asked.TrySetResult();
            _answer?.Wait(TimeSpan.FromSeconds(60));
            return Away ? throw new StoreUnavailableException() : [.. _keys];
        }

        public IKey CreateNewKey(DateTimeOffset activationDate, DateTimeOffset expirationDate) => throw new NotSupportedException();

        public CancellationToken GetCacheExpirationToken() => throw new NotSupportedException();

        public void RevokeAllKeys(DateTimeOffset revocationDate, string? reason = null) => throw new NotSupportedException();

        public void RevokeKey(Guid keyId, string? reason = null) => throw new NotSupportedException();
    }
}
