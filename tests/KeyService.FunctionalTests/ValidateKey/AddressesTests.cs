using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.ValidateKey;

public sealed class AddressesTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("10.0.0.0/8", "10.255.0.1", true)]
    [InlineData("10.0.0.0/8", "11.0.0.1", false)]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "::ffff:a01:203", true)]
    [InlineData("10.0.0.0/8", "::10.1.2.3", false)]
    [InlineData("10.0.0.0/8", "", false)]
    [InlineData("192.0.2.7", "192.0.2.7", true)]
    [InlineData("192.0.2.7", "192.0.2.8", false)]
    [InlineData("::ffff:192.0.2.0/120", "192.0.2.9", true)]
    [InlineData("2001:db8::/32", "2001:DB8:0:0::1", true)]
    [InlineData("2001:db8::/32", "2001:db9::1", false)]
    [InlineData("2001:db8::1", "2001:db8::1", true)]
    [InlineData("2001:db8::1", "2001:db8::2", false)]
    [InlineData("0.0.0.0/0", "203.0.113.1", true)]
    [InlineData("0.0.0.0/0", "2001:db8::1", false)]
    [InlineData("::/0", "2001:db8::1", true)]
    [InlineData("::/0", "203.0.113.1", false)]
    [InlineData("", "", true)]
    [InlineData("", "203.0.113.1", true)]
    [InlineData("10.0.0.0/8,2001:db8::/32", "2001:db8::9", true)]
    [InlineData("10.0.0.0/8,2001:db8::/32", "", false)]
    public async Task The_client_must_be_in_one_of_the_listed_addresses(string listed, string client, bool valid)
    {
        var created = await _workspace.CreateAsync(
            request => request.AllowedAddresses.Add(listed.Split(',', StringSplitOptions.RemoveEmptyEntries)));

        var answer = await _workspace.ValidateAsync(created.ApiKey, request => request.ClientAddress = client);

        answer.Verdict.ShouldBe(valid ? Verdict.Valid : Verdict.AddressNotAllowed);
    }

    [Theory]
    [InlineData("10.0.0.0/8", "10.1.2.3:5000")]
    [InlineData("10.0.0.0/8", "::ffff:10.1.2.3")]
    [InlineData("10.0.0.0/8", "[::ffff:10.1.2.3]:443")]
    [InlineData("127.0.0.0/8", "127.0.0.1:5000")]
    [InlineData("::1", "[::1]:443")]
    [InlineData("::1", "[::1]")]
    [InlineData("fe80::/10", "fe80::1%eth0")]
    [InlineData("fe80::/10", "[fe80::1%eth0]:80")]
    [InlineData("::1", "ipv6:[::1]:443")]
    public async Task An_address_is_understood_as_platforms_write_it(string listed, string client)
    {
        var created = await _workspace.CreateAsync(request => request.AllowedAddresses.Add(listed));
        var elsewhere = await _workspace.CreateAsync(request => request.AllowedAddresses.Add("192.0.2.1"));

        (await _workspace.ValidateAsync(created.ApiKey, request => request.ClientAddress = client)).Verdict.ShouldBe(Verdict.Valid);
        (await _workspace.ValidateAsync(elsewhere.ApiKey, request => request.ClientAddress = client)).Verdict.ShouldBe(Verdict.AddressNotAllowed);
    }

    [Theory]
    [InlineData("10.0.0")]
    [InlineData("10.0.0.256")]
    [InlineData("010.0.0.1")]
    [InlineData("0x0a.0.0.1")]
    [InlineData("167772161")]
    [InlineData("10.0.0.0/8")]
    [InlineData("10.0.0.1, 10.0.0.2")]
    [InlineData("localhost")]
    [InlineData("unknown")]
    [InlineData("１０.0.0.1")]
    public async Task An_address_that_is_none_is_in_no_list_and_fails_no_call(string client)
    {
        var open = await _workspace.CreateAsync();
        var listed = await _workspace.CreateAsync(request => request.AllowedAddresses.Add(["0.0.0.0/0", "::/0"]));
        ValidateKeyRequest Ask(string apiKey, string address) => new() { ApiKey = apiKey, ClientAddress = address };

        (await _workspace.ValidateAsync(open.ApiKey, request => request.ClientAddress = client)).Verdict.ShouldBe(Verdict.Valid);
        (await _workspace.ValidateAsync(listed.ApiKey, request => request.ClientAddress = client)).Verdict.ShouldBe(Verdict.AddressNotAllowed);
        var batch = new ValidateKeysRequest { Requests = { Ask(listed.ApiKey, "10.0.0.1"), Ask(listed.ApiKey, client), Ask(open.ApiKey, client) } };
        (await _workspace.Client.ValidateKeysAsync(batch, _workspace.Root)).Responses.Select(answer => answer.Verdict)
            .ShouldBe([Verdict.Valid, Verdict.AddressNotAllowed, Verdict.Valid]);
    }
}
