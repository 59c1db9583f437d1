using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Usage;

namespace KeyService.Server.Validation;

/// <summary>
/// Says whether an API key holds (walk of ValidateKey, step 2): parse, digest, look up, workspace, status, expiry, scopes, address.
/// </summary>
internal sealed class KeyValidator(KeyFinder finder, UsageRecorder usage)
{
    /// <inheritdoc cref="KeyFinder.Budget"/>
    public TimeSpan Budget => finder.Budget;

    /// <summary>Completes at once when memory knows the key, or the text is none of ours.</summary>
    /// <exception cref="StoreUnavailableException">The database is needed for freshness and did not answer in time. That a look-up failed is not thrown.</exception>
    /// <exception cref="RefusedException">The consistency token was never given out.</exception>
    public ValueTask<KeyVerdict> ValidateAsync(in Question question, CredentialRights caller, in CallBudget budget, CancellationToken cancellation)
    {
        if (question.AtLeastAsFresh.Length > 0) return ValidateFreshAsync(question, caller, budget, cancellation);
        var find = finder.FindAsync(question.ApiKey.Span, budget, cancellation, out _);
        return find.IsCompletedSuccessfully
            ? new(Decide(find.Result, question, caller, budget.Arrived))
            : DecideLater(find, question, caller, budget.Arrived);
    }

    /// <summary>The same without waiting: false when Redis or the database would have to be asked, and then nothing has happened.</summary>
    public bool TryValidateAtOnce(in Question question, CredentialRights caller, in Moment arrival, out KeyVerdict verdict)
    {
        verdict = default;
        if (question.AtLeastAsFresh.Length > 0 || !finder.TryFindAtOnce(question.ApiKey.Span, arrival, out var key)) return false;
        verdict = Decide(key, question, caller, arrival.Utc);
        return true;
    }

    private async ValueTask<KeyVerdict> ValidateFreshAsync(Question question, CredentialRights caller, CallBudget budget, CancellationToken cancellation)
    {
        await finder.EnsureFreshAsync(question.AtLeastAsFresh, budget, cancellation);
        return Decide(await finder.FindAsync(question.ApiKey.Span, budget, cancellation, out _), question, caller, budget.Arrived);
    }

    private async ValueTask<KeyVerdict> DecideLater(
        ValueTask<Finding> find, Question question, CredentialRights caller, DateTimeOffset arrived) =>
        Decide(await find, question, caller, arrived);

    private KeyVerdict Decide(in Finding found, in Question question, CredentialRights caller, DateTimeOffset arrived) =>
        found.Failure is { } failure ? KeyVerdict.None(failure) : Decide(found.Key, question, caller, arrived);

    private KeyVerdict Decide(CachedKey? key, in Question question, CredentialRights caller, DateTimeOffset arrived)
    {
        if (key is null || !IsVisible(key, question, caller)) return KeyVerdict.NotFound;

        var verdict = VerdictOn(key, question, arrived);
        if (verdict == Verdict.Valid) usage.Record(key, arrived.UtcTicks);
        return new(verdict, key);
    }

    /// <summary>A key of another workspace than asked, of <c>system</c>, or of one that the caller may not validate is as good as none.</summary>
    private static bool IsVisible(CachedKey key, in Question question, CredentialRights caller) =>
        !key.IsSystem
        && (question.WorkspaceId.IsEmpty || question.WorkspaceId.Span.SequenceEqual(key.Answer.WorkspaceId))
        && caller.MayValidate(key.Answer.WorkspaceId);

    private static Verdict VerdictOn(CachedKey key, in Question question, DateTimeOffset arrived)
    {
        if (!key.IsEnabled) return Verdict.Disabled;
        if (key.IsExpiredAt(arrived)) return Verdict.Expired;
        if (!question.RequiredScopes.IsEmpty && !Scopes.CoverAll(key.Answer.Scopes, new(question.RequiredScopes.Span))) return Verdict.InsufficientScope;
        if (!key.AllowedAddresses.Allows(question.ClientAddress)) return Verdict.AddressNotAllowed;
        return Verdict.Valid;
    }
}
