using System.Text;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.Server.Grpc;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Grpc;

public class GrpcErrorsTests
{
    private const string Secret = "Server=db7.internal;Password=hunter2";

    /// <summary>The contract's table.</summary>
    private static readonly Dictionary<string, (StatusCode Code, RpcException Error)> Errors = new(StringComparer.Ordinal)
    {
        ["INVALID_FIELD"] = (StatusCode.InvalidArgument, GrpcErrors.InvalidFields([("name", "is required")])),
        ["INVALID_PAGE_TOKEN"] = (StatusCode.InvalidArgument, From(Refusal.InvalidPageToken)),
        ["INVALID_CONSISTENCY_TOKEN"] = (StatusCode.InvalidArgument, From(Refusal.InvalidConsistencyToken)),
        ["NO_CREDENTIAL"] = (StatusCode.Unauthenticated, GrpcErrors.NoCredential()),
        ["BAD_CREDENTIAL"] = (StatusCode.Unauthenticated, GrpcErrors.BadCredential()),
        ["MISSING_PERMISSION"] = (StatusCode.PermissionDenied, From(Refusal.MissingPermission)),
        ["KEY_NOT_FOUND"] = (StatusCode.NotFound, From(Refusal.KeyNotFound)),
        ["STALE_ETAG"] = (StatusCode.Aborted, From(Refusal.StaleEtag)),
        ["REQUEST_ID_REUSED"] = (StatusCode.AlreadyExists, From(Refusal.RequestIdReused)),
        ["NOT_RECOVERABLE"] = (StatusCode.FailedPrecondition, From(Refusal.NotRecoverable)),
        ["OVERLOADED"] = (StatusCode.ResourceExhausted, GrpcErrors.Overloaded(CallClass.Management)),
        ["MESSAGE_TOO_LARGE"] = (StatusCode.ResourceExhausted, GrpcErrors.TooLarge()),
        ["STORE_UNAVAILABLE"] = (StatusCode.Unavailable, Unavailable()),
        ["ISSUER_UNAVAILABLE"] = (StatusCode.Unavailable, IssuerUnavailable()),
    };

    [Fact]
    public void Every_error_has_its_status_its_reason_and_the_service_s_domain()
    {
        foreach (var (reason, (code, error)) in Errors)
        {
            error.StatusCode.ShouldBe(code, reason);
            error.GetRpcStatus()!.Code.ShouldBe((int)code);
            Refused.Info(error).Reason.ShouldBe(reason);
            Refused.Info(error).Domain.ShouldBe("keyservice");
            error.Status.Detail.ShouldNotBeNullOrWhiteSpace();
        }
    }

    [Fact]
    public void Every_reason_of_the_contract_is_sent_by_something() =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].Values.Where(value => value.Number != 0).Select(value => value.Name["ERROR_REASON_".Length..])
            .ShouldBe(Errors.Keys, ignoreOrder: true);

    [Fact]
    public void Every_refusal_has_an_error_of_its_own() =>
        Enum.GetValues<Refusal>().Select(refusal => Refused.Info(From(refusal)).Reason).Distinct().Count().ShouldBe(Enum.GetValues<Refusal>().Length);

    [Fact]
    public void Every_detail_is_known_to_the_JSON_side_by_name()
    {
        foreach (var (_, error) in Errors.Values)
        {
            foreach (var detail in error.GetRpcStatus()!.Details)
                GrpcErrors.DetailTypes.ShouldContain(type => detail.TypeUrl == "type.googleapis.com/" + type.FullName);
        }
    }

    [Fact]
    public void An_outage_says_when_to_ask_again()
    {
        Unavailable().GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(1));
        IssuerUnavailable().GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromSeconds(1));
    }

    [Theory]
    [InlineData(false, 1_000)]
    [InlineData(true, 25)]
    public void A_retry_is_hinted_in_each_form_and_a_validation_s_fits_its_budget(bool isValidation, int milliseconds)
    {
        var kind = isValidation ? CallClass.Validation : CallClass.Management;
        foreach (var error in new[] { GrpcErrors.Overloaded(kind), GrpcErrors.From(new StoreUnavailableException(), kind, CancellationToken.None)! })
        {
            error.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.ToTimeSpan().ShouldBe(TimeSpan.FromMilliseconds(milliseconds));
            error.Trailers.GetValue("grpc-retry-pushback-ms").ShouldBe($"{milliseconds}");
            RetryHints.RetryAfterOf(error).ShouldBe($"{milliseconds / 1_000}");
        }
    }

    [Fact]
    public void What_would_fail_again_has_no_hint()
    {
        foreach (var error in new[] { GrpcErrors.TooLarge(), GrpcErrors.AnswersTooLarge(), GrpcErrors.BadCredential() })
        {
            error.GetRpcStatus()!.GetDetail<RetryInfo>().ShouldBeNull();
            error.Trailers.GetValue("grpc-retry-pushback-ms").ShouldBeNull();
            RetryHints.RetryAfterOf(error).ShouldBeNull();
        }
    }

    [Fact]
    public void A_key_that_is_not_kept_is_named() =>
        From(Refusal.NotRecoverable).GetRpcStatus()!.GetDetail<PreconditionFailure>()!.Violations.ShouldHaveSingleItem().Subject.ShouldBe("key_x");

    [Fact]
    public void A_fault_of_the_service_says_nothing_of_itself()
    {
        GrpcErrors.From(new InvalidOperationException(Secret), CallClass.Management, CancellationToken.None).ShouldBeNull();

        var error = GrpcErrors.Internal();
        error.StatusCode.ShouldBe(StatusCode.Internal);
        error.Status.Detail.ShouldBe("Internal error.");
        error.Trailers.Count.ShouldBe(0);
    }

    [Fact]
    public void Nothing_of_an_exception_behind_an_outage_is_told()
    {
        var error = GrpcErrors.From(new StoreUnavailableException(new TimeoutException(Secret)), CallClass.Management, CancellationToken.None)!;

        error.Status.Detail.ShouldNotContain("db7");
        error.Status.DebugException.ShouldBeNull();
        Encoding.Latin1.GetString(error.GetRpcStatus()!.ToByteArray()).ShouldNotContain("db7");
    }

    [Fact]
    public void A_permanent_fault_of_the_store_is_internal_and_asks_nobody_to_try_again()
    {
        var error = GrpcErrors.From(new StoreUnavailableException(failure: Secret, isPermanent: true), CallClass.Management, CancellationToken.None)!;

        error.StatusCode.ShouldBe(StatusCode.Internal);
        error.Status.Detail.ShouldNotContain(Secret);
        (error.GetRpcStatus()?.GetDetail<RetryInfo>()).ShouldBeNull();
    }

    [Fact]
    public void A_look_up_that_was_refused_is_an_overload_and_may_be_tried_again()
    {
        var error = GrpcErrors.From(new OverloadedException(), CallClass.Management, CancellationToken.None)!;

        error.StatusCode.ShouldBe(StatusCode.ResourceExhausted);
        error.GetRpcStatus()!.GetDetail<ErrorInfo>()!.Reason.ShouldBe("OVERLOADED");
        error.GetRpcStatus()!.GetDetail<RetryInfo>()!.RetryDelay.Seconds.ShouldBe(1);
    }

    [Fact]
    public void Who_went_away_is_told_cancelled_and_a_cancellation_of_our_own_is_a_fault()
    {
        GrpcErrors.From(new OperationCanceledException(Secret), CallClass.Management, new CancellationToken(canceled: true))!.Status
            .ShouldBe(new global::Grpc.Core.Status(StatusCode.Cancelled, "The call was cancelled."));
        GrpcErrors.From(new OperationCanceledException(), CallClass.Management, CancellationToken.None).ShouldBeNull();
    }

    [Fact]
    public void An_error_that_is_one_already_stays_as_it_is()
    {
        var known = GrpcErrors.BadCredential();

        GrpcErrors.From(known, CallClass.Management, CancellationToken.None).ShouldBeSameAs(known);
    }

    [Fact]
    public void A_list_of_violations_is_whole_in_the_details_and_short_in_the_message()
    {
        var error = GrpcErrors.InvalidFields([.. Enumerable.Range(0, 64).Select(i => ($"scopes[{i}]", "is wrong"))]);

        error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Count.ShouldBe(64);
        error.Status.Detail.ShouldBe("`scopes[0]` is wrong. `scopes[1]` is wrong. `scopes[2]` is wrong. And 61 more.");
    }

    [Fact]
    public void Whatever_is_wrong_the_error_fits_into_the_headers_that_clients_take()
    {
        var error = GrpcErrors.InvalidFields([.. Enumerable.Range(0, 1_000).Select(i => ($"scopes[{i}]", new string('x', 60)))]);

        (error.Trailers.Sum(trailer => trailer.IsBinary ? trailer.ValueBytes.Length * 4 / 3 : trailer.Value.Length) + error.Status.Detail.Length)
            .ShouldBeLessThan(8 * 1024);
        var told = error.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations;
        told[^1].Description.ShouldBe($"and {1_000 - (told.Count - 1)} more");
    }

    [Fact]
    public void An_expiry_that_has_passed_is_an_invalid_field() =>
        From(Refusal.ExpiryPast).GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.ShouldHaveSingleItem().Field.ShouldBe("expire_time");

    private static RpcException From(Refusal refusal) => GrpcErrors.From(new RefusedException(refusal, "key_x"), CallClass.Management, CancellationToken.None)!;

    private static RpcException Unavailable() => GrpcErrors.From(new StoreUnavailableException(), CallClass.Management, CancellationToken.None)!;

    private static RpcException IssuerUnavailable() => GrpcErrors.From(new IssuerUnavailableException(), CallClass.Management, CancellationToken.None)!;
}
