using System.Data;
using KeyService.Server.Keys;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Storage.SqlServer;

/// <summary>
/// The statements of replication with their parameters, each of its column's own type: another would be a conversion of every row, and
/// locks on a range instead of one row.
/// </summary>
internal static class SqlServerFeedCommands
{
    public static SqlCommand Cycle(IReadOnlyList<FeedStep> steps, FeedRequest request)
    {
        var isNew = request.Own.BeatKnown == 0;
        var statements = new string[steps.Count];
        for (var i = 0; i < statements.Length; i++) statements[i] = SqlServerFeedStatements.Of(steps[i], isNew);
        var command = Command(statements);
        if (steps.Contains(FeedStep.Register)) AddOwn(command, request.Own, isNew);
        if (!steps.Contains(FeedStep.ReadChanges)) return command;
        command.Parameters.Add("@count", SqlDbType.Int).Value = request.MaxChanges + 1;
        command.Parameters.Add("@horizon", SqlDbType.Binary, 8).Value = SqlServerFeedAnswers.BytesOf(request.Horizon);
        return command;
    }

    public static SqlCommand Report(string replicaId, long ticket, long horizon)
    {
        var command = Command(SqlServerFeedStatements.Report);
        AddId(command, replicaId);
        command.Parameters.Add("@ticket", SqlDbType.BigInt).Value = ticket;
        command.Parameters.Add("@applied", SqlDbType.BigInt).Value = horizon;
        return command;
    }

    public static SqlCommand Look(bool drawTicket) => drawTicket
        ? Command(SqlServerFeedStatements.DrawTicket, SqlServerFeedStatements.ReadWatermark, SqlServerFeedStatements.ReadReplicas)
        : Command(SqlServerFeedStatements.ReadWatermark, SqlServerFeedStatements.ReadReplicas);

    public static SqlCommand Remove(string replicaId, long? beat)
    {
        var command = Command(SqlServerFeedStatements.Remove);
        AddId(command, replicaId);
        command.Parameters.Add("@beat", SqlDbType.BigInt).Value = (object?)beat ?? DBNull.Value;
        return command;
    }

    public static SqlCommand RenewEpoch() => Command(SqlServerFeedStatements.RenewEpoch);

    public static SqlCommand ReadFingerprints() => Command(SqlServerFeedStatements.ReadFingerprints);

    public static SqlCommand AddFingerprint(MasterKeyFingerprintRow row)
    {
        var command = Command(SqlServerFeedStatements.AddFingerprint);
        command.Parameters.Add("@generation", SqlDbType.VarChar, 1).Value = row.Generation.ToString();
        command.Parameters.Add("@fingerprint", SqlDbType.Binary, 32).Value = row.Fingerprint;
        return command;
    }

    private static SqlCommand Command(params ReadOnlySpan<string> statements) => new(SqlServerFeedStatements.Batch(statements));

    private static void AddOwn(SqlCommand command, ReplicaRegistration own, bool isNew)
    {
        AddId(command, own.ReplicaId);
        command.Parameters.Add("@ticket", SqlDbType.BigInt).Value = own.Ticket;
        command.Parameters.Add("@applied", SqlDbType.BigInt).Value = own.Horizon;
        command.Parameters.Add("@lease", SqlDbType.BigInt).Value = (long)own.Lease.TotalMilliseconds;
        command.Parameters.Add("@generations", SqlDbType.VarChar, 62).Value = own.Generations;
        command.Parameters.Add("@address", SqlDbType.NVarChar, 256).Value = own.Address;
        if (isNew)
        {
            var start = command.Parameters.Add("@start", SqlDbType.DateTime2);
            (start.Scale, start.Value) = (6, UtcMicroseconds.Truncate(own.StartTime).UtcDateTime);
            return;
        }

        command.Parameters.Add("@known", SqlDbType.BigInt).Value = own.BeatKnown;
        command.Parameters.Add("@sent", SqlDbType.BigInt).Value = own.BeatSent;
    }

    private static void AddId(SqlCommand command, string replicaId) => command.Parameters.Add("@id", SqlDbType.Char, 32).Value = replicaId;
}
