using KeyService.Server.Grpc;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;

namespace KeyService.Server.Tests.Grpc;

public class PathSpellingTests
{
    private static readonly ApiPaths Paths = new(
    [
        Route("GET", "/v1/caller"), Route("GET", "/v1/workspaces/{workspace_id}/keys"), Route("POST", "/v1/workspaces/{workspace_id}/keys"),
        Route("GET", "/v1/workspaces/{workspace_id}/keys/{key_id}"), Route("POST", "/v1/workspaces/{workspace_id}/keys/{key_id}:reveal"), Route("POST", "/v1/keys:validate"),
    ]);

    [Theory]
    [InlineData("/v1/caller", "GET, HEAD")]
    [InlineData("/v1/keys:validate", "POST")]
    [InlineData("/v1/workspaces/w/keys", "GET, HEAD, POST")]
    [InlineData("/v1/workspaces/w/keys/key_x", "GET, HEAD")]
    [InlineData("/v1/workspaces/w/keys/key_x:reveal", "POST")]
    [InlineData("/v1/workspaces/a%20b/keys", "GET, HEAD, POST")]
    public void A_path_has_its_own_methods(string path, string methods) => string.Join(", ", Paths.MethodsOf(path)).ShouldBe(methods);

    [Theory]
    [InlineData("/V1/caller")]
    [InlineData("/v1/Caller")]
    [InlineData("/v1/caller/")]
    [InlineData("//v1/caller")]
    [InlineData("/v1//caller")]
    [InlineData("/v1/./caller")]
    [InlineData("/v1/x/../caller")]
    [InlineData("/v1/%2e%2e/v1/caller")]
    [InlineData("/v1/c%61ller")]
    [InlineData("/%761/caller")]
    [InlineData("/v1/workspaces/w/keys/key%5Fx")]
    [InlineData("/v1/workspaces/w/keys/key_x%3Areveal")]
    [InlineData("/v1/workspaces/w/keys/key_x%3areveal")]
    [InlineData("/v1/workspaces/w/keys/key_x:REVEAL")]
    [InlineData("/v1/workspaces/w/keys/key_x:other")]
    [InlineData("/v1/workspaces/w/keys/key_x:reveal:reveal")]
    [InlineData("/v1/workspaces/w/keys/:reveal")]
    [InlineData("/v1/workspaces//keys")]
    [InlineData("/v1/caller%")]
    [InlineData("/v1/caller%2")]
    [InlineData("/v1/caller#x")]
    [InlineData("/v1")]
    [InlineData("/")]
    [InlineData("*")]
    [InlineData("")]
    public void In_another_spelling_it_is_none(string path) => Paths.MethodsOf(path).ShouldBeEmpty();

    [Theory]
    [InlineData("/v1/caller?workspaceId=a/../b", "/v1/caller")]
    [InlineData("http://host:8080/v1/c%61ller?x", "/v1/c%61ller")]
    [InlineData("http://host", "/")]
    [InlineData("*", "*")]
    public void The_raw_path_is_what_the_client_wrote(string target, string path) => PathSpelling.RawPathOf(Of(target, "/any")).ToString().ShouldBe(path);

    [Theory]
    [InlineData("/p.S/M", "/p.S/M", true)]
    [InlineData("/p.S/%4d", "/p.S/M", false)]
    [InlineData("/p.S/x/../M", "/p.S/M", false)]
    [InlineData("/p.S/M?x=1", "/p.S/M", false)]
    public void A_path_of_gRPC_is_as_it_was_sent(string target, string path, bool isAsSent) => PathSpelling.IsAsSent(Of(target, path).Request).ShouldBe(isAsSent);

    private static DefaultHttpContext Of(string target, string path)
    {
        var context = new DefaultHttpContext();
        context.Request.Path = path;
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        return context;
    }

    private static RouteEndpoint Route(string method, string pattern) =>
        new(_ => Task.CompletedTask, RoutePatternFactory.Parse(pattern), order: 0, new(new HttpMethodMetadata([method])), pattern);
}
