using System.Collections.Concurrent;
using System.Diagnostics;
using Google.Protobuf.WellKnownTypes;
using KeyService.AdminConsole.Tests.Infrastructure;
using KeyService.Contracts.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace KeyService.AdminConsole.Tests.Pages;

/// <summary>"Everywhere now" is said when the service has said it of the change that counts, and by nobody else.</summary>
[TakesLong]
public sealed class PendingTests(Browser browser, RelayedService served) : IClassFixture<RelayedService>, IAsyncLifetime
{
    private const string Everywhere = "is disabled everywhere now";

    private readonly ConcurrentQueue<long> _asked = new();
    private readonly string _workspace = Issuing.NewWorkspace();
    private Visitor _visitor = null!;

    private IPage Page => _visitor.Page;

    public async ValueTask InitializeAsync()
    {
        await served.Service.IssueAsync(_workspace, "Trading bot");
        _visitor = await browser.OpenAsync(served.Console);
        await _visitor.OpenKeysAsync(_workspace, served.Service.RootCredential);
        await Expect(Page.Toggle("Trading bot")).ToBeCheckedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _visitor.DisposeAsync();
        served.Relay.PassAll();
    }

    [Fact]
    public async Task Of_three_changes_the_last_alone_is_announced_and_not_before_the_service_does()
    {
        var isEverywhere = false;
        Meet(async (request, pass) => await pass() is var answer && isEverywhere && IsAskedAgain(request) ? answer : Pending(answer, TimeSpan.FromHours(1)));

        await OffAsync();
        await Expect(Page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        await Page.Toggle("Trading bot").ClickAsync();
        await Expect(Page.Toggle("Trading bot")).ToBeCheckedAsync();
        await OffAsync();
        await Expect(Page.Toggle("Trading bot")).Not.ToBeCheckedAsync();
        // By then who follows the first two has met that they were replaced.
        var before = _asked.Count;
        await Eventually.IsTrueAsync(() => _asked.Count >= before + 3, "the last change is followed", seconds: 60);
        await Expect(Page.GetByText(Everywhere)).ToHaveCountAsync(0);
        await Expect(Page.Row("Trading bot").GetByText("Enforced everywhere by")).ToBeVisibleAsync();

        isEverywhere = true;
        await Expect(Page.Notice(Everywhere)).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await Expect(Page.GetByText("Enforced everywhere by")).ToHaveCountAsync(0);
        await Expect(Page.GetByText(Everywhere)).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task What_the_service_says_of_a_change_that_was_taken_back_meanwhile_is_not_announced()
    {
        var released = new TaskCompletionSource();
        var isHeld = new TaskCompletionSource();
        Meet(async (request, pass) =>
        {
            var answer = await pass();
            if (!IsAskedAgain(request)) return request.Status == KeyStatus.Disabled ? Pending(answer, TimeSpan.FromHours(1)) : answer;
            if (!isHeld.TrySetResult()) return Pending(answer, TimeSpan.FromHours(1));
            await released.Task;
            return answer;
        });
        await OffAsync();
        await isHeld.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await Page.Toggle("Trading bot").ClickAsync();
        await Expect(Page.Toggle("Trading bot")).ToBeCheckedAsync();

        await Page.EvaluateAsync("""
            said => {
                window.seen = [];
                new MutationObserver(() => { if (document.body.innerText.includes(said)) window.seen.push(said); }).observe(document.body, { childList: true, subtree: true });
            }
            """, Everywhere);

        released.SetResult();
        // All of it comes behind the answer that was held.
        await Page.Row("Trading bot").Button("Copy API Auth Key").ClickAsync();
        await Expect(Page.Notice("on your clipboard")).ToBeVisibleAsync();
        await OffAsync();
        await Expect(Page.Row("Trading bot").GetByText("Enforced everywhere by")).ToBeVisibleAsync();
        (await Page.EvaluateAsync<string[]>("() => window.seen")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_moment_that_has_passed_is_no_word_of_the_service()
    {
        var isEverywhere = false;
        Meet(async (request, pass) => await pass() is var answer && isEverywhere ? answer : Pending(answer, TimeSpan.FromSeconds(-1)));
        await OffAsync();

        await Eventually.IsTrueAsync(() => _asked.Count >= 5, "it goes on asking", seconds: 60);
        await Expect(Page.GetByText(Everywhere)).ToHaveCountAsync(0);

        isEverywhere = true;
        await Expect(Page.Notice(Everywhere)).ToBeVisibleAsync(new() { Timeout = 60_000 });
    }

    /// <summary>A replica that stands still is not waited for, so that PENDING comes at once: each question draws a ticket, and would name a later moment.</summary>
    [Fact]
    public async Task The_service_is_asked_with_pauses_and_the_moment_that_was_told_stays()
    {
        var later = TimeSpan.FromMinutes(10);
        Meet(async (request, pass) => Pending(await pass(), later += TimeSpan.FromMinutes(10)));
        await OffAsync();
        var told = Page.Row("Trading bot").GetByText("Enforced everywhere by");
        var first = await told.InnerTextAsync();

        await Eventually.IsTrueAsync(() => _asked.Count >= 5, "it is asked again", seconds: 60);
        _asked.Zip(_asked.Skip(1)).ShouldAllBe(pair => Stopwatch.GetElapsedTime(pair.First, pair.Second) > TimeSpan.FromSeconds(0.8));
        await Expect(told).ToHaveTextAsync(first);
    }

    private static bool IsAskedAgain(SetStatusRequest request) => request.PropagationWait is not null;

    private static SetStatusResponse Pending(SetStatusResponse answer, TimeSpan left)
    {
        answer.Propagation.State = PropagationState.Pending;
        answer.Propagation.ReplicasPending = 1;
        answer.Propagation.EffectiveTime = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow() + left);
        return answer;
    }

    private void Meet(Func<SetStatusRequest, Func<Task<SetStatusResponse>>, Task<SetStatusResponse>> answer) =>
        served.Relay.Meet<SetStatusRequest, SetStatusResponse>("SetStatus", (request, pass) =>
        {
            // Not of a change of the test before, which the console may still follow.
            if (request.WorkspaceId != _workspace) return pass();
            _asked.Enqueue(Stopwatch.GetTimestamp());
            return answer(request, pass);
        });

    private async Task OffAsync()
    {
        await Page.Toggle("Trading bot").ClickAsync();
        await Page.DisableAsync();
    }
}
