using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.Service;
using KeyService.Contracts.V1;
using Microsoft.AspNetCore.Components;
using Microsoft.JSInterop;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>Loads the page that the address names, and writes what the person picks into the address.</summary>
public sealed partial class KeyList : IDisposable
{
    /// <summary>Anything that takes longer is said.</summary>
    private static readonly TimeSpan Noticeable = TimeSpan.FromMilliseconds(300);

    private readonly PageTrail _trail = new();
    private CancellationTokenSource _gone = new();
    private KeyListAddress? _loaded;
    private ListKeysResponse? _page;
    private CallProblem? _problem;
    private NewKeys? _newKeys;
    private string _newKeyId = "";

    /// <summary>As it was typed: a space at a pause is the beginning of the next word.</summary>
    private string _searchText = "";

    private bool _isSlow;
    private bool _isLeft;

    [Parameter, EditorRequired]
    public KeyListAddress Address { get; set; } = null!;

    [CascadingParameter]
    public CallerAccess Access { get; set; } = null!;

    [CascadingParameter]
    internal MainLayout Layout { get; set; } = null!;

    [Inject]
    internal IJSRuntime Js { get; set; } = null!;

    [Inject]
    internal KeyServiceCalls Calls { get; set; } = null!;

    [Inject]
    internal NavigationManager Navigation { get; set; } = null!;

    [Inject]
    internal TimeProvider Time { get; set; } = null!;

    public void Dispose()
    {
        _isLeft = true;
        // Cancelled, not disposed: what is still under way asks for its token.
        _gone.Cancel();
    }

    protected override async Task OnParametersSetAsync()
    {
        if (!Access.MayRead || _loaded == Address) return;
        if (_loaded?.WorkspaceId != Address.WorkspaceId) _page = null;
        _trail.Show(Address);
        _loaded = Address;
        // From elsewhere, as on the way back: not what is being typed.
        if (SearchQuery.WithoutApiKey(_searchText) != Address.Query) _searchText = Address.Query;
        Layout.LastList = Address;
        await LoadAsync(Address);
    }

    private static string StatusText(KeyStatus status) => status switch { KeyStatus.Enabled => "Enabled", KeyStatus.Disabled => "Disabled", _ => "Any" };

    private static string OrderText(string order) => order switch { KeyListAddress.OldestFirst => "Oldest first", KeyListAddress.ByName => "Key name", _ => "Newest first" };

    private async Task LoadAsync(KeyListAddress address)
    {
        await _gone.CancelAsync();
        _gone = new();
        var gone = _gone.Token;
        var slow = ShowWhenSlowAsync(gone);
        await Retries.RunAsync(
            async () =>
            {
                var page = await Calls.ListKeysAsync(address.ToRequest(KeyServiceCalls.PageSize), gone);
                if (_loaded == address) (_page, _problem) = (page, null);
            },
            problem => Tell(problem, address),
            gone);
        if (gone.IsCancellationRequested) return;
        // Also ends the wait for being slow.
        await _gone.CancelAsync();
        await slow;
        _isSlow = false;
    }

    private async Task ShowWhenSlowAsync(CancellationToken over)
    {
        await Task.Delay(Noticeable, Time, over).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (over.IsCancellationRequested) return;
        _isSlow = true;
        StateHasChanged();
    }

    private void Tell(CallProblem problem, KeyListAddress address)
    {
        if (_loaded != address) return;
        // The address was made by somebody else, or long ago.
        if (problem.Kind == ProblemKind.BadPage) GoToFirst(replace: true);
        _problem = problem;
        StateHasChanged();
    }

    private async Task ShowAsync(Key created)
    {
        _newKeyId = created.KeyId;
        if (!Access.MayRead || _isLeft) return;
        // Where the new one is at the top.
        var first = KeyListAddress.Of(Address.WorkspaceId);
        if (Address == first) await LoadAsync(first);
        else Go(first);
    }

    private void Replace(Key changed)
    {
        for (var i = 0; i < (_page?.Keys.Count ?? 0); i++)
        {
            if (_page!.Keys[i].KeyId == changed.KeyId) _page.Keys[i] = changed;
        }
    }

    private void Search(string? text)
    {
        var query = SearchQuery.WithoutApiKey(text);
        _searchText = SearchQuery.HasApiKey(text ?? "") ? query : text ?? "";
        if (query != Address.Query) Go(Address with { Query = query, After = "" }, replace: true);
    }

    private void Filter(KeyStatus status) => Go(Address with { Status = status, After = "" });

    private void Sort(string order) => Go(Address with { Order = order, After = "" });

    private async Task GoOnAsync()
    {
        if (_page?.NextPageToken is not { Length: > 0 } next) return;
        _trail.Add(Address.After, next);
        await ToTopAsync();
        Go(Address with { After = next });
    }

    private async Task GoBackAsync()
    {
        if (_trail.Before(Address.After) is not { } before) return;
        await ToTopAsync();
        Go(Address with { After = before });
    }

    /// <summary>Where the next page begins, and where it is told how it fares.</summary>
    private Task ToTopAsync() => Js.TryCallAsync("keyservice.toTop");

    private void GoToFirst(bool replace = false)
    {
        _trail.Clear();
        Go(Address with { After = "" }, replace);
    }

    private void Go(KeyListAddress address, bool replace = false) => Navigation.NavigateTo(address.ToString(), replace: replace);
}
