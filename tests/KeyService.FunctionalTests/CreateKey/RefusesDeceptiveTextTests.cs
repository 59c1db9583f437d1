using Grpc.Core;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.CreateKey;

/// <summary>What people read is what is there, and no text is a secret.</summary>
public sealed class RefusesDeceptiveTextTests(SharedServer shared)
{
    private readonly TestWorkspace _workspace = TestWorkspace.New(shared);

    [Theory]
    [InlineData("name")]
    [InlineData("description")]
    [InlineData("metadata name")]
    [InlineData("metadata value")]
    [InlineData("request_id")]
    [InlineData("workspace_id")]
    public async Task An_api_key_is_refused_in_every_field_and_not_repeated(string place)
    {
        var apiKey = (await _workspace.CreateAsync()).ApiKey;

        var error = await _workspace.CreateFailsAsync(request =>
        {
            switch (place)
            {
                case "name": request.Name = apiKey; break;
                case "description": request.Description = $"Its key is \"{apiKey}\"."; break;
                case "metadata name": request.Metadata.Add(apiKey, "x"); break;
                case "metadata value": request.Metadata.Add("x", $"Bearer {apiKey}"); break;
                case "request_id": request.RequestId = apiKey; break;
                default: request.WorkspaceId = apiKey; break;
            }
        });

        error.ShouldBeInvalid(place.Split(' ')[0]);
        ShouldNotRepeat(error, apiKey);
        (await _workspace.ListAsync()).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Nor_is_one_a_reason_an_etag_an_id_a_page_token_or_an_actor()
    {
        var created = await _workspace.CreateAsync();
        var apiKey = created.ApiKey;
        SetStatusRequest Set(string reason = "", string etag = "", string? keyId = null) =>
            new() { WorkspaceId = _workspace.Id, KeyId = keyId ?? created.Key.KeyId, Status = KeyStatus.Disabled, Reason = reason, Etag = etag };
        async Task ShouldBeRefusedAsync<T>(AsyncUnaryCall<T> call, string field)
        {
            var error = await CallError.Of(call);
            error.ShouldBeInvalid(field);
            ShouldNotRepeat(error, apiKey);
        }

        await ShouldBeRefusedAsync(_workspace.Client.SetStatusAsync(Set(reason: $"leaked: {apiKey}"), _workspace.Root), "reason");
        await ShouldBeRefusedAsync(_workspace.Client.SetStatusAsync(Set(etag: apiKey), _workspace.Root), "etag");
        await ShouldBeRefusedAsync(_workspace.Client.SetStatusAsync(Set(keyId: apiKey), _workspace.Root), "key_id");
        await ShouldBeRefusedAsync(_workspace.Client.ListKeysAsync(new() { WorkspaceId = _workspace.Id, PageToken = apiKey }, _workspace.Root), "page_token");
        await ShouldBeRefusedAsync(_workspace.Client.SetStatusAsync(Set(), ActingFor(apiKey)), "x-keyservice-actor");
        (await _workspace.GetAsync(created.Key.KeyId)).ShouldBe(created.Key, "nothing was done");
    }

    [Theory]
    [InlineData("a\u202eb")]
    [InlineData("a\u2067b")]
    [InlineData("a\u2028b")]
    public async Task Text_that_does_not_read_as_it_is_is_refused(string text)
    {
        var created = await _workspace.CreateAsync();

        (await _workspace.CreateFailsAsync(request => request.Name = text)).ShouldBeInvalid("name");
        (await _workspace.CreateFailsAsync(request => request.Description = text)).ShouldBeInvalid("description");
        (await _workspace.CreateFailsAsync(request => request.Metadata.Add("x", text))).ShouldBeInvalid("metadata");
        var change = new SetStatusRequest { WorkspaceId = _workspace.Id, KeyId = created.Key.KeyId, Status = KeyStatus.Disabled, Reason = text };
        (await CallError.Of(_workspace.Client.SetStatusAsync(change, _workspace.Root))).ShouldBeInvalid("reason");
    }

    [Theory]
    [InlineData("שלום עולם")]
    [InlineData("مرحبا")]
    [InlineData("می\u200cخواهم")]
    [InlineData("👨\u200d👩\u200d👧 family")]
    public async Task Honest_text_of_any_script_is_kept_as_it_is(string name) =>
        (await _workspace.CreateAsync(request => request.Name = name)).Key.Name.ShouldBe(name);

    private Metadata ActingFor(string actor) => new() { { "authorization", $"Bearer {shared.Server.RootCredential}" }, { "x-keyservice-actor", actor } };

    private void ShouldNotRepeat(CallError error, string apiKey)
    {
        error.Message.ShouldNotContain(apiKey[8..40]);
        System.Text.Encoding.Latin1.GetString(error.Status).ShouldNotContain(apiKey[8..40]);
        string.Join('\n', shared.Server.Output).ShouldNotContain(apiKey[8..40]);
    }
}
