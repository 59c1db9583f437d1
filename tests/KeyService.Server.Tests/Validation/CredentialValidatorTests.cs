using System.Net;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Validation;

public class CredentialValidatorTests
{
    private static readonly IPAddress Peer = IPAddress.Parse("10.1.2.3");

    private readonly LookupRig _rig = new();
    private readonly LastCredential _last = new();

    [Fact]
    public async Task An_enabled_key_of_system_is_a_credential_with_its_rights()
    {
        _rig.Remember(Credential());

        var credential = (await CheckAsync()).ShouldNotBeNull();

        credential.KeyId.ShouldBe(PinnedKey.KeyId);
        credential.Rights.Permissions.ShouldBe(Permissions.Read | Permissions.Validate);
        credential.Rights.GrantedWorkspaces.ShouldBe(["wallet-a"]);
        _rig.Usage.Take().ShouldHaveSingleItem().KeyId.ShouldBe(PinnedKey.KeyId);
    }

    [Fact]
    public async Task A_key_of_any_other_workspace_is_none()
    {
        _rig.Remember(Credential() with { WorkspaceId = "System" });
        await RefusesAsync();
    }

    [Fact]
    public async Task A_disabled_one_is_none()
    {
        _rig.Remember(Credential() with { Status = KeyStatus.Disabled });
        await RefusesAsync();
    }

    [Fact]
    public async Task An_expired_one_is_none()
    {
        _rig.Remember(Credential() with { ExpireTime = Samples.Now });
        await RefusesAsync();
    }

    [Fact]
    public async Task One_that_lists_addresses_is_none_from_elsewhere_or_from_nowhere()
    {
        _rig.Remember(Credential() with { AllowedAddresses = ["192.0.2.0/24"] });
        await RefusesAsync();
        (await CheckAsync(peer: null)).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_lists_the_peer_s_network_holds_also_when_a_dual_stack_socket_names_the_peer()
    {
        _rig.Remember(Credential() with { AllowedAddresses = ["10.0.0.0/8"] });
        (await CheckAsync()).ShouldNotBeNull();
        (await CheckAsync(peer: Peer.MapToIPv6())).ShouldNotBeNull();
    }

    [Theory]
    [InlineData(" " + PinnedKey.ApiKey)]
    [InlineData(PinnedKey.ApiKey + " ")]
    [InlineData("")]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j50")]
    public async Task A_text_that_is_not_exactly_one_is_none_even_after_the_right_one(string text)
    {
        _rig.Remember(Credential());
        (await CheckAsync()).ShouldNotBeNull();

        (await CheckAsync(text)).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_was_switched_off_is_refused_at_the_next_call_though_the_connection_knows_it()
    {
        _rig.Remember(Credential());
        (await CheckAsync()).ShouldNotBeNull();
        _last.Is(PinnedKey.ApiKey, out _).ShouldBeTrue();

        // As any read of the row leaves it.
        _rig.Remember(Credential() with { Status = KeyStatus.Disabled, Revision = 2 });
        _rig.Commit(2);
        await RefusesAsync();
    }

    [Fact]
    public async Task One_that_was_switched_off_elsewhere_is_read_again_at_the_next_call_though_connection_and_memory_know_it()
    {
        _rig.Remember(Credential());
        (await CheckAsync()).ShouldNotBeNull();

        _rig.Commit(2);
        var check = CheckAsync();
        (await _rig.Engine.NextReadAsync()).Finds(Server.Storage.ApiKeyRow.From(Credential() with { Status = KeyStatus.Disabled, Revision = 2 }));

        (await check).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_has_expired_since_is_refused_though_the_connection_knows_it()
    {
        _rig.Remember(Credential() with { ExpireTime = Samples.Now.AddMinutes(1) });
        (await CheckAsync()).ShouldNotBeNull();

        _rig.Time.Advance(TimeSpan.FromMinutes(1));
        (await CheckAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task One_that_did_not_hold_is_not_remembered()
    {
        _rig.Remember(Credential() with { Status = KeyStatus.Disabled });
        await CheckAsync();

        _last.Is(PinnedKey.ApiKey, out _).ShouldBeFalse();
    }

    [Fact]
    public async Task Two_clients_behind_one_connection_are_told_apart()
    {
        var other = ApiKeyText.Generate(PinnedKey.Brand, KeyEnvironment.Live, PinnedKey.Master);
        _rig.Remember(Credential());
        _rig.Memory.Put(PinnedKey.DigestOf(other), new(Credential() with { KeyId = "key_other" }, _rig.Belief.Mark()));

        foreach (var _ in Enumerable.Range(0, 2))
        {
            (await CheckAsync())!.KeyId.ShouldBe(PinnedKey.KeyId);
            (await CheckAsync(other))!.KeyId.ShouldBe("key_other");
        }
    }

    [Fact]
    public async Task Without_the_database_an_unknown_credential_is_unavailable_not_bad()
    {
        var check = CheckAsync();
        (await _rig.Engine.NextReadAsync()).Fails(new TimeoutException());

        await Should.ThrowAsync<StoreUnavailableException>(check);
    }

    [Fact]
    public async Task A_connection_that_remembers_nothing_is_no_hindrance()
    {
        _rig.Remember(Credential());

        (await _rig.Credentials.ValidateAsync(PinnedKey.ApiKey.AsMemory(), last: null, Peer, _rig.Budget(), CancellationToken.None)).ShouldNotBeNull();
    }

    private static KeyRecord Credential() => Samples.Record(workspaceId: Workspaces.System) with
    {
        Scopes = ["keys:read", "keys:validate"],
        PermittedWorkspaces = ["wallet-a"],
    };

    private async Task RefusesAsync()
    {
        _rig.Usage.Take();
        (await CheckAsync()).ShouldBeNull();
        _rig.Usage.Take().ShouldBeEmpty("a credential that does not hold was not used");
    }

    private Task<Credential?> CheckAsync(string text = PinnedKey.ApiKey) => CheckAsync(text, Peer);

    private Task<Credential?> CheckAsync(IPAddress? peer) => CheckAsync(PinnedKey.ApiKey, peer);

    private async Task<Credential?> CheckAsync(string text, IPAddress? peer) =>
        await _rig.Credentials.ValidateAsync(text.AsMemory(), _last, peer, _rig.Budget(), CancellationToken.None);
}
