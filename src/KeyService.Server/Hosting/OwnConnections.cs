using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Replication;
using KeyService.Server.Validation;

namespace KeyService.Server.Hosting;

/// <summary>
/// Connections that this process opens to its own ports, for <see cref="WarmUp"/>. A call needs a credential to get beyond the door, and none of the store's is
/// known here; so such a connection, known by the port that this process has bound for it, begins with a credential that exists nowhere else: random, in memory,
/// for that one connection, and it may do nothing (validate and read, in no workspace).
/// </summary>
internal sealed class OwnConnections(Belief belief)
{
    private readonly ConcurrentDictionary<IPEndPoint, LastCredential> _expected = new();

    /// <summary>The next connection from this end point is this process's own.</summary>
    /// <param name="local">Bound already.</param>
    /// <param name="text">What it presents as its credential.</param>
    public void Expect(IPEndPoint local, string text)
    {
        var credential = new LastCredential();
        credential.Set(text.AsMemory(), KeyDigest.FromBytes(RandomNumberGenerator.GetBytes(KeyDigest.Size)), new CachedKey(Record(), belief.Mark()));
        _expected[Plain(local)] = credential;
    }

    /// <summary>What a new connection begins with: as a rule with nothing.</summary>
    /// <param name="remote">The other end.</param>
    /// <param name="onValid">Called with the caller's id when a credential of the store was valid.</param>
    public LastCredential Begin(EndPoint? remote, Action<string> onValid) =>
        !_expected.IsEmpty && remote is IPEndPoint end && _expected.TryRemove(Plain(end), out var own) ? own : new(onValid);

    /// <summary>No further connection is this process's own.</summary>
    public void End() => _expected.Clear();

    private static IPEndPoint Plain(IPEndPoint end) => new(AddressText.Unmap(end.Address), end.Port);

    private static KeyRecord Record() => new()
    {
        KeyId = "key_" + new string('0', 32),
        WorkspaceId = Workspaces.System,
        Name = "warm-up",
        Environment = KeyEnvironment.Live,
        Status = KeyStatus.Enabled,
        Hint = "",
        Recoverable = false,
        Scopes = [.. PermissionNames.NamesOf(Permissions.Validate | Permissions.Read)],
        CreateTime = DateTimeOffset.UnixEpoch,
        UpdateTime = DateTimeOffset.UnixEpoch,
        CreatedBy = "",
        Revision = long.MaxValue,
    };
}
