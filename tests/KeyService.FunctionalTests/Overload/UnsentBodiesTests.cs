using System.Net;
using System.Net.Sockets;
using KeyService.FunctionalTests.Infrastructure;

namespace KeyService.FunctionalTests.Overload;

/// <summary>A page is made for one anonymous request at a time: none waits there for what its client does not send.</summary>
public sealed class UnsentBodiesTests(SharedServer shared)
{
    /// <summary>Each would keep the page of the next from being made for 5 s, the time in which a body must begin.</summary>
    private const int Connections = 20;

    [Theory]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=b")]
    public async Task The_unsent_body_of_a_request_for_a_page_delays_no_other_page(string type)
    {
        var request = System.Text.Encoding.ASCII.GetBytes(
            $"GET /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {type}\r\nContent-Length: 4000\r\n\r\na=");
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i < Connections; i++)
            {
                clients.Add(new());
                await clients[i].ConnectAsync("127.0.0.1", shared.Server.HttpAddress.Port);
                await clients[i].GetStream().WriteAsync(request);
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            using var page = await shared.Server.Http.GetAsync("/sign-in", limit.Token);

            page.StatusCode.ShouldBe(HttpStatusCode.OK);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }
}
