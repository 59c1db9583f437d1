using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace KeyService.Storage.Tests.TSql;

/// <summary>
/// The least of the TDS protocol (MS-TDS) that makes SqlClient fail as a real server would: a pre-login, a certificate of its own where the client wants
/// encryption, and one error for the login or for every batch.
/// </summary>
internal sealed class FakeSqlServer : IAsyncDisposable
{
    private const byte ServerReply = 0x04;
    internal const byte PreLogin = 0x12;
    private const byte NotEncrypted = 2;
    private const byte Encrypted = 1;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly bool _hasCertificate;
    private readonly Task _serving;
    private int _logins;

    /// <param name="hasCertificate">Self-signed.</param>
    public FakeSqlServer(bool hasCertificate = false)
    {
        _hasCertificate = hasCertificate;
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The answer to a login; null: it succeeds.</summary>
    public (int Number, byte Severity)? LoginError { get; set; }

    /// <summary>Errors behind <see cref="LoginError"/>, in the same answer.</summary>
    public IReadOnlyList<(int Number, byte Severity)> MoreLoginErrors { get; set; } = [];

    /// <summary>Answers the TLS handshake with an alert: no protocol version or cipher in common.</summary>
    public bool RefusesHandshake { get; set; }

    /// <summary>The answer to every batch.</summary>
    public (int Number, byte Severity) BatchError { get; set; } = (208, 16);

    public int Logins => Volatile.Read(ref _logins);

    public string ConnectionString(string more = "Encrypt=False") =>
        $"Server=tcp:127.0.0.1,{((IPEndPoint)_listener.LocalEndpoint).Port};Database=none;User Id=u;Password=p;Connect Timeout=10;{more}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _serving;
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true) connections.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or InvalidOperationException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        try
        {
            await using var stream = client.GetStream();
            await ReadAsync(stream);
            await WriteAsync(stream, PreLoginReply(_hasCertificate || RefusesHandshake ? Encrypted : NotEncrypted));
            if (RefusesHandshake)
            {
                await ReadAsync(stream);
                await stream.WriteAsync(Packet(PreLogin, HandshakeFailure), _stop.Token);
                return;
            }

            if (_hasCertificate)
            {
                await HandshakeAsync(stream);
                return;
            }

            await ReadAsync(stream);
            Interlocked.Increment(ref _logins);
            await WriteAsync(stream, LoginError is { } refusal ? [.. Error(refusal), .. MoreLoginErrors.SelectMany(Error), .. Done] : [.. LoginAcknowledgement, .. Done]);
            while (true)
            {
                await ReadAsync(stream);
                await WriteAsync(stream, [.. Error(BatchError), .. Done]);
            }
        }
        catch (Exception e) when (e is IOException or EndOfStreamException or OperationCanceledException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client has gone, or the test is over.
        }
        finally
        {
            client.Dispose();
        }
    }

    private async Task HandshakeAsync(Stream stream)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=fake", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        await using var tls = new SslStream(new TdsHandshakeStream(stream));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }, _stop.Token);
    }

    private async Task<byte[]> ReadAsync(Stream stream)
    {
        using var message = new MemoryStream();
        var header = new byte[8];
        do
        {
            await stream.ReadExactlyAsync(header, _stop.Token);
            var body = new byte[BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(2)) - header.Length];
            await stream.ReadExactlyAsync(body, _stop.Token);
            message.Write(body);
        }
        while ((header[1] & 1) == 0);
        return message.ToArray();
    }

    private async Task WriteAsync(Stream stream, byte[] body) => await stream.WriteAsync(Packet(ServerReply, body), _stop.Token);

    internal static byte[] Packet(byte type, ReadOnlySpan<byte> body)
    {
        var packet = new byte[8 + body.Length];
        (packet[0], packet[1]) = (type, 1);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)packet.Length);
        body.CopyTo(packet.AsSpan(8));
        return packet;
    }

    // Options (token, offset, length), a terminator, then their values: version 16 and the encryption.
    private static byte[] PreLoginReply(byte encryption) => [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, encryption];

    // LOGINACK: interface, TDS 7.4, program name, version. ENVCHANGE: the collation of the server, which parameters are sent in.
    private static byte[] LoginAcknowledgement => [0xad, 12, 0, 1, 0x74, 0, 0, 4, 1, (byte)'x', 0, 16, 0, 0, 0, 0xe3, 8, 0, 7, 5, 0x09, 0x04, 0xd0, 0, 0x34, 0];

    // A TLS record: alert, fatal, handshake_failure.
    private static byte[] HandshakeFailure => [0x15, 3, 3, 0, 2, 2, 40];

    private static byte[] Done => [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    private static byte[] Error((int Number, byte Severity) error)
    {
        var text = Encoding.Unicode.GetBytes("SECRET text of the server");
        using var body = new MemoryStream();
        using (var writer = new BinaryWriter(body))
        {
            writer.Write(error.Number);
            writer.Write((byte)1);
            writer.Write(error.Severity);
            writer.Write((ushort)(text.Length / 2));
            writer.Write(text);
            // Server, procedure, line.
            writer.Write((byte)0);
            writer.Write((byte)0);
            writer.Write(1);
        }

        var content = body.ToArray();
        return [0xaa, (byte)content.Length, (byte)(content.Length >> 8), .. content];
    }
}
