using KeyService.Server.Keys;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;
using KeyService.Server.Validation;

namespace KeyService.Server.Tests.Validation;

/// <summary>That a generation does not exist is what a replica remembers, not what it looks up: it says so only under a lease.</summary>
public class UnknownGenerationTests
{
    private static readonly CredentialRights Anywhere = new(Permissions.Validate, [Workspaces.All]);

    private static readonly string OfAnother = ApiKeyText.Generate("ks", KeyEnvironment.Live, PinnedKey.Derive('2', 2));

    private readonly LookupRig _rig = new();

    [Fact]
    public async Task Under_a_lease_it_is_not_found_at_once_and_nobody_is_asked()
    {
        (await AskAsync(OfAnother)).Verdict.ShouldBe(Verdict.NotFound);
        _rig.Validator.TryValidateAtOnce(Question(OfAnother), Anywhere, Moment.Now(_rig.Time), out var verdict).ShouldBeTrue();
        verdict.Verdict.ShouldBe(Verdict.NotFound);
        (await _rig.Credentials.ValidateAsync(OfAnother.AsMemory(), null, null, _rig.Budget(), CancellationToken.None)).ShouldBeNull();
        _rig.Engine.ReadCount.ShouldBe(0);
    }

    [Fact]
    public async Task Without_a_lease_there_is_no_verdict()
    {
        _rig.Belief.Current.Lease.End();

        await ShouldHaveNoVerdictAsync();
        _rig.Validator.TryValidateAtOnce(Question(OfAnother), Anywhere, Moment.Now(_rig.Time), out _).ShouldBeFalse();
        await Should.ThrowAsync<StoreUnavailableException>(
            () => _rig.Credentials.ValidateAsync(OfAnother.AsMemory(), null, null, _rig.Budget(), CancellationToken.None).AsTask());
    }

    [Fact]
    public async Task Nor_at_a_replica_that_started_as_new_and_has_no_lease_under_that_name()
    {
        _rig.Belief.StartAsNew(Samples.Newborn(_rig.Time));

        await ShouldHaveNoVerdictAsync();
    }

    [Fact]
    public async Task What_is_no_key_at_all_is_not_found_whatever_the_lease()
    {
        _rig.Belief.Current.Lease.End();

        (await AskAsync("hello")).Verdict.ShouldBe(Verdict.NotFound);
        (await AskAsync(OfAnother[..^1] + (OfAnother[^1] == 'a' ? 'b' : 'a'))).Verdict.ShouldBe(Verdict.NotFound);
    }

    private async Task ShouldHaveNoVerdictAsync()
    {
        var answer = await AskAsync(OfAnother);
        answer.Failure.ShouldBeOfType<StoreUnavailableException>();
        Should.Throw<StoreUnavailableException>(() => answer.Verdict);
    }

    private Task<KeyVerdict> AskAsync(string apiKey) => _rig.Validator.ValidateAsync(Question(apiKey), Anywhere, _rig.Budget(), CancellationToken.None).AsTask();

    private static Question Question(string apiKey) => Server.Validation.Question.Of(apiKey, "", [], clientAddress: null);
}
