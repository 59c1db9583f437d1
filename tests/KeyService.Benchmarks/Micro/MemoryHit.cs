using BenchmarkDotNet.Attributes;
using KeyService.Server.Keys;
using KeyService.Server.Lookup;
using KeyService.Server.Observability;
using KeyService.Server.Replication;
using KeyService.Server.Storage;
using KeyService.Server.Usage;
using KeyService.Server.Validation;
using Microsoft.Extensions.DependencyInjection;
using System.Diagnostics.Metrics;

namespace KeyService.Benchmarks.Micro;

/// <summary>Everything of ValidateKey below the wire: parse, digest, look up, believe, decide.</summary>
public class MemoryHit
{
    private KeyValidator _validator = null!;
    private CredentialValidator _credentials = null!;
    private Question _hit;
    private Question _wrongChecksum;
    private Question _wrongTag;
    private CredentialRights _rights = null!;
    private readonly LastCredential _last = new();
    private string _credential = "";

    [GlobalSetup]
    public void Setup()
    {
        var masterKey = MasterKey.Derive('0', new byte[MasterKey.SecretSize]);
        var masterKeys = new MasterKeys([masterKey]);
        var options = new LookupOptions();
        var metrics = new Metrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>(), new VerdictNames(Enum.GetNames<Verdict>()), TimeProvider.System);
        var memory = new MemoryKeyCache(options);
        var replica = Incarnations.New(new() { Lease = TimeSpan.FromMinutes(10) }, TimeProvider.System);
        replica.Epoch = new(new('0', 32), null);
        replica.Floors.RaiseBase(0);
        replica.Lease.Grant(Moment.Now(TimeProvider.System));
        var belief = new Belief(replica);
        // Neither Redis nor a database: what asks one of them fails.
        var lookup = new KeyLookup(memory, redis: null!, source: null!, belief, freshness: null!, options, TimeProvider.System, metrics);
        var finder = new KeyFinder(lookup, masterKeys, options);
        var usage = new UsageRecorder();
        _validator = new(finder, usage);
        _credentials = new(finder, usage);

        var apiKey = ApiKeyText.Generate("ks", KeyEnvironment.Live, masterKey);
        _credential = ApiKeyText.Generate("ks", KeyEnvironment.Live, masterKey);
        memory.Put(ApiKeyDigest.Of(apiKey, masterKeys), new(Samples.Record("workspace-1", ["payments.read"]), belief.Mark()));
        var credential = new CachedKey(Samples.Record(Workspaces.System, ["keys:validate"]), belief.Mark());
        memory.Put(ApiKeyDigest.Of(_credential, masterKeys), credential);
        _rights = credential.Credential!.Rights;
        _hit = Question.Of(apiKey, "", [], clientAddress: null);
        _wrongChecksum = Question.Of(apiKey[..^1] + (apiKey[^1] == '0' ? '1' : '0'), "", [], clientAddress: null);
        // Another master key of the same generation: a right checksum, a wrong tag.
        var other = MasterKey.Derive('0', Enumerable.Repeat((byte)1, MasterKey.SecretSize).ToArray());
        _wrongTag = Question.Of(ApiKeyText.Generate("ks", KeyEnvironment.Live, other), "", [], clientAddress: null);
        if (!IsValid() || Ask(_wrongChecksum) != Verdict.NotFound || Ask(_wrongTag) != Verdict.NotFound || !Authenticate())
            throw new InvalidOperationException("Not the answers that are to be measured.");
    }

    [Benchmark(Baseline = true, Description = "ValidateKey, memory hit")]
    public bool IsValid() => Ask(_hit) == Verdict.Valid;

    [Benchmark(Description = "ValidateKey, wrong checksum")]
    public bool WrongChecksum() => Ask(_wrongChecksum) == Verdict.NotFound;

    [Benchmark(Description = "ValidateKey, wrong tag")]
    public bool WrongTag() => Ask(_wrongTag) == Verdict.NotFound;

    [Benchmark(Description = "Credential, seen on the connection")]
    public bool Authenticate() =>
        _credentials.ValidateAsync(_credential.AsMemory(), _last, peer: null, new CallBudget(TimeProvider.System.GetTimestamp(), DateTime.MaxValue, TimeProvider.System.GetUtcNow()), CancellationToken.None).Result is not null;

    private Verdict Ask(in Question question) =>
        _validator.ValidateAsync(question, _rights, new CallBudget(TimeProvider.System.GetTimestamp(), DateTime.MaxValue, TimeProvider.System.GetUtcNow()), CancellationToken.None).Result.Verdict;
}
