namespace KeyService.Server.Hosting;

/// <summary><c>keyservice health</c>: a chiseled image has no shell and no curl, so the program asks itself.</summary>
internal static class HealthCommand
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(4);

    public static async Task<int> RunAsync(string[] settings, CancellationToken cancellation)
    {
        var options = ServerOptions.Read(Commands.ConfigurationOf(settings));
        using var handler = new SocketsHttpHandler();
        // The certificate names the service, not this address; nothing secret is sent.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, _) => true;
        using var client = new HttpClient(handler) { Timeout = Bound };
        var uri = new Uri(OwnAddress.Reachable(options, options.HttpPort), "/health/ready");
        try
        {
            using var response = await client.GetAsync(uri, cancellation);
            Console.WriteLine(await response.Content.ReadAsStringAsync(cancellation));
            return response.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            await Console.Error.WriteLineAsync($"No answer from {uri}.");
            return 1;
        }
    }
}
