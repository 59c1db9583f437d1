using System.Net;
using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Validation;

public class KeyValidatorTests
{
    private static readonly CredentialRights Anywhere = new(Permissions.Validate, [Workspaces.All]);

    /// <summary>Each cause of a "no", in the contract's order, as what it changes of a key that holds.</summary>
    private static readonly (Verdict Verdict, Func<KeyRecord, KeyRecord> Cause)[] Causes =
    [
        (Verdict.NotFound, key => key with { WorkspaceId = Workspaces.System }),
        (Verdict.Disabled, key => key with { Status = KeyStatus.Disabled }),
        (Verdict.Expired, key => key with { ExpireTime = Samples.Now }),
        (Verdict.InsufficientScope, key => key with { Scopes = ["read"] }),
        (Verdict.AddressNotAllowed, key => key with { AllowedAddresses = ["192.0.2.0/24"] }),
    ];

    private readonly LookupRig _rig = new();

    [Fact]
    public async Task A_key_with_no_cause_against_it_is_valid()
    {
        var verdict = await AskAsync(Holding());

        verdict.Verdict.ShouldBe(Verdict.Valid);
        verdict.KeyId.ShouldBe(PinnedKey.KeyId);
    }

    [Fact]
    public async Task Each_cause_alone_has_its_verdict()
    {
        foreach (var (verdict, cause) in Causes) (await AskAsync(cause(Holding()))).Verdict.ShouldBe(verdict);
    }

    [Fact]
    public async Task Of_any_two_causes_the_first_in_the_contract_s_order_is_the_verdict()
    {
        for (var first = 0; first < Causes.Length; first++)
        {
            for (var second = first + 1; second < Causes.Length; second++)
            {
                var key = Causes[second].Cause(Causes[first].Cause(Holding()));
                (await AskAsync(key)).Verdict.ShouldBe(Causes[first].Verdict, $"{Causes[first].Verdict} and {Causes[second].Verdict}");
            }
        }
    }

    [Fact]
    public async Task Not_found_knows_no_key()
    {
        var verdict = await AskAsync(Holding() with { WorkspaceId = Workspaces.System });

        verdict.HasKey.ShouldBeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData(" " + PinnedKey.ApiKey)]
    [InlineData(PinnedKey.ApiKey + "\n")]
    [InlineData("KS_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j5Z")]
    [InlineData("ks_live_70123456789ABCDEFGHIJKLMGUqvUJhW2s7j50")]
    public async Task What_is_no_api_key_is_not_found_without_a_read(string text)
    {
        _rig.Remember(Holding());

        (await _rig.Validator.ValidateAsync(Question(text), Anywhere, _rig.Budget(), CancellationToken.None))
            .Verdict.ShouldBe(Verdict.NotFound);
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Fact]
    public async Task An_api_key_of_a_generation_that_nobody_configured_is_not_found_without_a_read()
    {
        var stranger = ApiKeyText.Generate(PinnedKey.Brand, KeyEnvironment.Live, PinnedKey.Derive('8', 0));

        (await _rig.Validator.ValidateAsync(Question(stranger), Anywhere, _rig.Budget(), CancellationToken.None))
            .Verdict.ShouldBe(Verdict.NotFound);
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Theory]
    [InlineData("acme", "", true)]
    [InlineData("acme", "acme", true)]
    [InlineData("acme", "Acme", false)]
    [InlineData("acme", "other", false)]
    [InlineData("system", "", false)]
    [InlineData("system", "system", false)]
    public async Task A_key_is_found_where_it_belongs_and_never_in_system(string workspaceId, string asked, bool found) =>
        ((await AskAsync(Holding() with { WorkspaceId = workspaceId }, Question(workspaceId: asked))).Verdict == Verdict.Valid).ShouldBe(found);

    [Fact]
    public async Task Not_even_an_administrator_finds_a_key_of_system()
    {
        var everything = new CredentialRights(Permissions.All, [Workspaces.All, Workspaces.System]);

        (await AskAsync(Holding() with { WorkspaceId = Workspaces.System }, caller: everything)).Verdict.ShouldBe(Verdict.NotFound);
    }

    [Fact]
    public async Task A_key_of_a_workspace_that_the_caller_may_not_validate_is_not_found()
    {
        (await AskAsync(Holding(), caller: new(Permissions.Validate, ["acme2", "Acme"]))).Verdict.ShouldBe(Verdict.NotFound);
        (await AskAsync(Holding(), caller: new(Permissions.All & ~Permissions.Validate, ["acme"]))).Verdict.ShouldBe(Verdict.NotFound);
        (await AskAsync(Holding(), caller: new(Permissions.Validate, ["acme"]))).Verdict.ShouldBe(Verdict.Valid);
    }

    [Fact]
    public async Task A_key_holds_until_its_expiry_and_not_at_it()
    {
        var key = Holding() with { ExpireTime = Samples.Now.AddTicks(10) };
        (await AskAsync(key)).Verdict.ShouldBe(Verdict.Valid);

        _rig.Time.Advance(TimeSpan.FromTicks(9));
        (await AskAsync(key)).Verdict.ShouldBe(Verdict.Valid);
        _rig.Time.Advance(TimeSpan.FromTicks(1));
        (await AskAsync(key)).Verdict.ShouldBe(Verdict.Expired);
    }

    [Fact]
    public async Task A_key_with_addresses_does_not_hold_for_a_client_without_one() =>
        (await AskAsync(Holding(), Question() with { ClientAddress = null })).Verdict.ShouldBe(Verdict.AddressNotAllowed);

    [Fact]
    public async Task Only_a_key_that_was_found_valid_counts_as_used()
    {
        foreach (var (_, cause) in Causes) await AskAsync(cause(Holding()));
        _rig.Usage.Take().ShouldBeEmpty();

        await AskAsync(Holding());
        _rig.Usage.Take().ShouldBe([(PinnedKey.KeyId, Samples.Now.UtcTicks)]);
    }

    [Fact]
    public void What_memory_knows_is_answered_without_waiting()
    {
        _rig.Remember(Holding());

        _rig.Validator.ValidateAsync(Question(), Anywhere, _rig.Budget(), CancellationToken.None).IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public async Task What_memory_does_not_know_is_judged_by_the_same_rules_once_it_is_read()
    {
        var asking = _rig.Validator.ValidateAsync(Question(), Anywhere, _rig.Budget(), CancellationToken.None);
        (await _rig.Engine.NextReadAsync()).Finds(Server.Storage.ApiKeyRow.From(Holding() with { Status = KeyStatus.Disabled }));

        (await asking).Verdict.ShouldBe(Verdict.Disabled);
    }

    [Fact]
    public async Task An_outage_is_not_a_verdict()
    {
        var asking = _rig.Validator.ValidateAsync(Question(), Anywhere, _rig.Budget(), CancellationToken.None).AsTask();
        (await _rig.Engine.NextReadAsync()).Fails(new TimeoutException());

        var answer = await asking;
        answer.Failure.ShouldBeOfType<StoreUnavailableException>();
        Should.Throw<StoreUnavailableException>(() => answer.Verdict);
    }

    private static KeyRecord Holding() => Samples.Record() with
    {
        Scopes = ["orders.*", "read"],
        AllowedAddresses = ["10.0.0.0/8"],
        ExpireTime = Samples.Now.AddHours(1),
    };

    private static Question Question(string apiKey = PinnedKey.ApiKey, string workspaceId = "") =>
        Server.Validation.Question.Of(apiKey, workspaceId, ["orders.create"], IPAddress.Parse("10.1.2.3"));

    private async Task<KeyVerdict> AskAsync(KeyRecord key, Question? question = null, CredentialRights? caller = null)
    {
        // Takes the place of the one before: memory keeps the last of equal revisions.
        _rig.Remember(key);
        return await _rig.Validator.ValidateAsync(question ?? Question(), caller ?? Anywhere, _rig.Budget(), CancellationToken.None);
    }
}
