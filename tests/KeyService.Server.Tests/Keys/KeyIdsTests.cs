using KeyService.Server.Keys;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.Server.Tests.Keys;

public class KeyIdsTests
{
    [Fact]
    public void A_new_id_is_a_version_7_uuid_of_the_given_time()
    {
        var now = new DateTimeOffset(2026, 2, 3, 4, 5, 6, 789, TimeSpan.Zero);
        var id = KeyIds.New(new FakeTimeProvider(now));
        id.ShouldMatch("^key_[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$");
        id[4..16].ShouldBe(now.ToUnixTimeMilliseconds().ToString("x12"));
        KeyIds.IsValid(id).ShouldBeTrue();
    }

    [Fact]
    public void Later_ids_sort_after_earlier_ones()
    {
        var time = new FakeTimeProvider();
        var ids = new List<string>();
        for (var i = 0; i < 100; i++)
        {
            ids.Add(KeyIds.New(time));
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        ids.ShouldBe(ids.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Ids_of_one_moment_differ()
    {
        var time = new FakeTimeProvider();
        Enumerable.Range(0, 1_000).Select(_ => KeyIds.New(time)).Distinct().Count().ShouldBe(1_000);
    }

    [Theory]
    [InlineData("")]
    [InlineData("key_")]
    [InlineData("0197c0d4a3b07c5e9d1f2a3b4c5d6e7f")]
    [InlineData("key_0197C0D4A3B07C5E9D1F2A3B4C5D6E7F")]
    [InlineData("KEY_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f")]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7")]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7f0")]
    [InlineData("key_0197c0d4-a3b0-7c5e-9d1f-2a3b4c5d")]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7g")]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7\n")]
    [InlineData("key_0197c0d4a3b07c5e9d1f2a3b4c5d6e7７")]
    public void What_no_service_would_have_made_is_no_id(string text) => KeyIds.IsValid(text).ShouldBeFalse();
}
