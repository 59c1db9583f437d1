using KeyService.AdminConsole.SignIn;
using Microsoft.Extensions.Time.Testing;

namespace KeyService.AdminConsole.Tests.SignIn;

public sealed class OneTimeLinkTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly OneTimeLink _link;

    public OneTimeLinkTests() => _link = new(_time);

    [Fact]
    public void It_signs_in_once()
    {
        var token = _link.Offer("credential");

        _link.Redeem(token).ShouldBe("credential");
        _link.Redeem(token).ShouldBeNull();
    }

    [Fact]
    public void After_ten_minutes_it_does_not()
    {
        var token = _link.Offer("credential");
        _time.Advance(TimeSpan.FromMinutes(10));

        _link.Redeem(token).ShouldBeNull();
    }

    [Fact]
    public void Another_token_does_not_and_leaves_it_good()
    {
        _link.Redeem("").ShouldBeNull();
        var token = _link.Offer("credential");
        _link.Redeem(token[..^1]).ShouldBeNull();

        _link.Redeem(token).ShouldBe("credential");
    }

    [Fact]
    public void At_the_same_time_one_of_many_signs_in()
    {
        var token = _link.Offer("credential");
        var redeemed = new string?[32];

        Parallel.For(0, redeemed.Length, i => redeemed[i] = _link.Redeem(token));

        redeemed.Count(credential => credential is not null).ShouldBe(1);
    }
}
