using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Testing.History;
using static KeyService.Testing.Tests.History.HistoryBuilder;

namespace KeyService.Testing.Tests.History;

/// <summary>I5: between replicas, and between the database and what it acknowledged.</summary>
public sealed class AgreementTests
{
    [Fact]
    public void A_replica_that_says_otherwise_than_the_database_is_found() =>
        Agreement.Check([Get(KeyStatus.Disabled), Says(0, Verdict.Disabled, 2), Says(1, Verdict.Valid, 1)]).ShouldHaveSingleItem().Rule.ShouldBe(Rule.I5);

    [Fact]
    public void A_replica_with_another_revision_is_found() =>
        Agreement.Check([Get(KeyStatus.Enabled), Says(0, Verdict.Valid, 3), Says(1, Verdict.Valid, 1)]).ShouldHaveSingleItem().Rule.ShouldBe(Rule.I5);

    [Fact]
    public void A_replica_that_does_not_answer_is_found() => Agreement.Check(
        [Get(KeyStatus.Enabled), Says(0, Verdict.Valid, 1), Says(1, Verdict.Valid, 1) with { Outcome = Outcome.Unknown, Error = StatusCode.Unavailable }])
        .ShouldHaveSingleItem().Rule.ShouldBe(Rule.I5);

    [Fact]
    public void Replicas_that_agree_are_left_alone() =>
        Agreement.Check([Get(KeyStatus.Disabled), Says(0, Verdict.Disabled, 2), Says(1, Verdict.Disabled, 2)]).ShouldBeEmpty();

    [Fact]
    public void A_database_that_forgot_a_complete_change_is_found() => Key().Complete(Off, 20, 30, 2).Database(On, 31, 32).Breaks(Rule.I5);

    [Fact]
    public void A_database_that_forgot_a_pending_change_is_found() => Key().Pending(Off, 20, 30, 2, effective: 4_000).Database(On, 31, 32).Breaks(Rule.I5);

    [Fact]
    public void A_database_may_have_either_of_a_lost_change() => Key().Broken(20, 30).Lost(Off, 20, 30).Database(Off, 31, 32).Database(Off, 41, 42).Holds();

    [Fact]
    public void A_database_may_have_a_change_that_is_under_way() => Key().Complete(Off, 20, 30, 2).Database(Off, 25, 26).Database(On, 22, 23).Holds();

    private static Operation Get(KeyStatus status) => Answer(0, OperationKind.Get) with { Status = status };

    private static Operation Says(int replica, Verdict verdict, long revision) =>
        Answer(replica, OperationKind.Validate) with { Verdict = verdict, Status = Operation.StatusOf(verdict), Revision = revision };

    private static Operation Answer(int replica, OperationKind kind) =>
        new() { Client = "agreement", Replica = replica, Kind = kind, KeyId = "key_1", Invoked = 1, Ended = 2, Outcome = Outcome.Ok };
}
