using System.Security.Cryptography;
using KeyService.Contracts.V1;
using KeyService.FunctionalTests.Infrastructure;
using StackExchange.Redis;

namespace KeyService.FunctionalTests.Redis;

/// <summary>Whatever Redis holds, by age, by accident or by an attacker's hand: no verdict is wrong.</summary>
public sealed class RedisLiesTests(ForgetfulServer server) : IClassFixture<ForgetfulServer>, IAsyncLifetime
{
    public async ValueTask InitializeAsync() => await server.ResetAsync();

    public ValueTask DisposeAsync() => default;

    [Fact]
    public async Task A_key_switched_off_is_never_valid_again_though_Redis_holds_the_older_record()
    {
        await server.FillRedisAsync();
        var older = await ReadAllAsync();

        foreach (var key in server.Keys.Where((_, i) => i % 3 == 1)) await server.SwitchAsync(key, KeyStatus.Disabled);
        await server.EveryVerdictIsRightAsync();
        var answered = await server.AnsweredByRedisAsync();
        // Set back to the older copy, as from a snapshot, again and again.
        for (var round = 0; round < 3; round++) await SetBackAsync();

        // For a second after calls that took too long, Redis is not asked.
        await Eventually.IsTrueAsync(
            async () =>
            {
                await SetBackAsync();
                return await server.AnsweredByRedisAsync() > answered;
            },
            "what has not changed since is still believed");

        async Task SetBackAsync()
        {
            await WriteAllAsync(older);
            await server.EveryVerdictIsRightAsync();
        }
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("empty")]
    [InlineData("another key's value")]
    [InlineData("one flipped bit")]
    [InlineData("cut")]
    [InlineData("very long")]
    public async Task A_forged_or_damaged_value_changes_no_verdict_and_is_replaced(string kind)
    {
        await server.FillRedisAsync();
        var genuine = await ReadAllAsync();
        var forged = Forge(genuine, kind);
        await WriteAllAsync(forged);
        var rejected = await server.Process.SumAsync("keyservice_redis_rejected_total");

        await server.EveryVerdictIsRightAsync();

        await Eventually.IsTrueAsync(
            async () =>
            {
                await server.EveryVerdictIsRightAsync();
                var present = await ReadAllAsync();
                // A key that memory goes on holding is not asked for in Redis.
                return forged.Count(value => present.TryGetValue(value.Key, out var now) && !now.SequenceEqual(value.Value)) >= forged.Count / 2
                    && await server.Process.SumAsync("keyservice_redis_rejected_total") > rejected;
            },
            "the forged values are rejected and replaced");
        await server.RedisAnswersAsync();
    }

    [Fact]
    public async Task A_value_of_another_type_changes_no_verdict()
    {
        await server.FillRedisAsync();
        var redis = await server.Redis.DatabaseAsync();
        foreach (var key in await server.Redis.KeysAsync())
        {
            await redis.KeyDeleteAsync(key);
            await redis.ListRightPushAsync(key, "a list");
        }

        await server.EveryVerdictIsRightAsync();
        await server.EveryVerdictIsRightAsync();
    }

    [Fact]
    public async Task What_an_earlier_life_of_the_process_wrote_is_not_believed()
    {
        await server.FillRedisAsync();

        await server.RestartAsync(withRedis: false);
        foreach (var key in server.Keys.Where((_, i) => i % 3 == 1)) await server.SwitchAsync(key, KeyStatus.Disabled);
        await server.RestartAsync(withRedis: true);

        await server.EveryVerdictIsRightAsync();
        // Nor is it in the way: this life's values take its place.
        await server.RedisAnswersAsync();
    }

    private async Task<Dictionary<RedisKey, byte[]>> ReadAllAsync()
    {
        var redis = await server.Redis.DatabaseAsync();
        var keys = (await server.Redis.KeysAsync()).ToArray();
        var values = await redis.StringGetAsync(keys);
        return keys.Zip(values).Where(pair => !pair.Second.IsNull).ToDictionary(pair => pair.First, pair => (byte[])pair.Second!);
    }

    private async Task WriteAllAsync(Dictionary<RedisKey, byte[]> values)
    {
        var redis = await server.Redis.DatabaseAsync();
        await redis.StringSetAsync([.. values.Select(value => KeyValuePair.Create(value.Key, (RedisValue)value.Value))]);
    }

    private static Dictionary<RedisKey, byte[]> Forge(Dictionary<RedisKey, byte[]> genuine, string kind)
    {
        var values = genuine.Values.ToList();
        return genuine.Keys.Select((key, i) => KeyValuePair.Create(key, kind switch
        {
            "garbage" => RandomNumberGenerator.GetBytes(values[i].Length),
            "empty" => [],
            // Each third key is disabled: the next one's verdict is often the other.
            "another key's value" => values[(i + 1) % values.Count],
            "one flipped bit" => Flipped(values[i], i),
            "cut" => values[i][..(i % values[i].Length)],
            _ => [.. values[i], .. new byte[100_000]],
        })).ToDictionary();
    }

    /// <summary>A different bit in each value, so that together they cover all.</summary>
    private static byte[] Flipped(byte[] value, int i)
    {
        var copy = value.ToArray();
        var bit = i * 37 % (copy.Length * 8);
        copy[bit / 8] ^= (byte)(1 << (bit % 8));
        return copy;
    }
}
