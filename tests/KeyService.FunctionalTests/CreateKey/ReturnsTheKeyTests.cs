using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

public sealed class ReturnsTheKeyTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Fact]
    public async Task A_created_key_is_valid_at_once()
    {
        var created = await _workspace.CreateAsync();

        var answer = await _workspace.ValidateAsync(created.ApiKey);

        answer.Verdict.ShouldBe(Verdict.Valid);
        answer.KeyId.ShouldBe(created.Key.KeyId);
    }

    [Fact]
    public async Task Every_field_that_is_given_comes_back()
    {
        var expiry = TestWorkspace.In(TimeSpan.FromDays(90));
        var before = TestWorkspace.In(TimeSpan.FromSeconds(-1));

        var created = await _workspace.CreateAsync(request =>
        {
            request.Description = "Places orders\nand cancels them. שלום";
            request.Environment = KeyEnvironment.Test;
            request.Scopes.Add(["orders.*", "balance.read"]);
            request.AllowedAddresses.Add(["10.0.0.0/8", "192.0.2.7", "2001:DB8::/32", "::ffff:198.51.100.0/120"]);
            request.ExpireTime = expiry;
            request.Metadata.Add("team", "desk 7");
            request.Metadata.Add("", "");
            request.Metadata.Remove("");
        });

        var key = created.Key;
        key.KeyId.ShouldMatch("^key_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$");
        key.WorkspaceId.ShouldBe(_workspace.Id);
        key.Name.ShouldBe("Trading bot");
        key.Description.ShouldBe("Places orders\nand cancels them. שלום");
        key.Environment.ShouldBe(KeyEnvironment.Test);
        key.Status.ShouldBe(KeyStatus.Enabled);
        key.StatusReason.ShouldBeEmpty();
        key.Hint.ShouldBe($"ks_test_...{created.ApiKey[^4..]}");
        key.Recoverable.ShouldBeTrue();
        key.Scopes.ShouldBe(["orders.*", "balance.read"]);
        key.AllowedAddresses.ShouldBe(["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32", "198.51.100.0/24"]);
        key.Metadata.ShouldBe(new Dictionary<string, string>(StringComparer.Ordinal) { ["team"] = "desk 7" });
        key.CreateTime.ShouldBeGreaterThan(before);
        key.UpdateTime.ShouldBe(key.CreateTime);
        key.LastUsedTime.ShouldBeNull();
        key.ExpireTime.ToDateTimeOffset().ShouldBe(expiry.ToDateTimeOffset(), TimeSpan.FromMicroseconds(1));
        (key.ExpireTime.Nanos % 1_000).ShouldBe(0);
        key.Etag.ShouldNotBeEmpty();
        key.CreatedBy.ShouldStartWith("key_");
        (await _workspace.GetAsync(key.KeyId)).ShouldBe(key);
    }

    [Theory]
    [InlineData(KeyEnvironment.Unspecified, KeyEnvironment.Live, "live")]
    [InlineData(KeyEnvironment.Live, KeyEnvironment.Live, "live")]
    [InlineData(KeyEnvironment.Test, KeyEnvironment.Test, "test")]
    public async Task The_environment_is_part_of_the_text_and_live_unless_said(KeyEnvironment asked, KeyEnvironment made, string text)
    {
        var created = await _workspace.CreateAsync(request => request.Environment = asked);

        created.Key.Environment.ShouldBe(made);
        created.ApiKey.ShouldMatch($"^ks_{text}_[0-9A-Za-z]{{38}}$");
        created.Key.Hint.ShouldStartWith($"ks_{text}_...");
    }

    [Theory]
    [InlineData("  Bot \t")]
    [InlineData("\u00A0\u3000Bot\r\n")]
    public async Task A_name_is_trimmed(string name)
    {
        var created = await _workspace.CreateAsync(request => request.Name = name);

        created.Key.Name.ShouldBe("Bot");
    }

    [Fact]
    public async Task Names_need_not_be_unique_and_each_key_is_another()
    {
        var first = await _workspace.CreateAsync();
        var second = await _workspace.CreateAsync();

        second.Key.KeyId.ShouldNotBe(first.Key.KeyId);
        second.ApiKey.ShouldNotBe(first.ApiKey);
    }

    [Fact]
    public async Task A_non_recoverable_key_is_shown_this_once()
    {
        var created = await _workspace.CreateAsync(request => request.NonRecoverable = true);

        created.ApiKey.ShouldNotBeEmpty();
        created.Key.Recoverable.ShouldBeFalse();
        (await _workspace.ValidateAsync(created.ApiKey)).Verdict.ShouldBe(Verdict.Valid);
    }

    [Fact]
    public async Task What_is_exactly_at_its_limit_is_taken()
    {
        var created = await _workspace.CreateAsync(request =>
        {
            request.Name = string.Concat(Enumerable.Repeat("🔑", 128));
            request.Description = new('d', 1_024);
            for (var i = 0; i < 64; i++)
            {
                request.Scopes.Add($"s{i:00}." + new string('x', 60));
                request.AllowedAddresses.Add($"10.0.{i}.0/24");
            }

            for (var i = 0; i < 32; i++) request.Metadata.Add($"{i:00}" + new string('m', 62), new('v', 256));
            request.RequestId = new('r', 64);
        });

        created.Key.Name.ShouldBe(string.Concat(Enumerable.Repeat("🔑", 128)));
        created.Key.Scopes.Count.ShouldBe(64);
        created.Key.AllowedAddresses.Count.ShouldBe(64);
        created.Key.Metadata.Count.ShouldBe(32);
        (await _workspace.GetAsync(created.Key.KeyId)).ShouldBe(created.Key);
    }

    [Theory]
    [InlineData("'; DROP TABLE ApiKeys; --")]
    [InlineData("\u200Bzero\u200Dwidth\uFEFF")]
    [InlineData("\uFFFE and \uFFFF, no characters")]
    [InlineData("e\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301")]
    [InlineData("\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA\uFDFA")]
    public async Task Odd_text_is_kept_as_it_is(string name)
    {
        var created = await _workspace.CreateAsync(request => request.Name = name);

        created.Key.Name.ShouldBe(name);
        (await _workspace.ListAsync(request => request.Query = name)).ShouldHaveSingleItem().ShouldBe(created.Key);
    }

    [Fact]
    public async Task A_thousand_combining_marks_are_kept()
    {
        var text = "e" + new string('\u0301', 1_000);

        var created = await _workspace.CreateAsync(request => request.Description = text);

        (await _workspace.GetAsync(created.Key.KeyId)).Description.ShouldBe(text);
    }
}
