using KeyService.Server.Keys;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Tests.Fakes;
using KeyService.Server.Tests.Keys;

namespace KeyService.Server.Tests.Replication;

public class FreshnessTests
{
    private readonly LookupRig _rig = new();

    public FreshnessTests() => _rig.Replica.Ticket = 7;

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void A_replica_whose_ticket_is_as_late_needs_no_cycle(long ticket)
    {
        EnsureAsync(Token(ticket)).IsCompletedSuccessfully.ShouldBeTrue();
        _rig.Signal.Asked.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Otherwise_it_waits_for_a_cycle_that_began_after_the_call()
    {
        var underWay = _rig.Signal.Begin().Waiting;
        var fresh = EnsureAsync(Token(8));
        underWay.SetResult();
        fresh.IsCompleted.ShouldBeFalse();
        var (asked, waiting) = _rig.Signal.Begin();
        asked.ShouldBeTrue();
        waiting.SetResult();

        await fresh;
    }

    [Fact]
    public void A_token_of_another_history_of_the_database_needs_a_cycle_whatever_its_ticket() =>
        EnsureAsync(Token(1, Samples.OtherEpoch)).IsCompleted.ShouldBeFalse();

    [Fact]
    public void A_replica_without_a_lease_or_a_history_needs_a_cycle()
    {
        _rig.Time.Advance(ReplicaOptions.LongestLease);
        EnsureAsync(Token(1)).IsCompleted.ShouldBeFalse();

        _rig.Belief.StartAsNew(Samples.Newborn(_rig.Time));
        EnsureAsync(Token(1)).IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task A_cycle_that_fails_is_an_outage()
    {
        var fresh = EnsureAsync(Token(8));
        _rig.Signal.Begin().Waiting.SetException(new StoreUnavailableException());

        await Should.ThrowAsync<StoreUnavailableException>(fresh);
    }

    [Fact]
    public async Task A_cycle_that_does_not_end_within_the_budget_is_an_outage()
    {
        var fresh = EnsureAsync(Token(8));
        _rig.Time.Advance(TimeSpan.FromMilliseconds(200));

        await Should.ThrowAsync<StoreUnavailableException>(fresh);
    }

    [Fact]
    public async Task A_token_that_was_never_given_out_is_refused_and_asks_for_no_cycle()
    {
        (await Should.ThrowAsync<RefusedException>(EnsureAsync("forged"))).Reason.ShouldBe(Refusal.InvalidConsistencyToken);
        _rig.Signal.Asked.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Memory_answers_only_after_the_cycle_that_it_waits_for()
    {
        _rig.Remember(Samples.Record(7));
        var asking = _rig.Validator.ValidateAsync(
            Server.Validation.Question.Of(PinnedKey.ApiKey, "", [], null, Token(8)), new(Permissions.Validate, [Workspaces.All]), _rig.Budget(), CancellationToken.None).AsTask();
        asking.IsCompleted.ShouldBeFalse();

        _rig.Commit(8);
        _rig.Engine.Rows = _ => ApiKeyRow.From(Samples.Record(8) with { Status = KeyStatus.Disabled });
        _rig.Signal.Begin().Waiting.SetResult();

        (await asking).Verdict.ShouldBe(Server.Validation.Verdict.Disabled);
    }

    [Fact]
    public void A_question_with_a_token_is_never_answered_at_once()
    {
        _rig.Remember(Samples.Record(7));

        _rig.Validator.TryValidateAtOnce(
            Server.Validation.Question.Of(PinnedKey.ApiKey, "", [], null, Token(1)), new(Permissions.Validate, [Workspaces.All]), Moment.Now(_rig.Time), out _).ShouldBeFalse();
    }

    private static string Token(long ticket, StoreEpoch? epoch = null) => ConsistencyToken.Seal(ticket, epoch ?? Samples.Epoch, PinnedKey.Master);

    private Task EnsureAsync(string token) => _rig.Lookup.EnsureFreshAsync(token, _rig.Budget(), CancellationToken.None);
}
