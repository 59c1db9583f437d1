using System.Text;
using BenchmarkDotNet.Attributes;
using KeyService.Server.Keys;
using KeyService.Server.Lifecycle;
using KeyService.Server.Lookup;

namespace KeyService.Benchmarks.Micro;

/// <summary>The formats: key text, tag, digest, value in Redis, page token.</summary>
public class Formats
{
    private const string Brand = "ks";

    private static readonly string[] Binding = ["ListKeys", "key_0", "workspace-1", "", "", "NewestFirst"];
    private static readonly KeyPosition Position = new(1_700_000_000_000_000, "", "key_0123456789abcdef0123456789abcdef");

    private readonly MasterKey _masterKey = MasterKey.Derive('0', new byte[MasterKey.SecretSize]);
    private readonly KeyService.Server.Storage.StoreEpoch _epoch = new(new('0', 32), RenewTime: null);
    private readonly KeyService.Server.Replication.Incarnation _replica = KeyService.Server.Replication.Incarnations.New(new(), TimeProvider.System);
    private MasterKeys _masterKeys = null!;
    private string _apiKey = "";
    private byte[] _ascii = [];
    private KeyDigest _digest;
    private CachedKey _key = null!;
    private byte[] _value = [];
    private string _token = "";

    [GlobalSetup]
    public void Setup()
    {
        _masterKeys = new([_masterKey]);
        _apiKey = ApiKeyText.Generate(Brand, KeyEnvironment.Live, _masterKey);
        _ascii = Encoding.ASCII.GetBytes(_apiKey);
        _digest = _masterKey.ComputeDigest(_ascii);
        _key = new(Samples.Record("workspace-1", ["payments.read"]), new(_replica, 0));
        _replica.Epoch = _epoch;
        _value = RedisValueWrite();
        _token = PageTokenSeal();
    }

    [Benchmark(Description = "API key: parse, checksum")]
    public bool Parse()
    {
        Span<byte> ascii = stackalloc byte[ApiKeyText.MaxLength];
        return ApiKeyText.TryParse(_apiKey, ascii, out _) == ApiKeyParseResult.Ok;
    }

    [Benchmark(Description = "API key: tag check")]
    public bool Tag() => ApiKeyText.HasValidTag(_ascii, _masterKey);

    [Benchmark(Description = "API key: digest")]
    public bool Digest() => _masterKey.ComputeDigest(_ascii) == _digest;

    [Benchmark(Description = "Redis value: write")]
    public byte[] RedisValueWrite() => CachedKeyFormat.Write(_key, _digest, _epoch, _masterKey);

    [Benchmark(Description = "Redis value: read")]
    public bool RedisValueRead() => CachedKeyFormat.Read(_value, _digest, _replica, _masterKeys) is not null;

    [Benchmark(Description = "Page token: seal")]
    public string PageTokenSeal() => PageToken.Seal(Position, Binding, _masterKey);

    [Benchmark(Description = "Page token: open")]
    public bool PageTokenOpen() => PageToken.Open<KeyPosition>(_token, Binding, _masterKeys) == Position;
}
