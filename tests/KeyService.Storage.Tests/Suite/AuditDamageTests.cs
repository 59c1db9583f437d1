using KeyService.Storage.Tests.Stores;

namespace KeyService.Storage.Tests.Suite;

/// <summary>Every kind of damage to a chain is found.</summary>
public abstract class AuditDamageTests(Engine engine) : ChainTests(engine)
{
    public static TheoryData<string, string> Damages
    {
        get
        {
            var damages = new TheoryData<string, string>();
            foreach (var column in new[] { "Action", "Actor", "OnBehalfOf", "KeyId" })
                damages.Add($"UPDATE AuditEvents SET {column} = 'altered' WHERE WorkspaceId = 'w1' AND Sequence = 4", "event 4 was altered");
            foreach (var column in new[] { "Before", "After" })
                damages.Add($"UPDATE AuditEvents SET \"{column}\" = 'x' WHERE WorkspaceId = 'w1' AND Sequence = 5", "event 5 was altered");
            damages.Add("UPDATE AuditEvents SET EventTime = (SELECT EventTime FROM AuditEvents AS other WHERE other.WorkspaceId = 'w1' AND other.Sequence = 5) WHERE WorkspaceId = 'w1' AND Sequence = 4", "event 4 was altered");
            damages.Add("UPDATE AuditEvents SET Generation = '2' WHERE WorkspaceId = 'w1' AND Sequence = 4", "event 4 was altered");
            damages.Add("UPDATE AuditEvents SET Mac = (SELECT Mac FROM AuditEvents AS other WHERE other.WorkspaceId = 'w1' AND other.Sequence = 5) WHERE WorkspaceId = 'w1' AND Sequence = 4", "event 4 was altered");
            damages.Add("DELETE FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 4", "event 4 is missing");
            damages.Add("DELETE FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 1", "event 1 is missing");
            damages.Add("DELETE FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 9", "event 9 is missing");
            damages.Add("DELETE FROM AuditEvents WHERE WorkspaceId = 'w1'", "event 1 is missing");
            damages.Add("UPDATE AuditHeads SET Sequence = 8 WHERE WorkspaceId = 'w1'", "head is not its last event");
            damages.Add("UPDATE AuditHeads SET Sequence = 10 WHERE WorkspaceId = 'w1'", "event 10 is missing");
            damages.Add("UPDATE AuditHeads SET Mac = PurgedMac WHERE WorkspaceId = 'w1'", "head is not its last event");
            damages.Add("UPDATE AuditHeads SET Sequence = 8, Mac = (SELECT Mac FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 8) WHERE WorkspaceId = 'w1'", "event 9 is outside the chain");
            damages.Add("UPDATE AuditHeads SET PurgedSequence = 3, PurgedMac = (SELECT Mac FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 3) WHERE WorkspaceId = 'w1'", "purge point does not carry");
            damages.Add("UPDATE AuditHeads SET PurgedSeal = Mac WHERE WorkspaceId = 'w1'", "purge point does not carry");
            damages.Add("UPDATE AuditHeads SET PurgedGeneration = '2' WHERE WorkspaceId = 'w1'", "purge point does not carry");
            damages.Add("DELETE FROM AuditHeads WHERE WorkspaceId = 'w1'", "head is missing");
            return damages;
        }
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Damage_by_hand_is_found(string statement, string problem)
    {
        await MakeAsync("w1", 9);
        await MakeAsync("w2", 3);
        (await Store.VerifyAsync()).ShouldAllBe(check => check.Problem == null);

        (await Store.ExecuteAsync(statement)).ShouldBeGreaterThan(0);

        (await FoundAsync()).ShouldContain(problem);
    }

    [Fact]
    public async Task An_event_id_altered_by_hand_is_found()
    {
        await MakeAsync("w1", 3);

        await Store.ExecuteAsync("UPDATE AuditEvents SET EventId = {0} WHERE WorkspaceId = 'w1' AND Sequence = 2", Guid.NewGuid());

        (await FoundAsync()).ShouldContain("event 2 was altered");
    }

    [Fact]
    public async Task Events_that_changed_places_are_found()
    {
        await MakeAsync("w1", 9);

        foreach (var (from, to) in new[] { (4, 1_004), (5, 4), (1_004, 5) })
            await Store.ExecuteAsync("UPDATE AuditEvents SET Sequence = {0} WHERE WorkspaceId = 'w1' AND Sequence = {1}", to, from);

        (await FoundAsync()).ShouldContain("event 4 was altered");
    }

    [Fact]
    public async Task An_event_moved_from_another_workspace_is_found()
    {
        await MakeAsync("w1", 3);
        await MakeAsync("w2", 3);

        await Store.ExecuteAsync("DELETE FROM AuditEvents WHERE WorkspaceId = 'w1' AND Sequence = 2");
        await Store.ExecuteAsync("UPDATE AuditEvents SET WorkspaceId = 'w1' WHERE WorkspaceId = 'w2' AND Sequence = 2");

        (await Store.VerifyAsync()).Select(check => check.Problem).ShouldBe(["event 2 was altered, or an event before it", "event 2 is missing"]);
    }

    [Theory]
    [InlineData(10)]
    [InlineData(11)]
    [InlineData(0)]
    [InlineData(-3)]
    public async Task An_event_put_in_outside_the_chain_is_found(int sequence)
    {
        await MakeAsync("w1", 9);

        await InsertAsync(sequence);

        (await FoundAsync()).ShouldContain($"event {sequence} is outside the chain");
    }

    [Fact]
    public async Task An_event_put_in_where_the_chain_was_purged_is_found()
    {
        await MakeAsync("w1", 5);
        Store.Time.Advance(TimeSpan.FromDays(10));
        await MakeAsync("w1", 5);
        await PurgeAsync();
        (await Store.VerifyAsync()).ShouldBe([new("w1", 5, 10, null)]);

        await InsertAsync(2);

        (await FoundAsync()).ShouldContain("event 2 is outside the chain");
    }

    private async Task<string> FoundAsync()
    {
        var broken = (await Store.VerifyAsync()).Where(check => check.Problem is not null).ToList();
        broken.ShouldHaveSingleItem().WorkspaceId.ShouldBe("w1");
        return broken[0].Problem!;
    }

    /// <summary>A copy of the last event under another number.</summary>
    private async Task InsertAsync(long sequence)
    {
        var last = (await Store.EventsAsync("w1"))[^1];
        await Store.WithContextAsync(context =>
        {
            context.AuditEvents.Add(new()
            {
                WorkspaceId = last.WorkspaceId,
                Sequence = sequence,
                EventId = Guid.NewGuid(),
                EventTime = last.EventTime,
                Action = last.Action,
                Actor = last.Actor,
                OnBehalfOf = last.OnBehalfOf,
                KeyId = last.KeyId,
                Before = last.Before,
                After = last.After,
                Generation = last.Generation,
                Mac = last.Mac,
            });
            return context.SaveChangesAsync();
        });
    }
}

public sealed class AuditDamageTestsOnSqlite() : AuditDamageTests(Engine.Sqlite);

public sealed class AuditDamageTestsOnSqlServer() : AuditDamageTests(Engine.SqlServer);
