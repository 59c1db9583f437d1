using Google.Protobuf.WellKnownTypes;
using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.Service;
using KeyService.Contracts.V1;
using Microsoft.AspNetCore.Components;
using MudBlazor;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>
/// The toggle of a key. Off asks once, on is one click. A change that is not known to be everywhere yet is followed until the service says that it is; one
/// that failed puts the toggle back and says why; one that met somebody else's is asked for again only while the key is as the person saw it.
/// </summary>
public sealed partial class StatusSwitch
{
    private bool _isBusy;
    private bool _isAsking;
    private bool _isGone;

    /// <summary>The change that the service answered last: who follows an older one has nothing more to say.</summary>
    private int _change;

    /// <summary>By when that change is everywhere, as the service said at once: asking again does not move it.</summary>
    private Timestamp? _pending;

    private string _keyId = "";

    /// <summary>The key as it was last read.</summary>
    [Parameter, EditorRequired]
    public Key Key { get; set; } = null!;

    [Parameter, EditorRequired]
    public CallerAccess Access { get; set; } = null!;

    [Inject]
    internal TimeProvider Time { get; set; } = null!;

    /// <summary>The key is another one now.</summary>
    [Parameter]
    public EventCallback<Key> Changed { get; set; }

    private bool IsOn => Key.Status == KeyStatus.Enabled;

    public void Dispose() => _isGone = true;

    protected override void OnParametersSet()
    {
        if (_keyId == Key.KeyId) return;
        _keyId = Key.KeyId;
        Begin(null);
    }

    private async Task SwitchAsync()
    {
        if (_isBusy || _isAsking || !Access.MayWrite) return;
        var seen = Key;
        var wanted = IsOn ? KeyStatus.Disabled : KeyStatus.Enabled;
        var reason = "";
        if (wanted == KeyStatus.Disabled)
        {
            if (await AskAsync(seen) is not { } told) return;
            reason = told;
        }

        _isBusy = true;
        StateHasChanged();
        try
        {
            await ChangeAsync(seen, wanted, reason);
        }
        catch (CallProblem problem)
        {
            Snackbar.Failure(problem.Kind == ProblemKind.Away
                ? $"The service did not say that {ForeignText.Quote(ForeignText.NameOf(seen))} was switched. The list shows what it said last; try again."
                : problem.Message);
            await RefreshAsync();
        }
        finally
        {
            _isBusy = false;
        }
    }

    /// <summary>The reason, which may be empty; null: no.</summary>
    private async Task<string?> AskAsync(Key seen)
    {
        _isAsking = true;
        try
        {
            var dialog = await Dialogs.ShowAsync<DisableKeyDialog>("Disable API Auth Key", new DialogParameters<DisableKeyDialog> { { d => d.KeyName, ForeignText.NameOf(seen) } });
            return await dialog.Result is { Canceled: false, Data: string told } ? told : null;
        }
        finally
        {
            _isAsking = false;
        }
    }

    private async Task ChangeAsync(Key seen, KeyStatus wanted, string reason)
    {
        SetStatusResponse answer;
        try
        {
            answer = await Calls.SetStatusAsync(seen, wanted, reason, seen.Etag);
        }
        catch (CallProblem problem) when (problem.Kind == ProblemKind.Stale)
        {
            var now = await Calls.GetKeyAsync(seen.WorkspaceId, seen.KeyId);
            await Changed.InvokeAsync(now);
            if (now.Status != seen.Status)
            {
                Begin(null);
                Snackbar.News("Already changed", $"{ForeignText.Quote(ForeignText.NameOf(now))} was switched {(now.Status == KeyStatus.Enabled ? "on" : "off")} elsewhere meanwhile. Nothing more was done.");
                return;
            }

            // It is as the person saw it: what they decided still holds.
            answer = await Calls.SetStatusAsync(now, wanted, reason, now.Etag);
        }

        var change = Begin(answer.Propagation);
        await Changed.InvokeAsync(answer.Key);
        // It was off already: what is kept is the reason of who was first.
        if (wanted == KeyStatus.Disabled && answer.Key.StatusReason != reason)
            Snackbar.News("Already changed", $"{ForeignText.Quote(ForeignText.NameOf(answer.Key))} was switched off elsewhere meanwhile, so your reason was not kept.");
        Tell(answer);
        if (_pending is not null) _ = FollowAsync(answer.Key, change);
    }

    /// <summary>Another change counts from here on; null: somebody else's.</summary>
    private int Begin(Propagation? propagation)
    {
        _pending = propagation is null or { State: PropagationState.Complete } ? null : propagation.EffectiveTime;
        return ++_change;
    }

    private void Tell(SetStatusResponse answer)
    {
        var name = ForeignText.NameOf(answer.Key);
        var isOn = answer.Key.Status == KeyStatus.Enabled;
        var isComplete = answer.Propagation.State == PropagationState.Complete;
        if (isOn) Snackbar.Success($"{ForeignText.Quote(name)} is enabled.");
        else if (isComplete) Snackbar.Success($"{ForeignText.Quote(name)} is disabled: enforced on {Replicas(answer.Propagation.ReplicasConfirmed)}.");
        else Snackbar.News("Disabled", $"{ForeignText.Quote(name)} is disabled. It is enforced everywhere by {Clock.TimeOfDay(answer.Propagation.EffectiveTime)} at the latest.");
    }

    private async Task FollowAsync(Key changed, int change)
    {
        bool IsCurrent() => !_isGone && change == _change;
        try
        {
            var key = await PropagationFollower.WhenEverywhereAsync(Calls, Time, changed, IsCurrent);
            if (key is null || !IsCurrent()) return;
            _pending = null;
            if (key.Status == KeyStatus.Disabled) Snackbar.Success($"{ForeignText.Quote(ForeignText.NameOf(key))} is disabled everywhere now.");
            StateHasChanged();
        }
        catch (CallProblem problem) when (problem.Kind == ProblemKind.Stale && IsCurrent())
        {
            // Before the key is shown anew: how far this change has travelled is no longer of interest.
            Begin(null);
            await RefreshAsync();
        }
        catch (CallProblem)
        {
            // Nobody can ask any more: what was promised stays shown.
        }
    }

    private async Task RefreshAsync()
    {
        try
        {
            await Changed.InvokeAsync(await Calls.GetKeyAsync(Key.WorkspaceId, Key.KeyId));
        }
        catch (CallProblem)
        {
            // What was shown stays: it is what the service said last.
        }
    }

    private static string Replicas(int count) => count == 1 ? "the one replica that serves" : $"all {count} replicas";
}
