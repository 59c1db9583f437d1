namespace KeyService.Server.Observability;

/// <summary>Every message of the service. A log takes key ids and hints, never an API key, a digest or a header's value.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Calls to Redis fail ({Cause}); memory and the database answer.")]
    public static partial void RedisFails(ILogger log, string cause);

    [LoggerMessage(2, LogLevel.Information, "Redis answers again.")]
    public static partial void RedisBack(ILogger log);

    [LoggerMessage(3, LogLevel.Warning, "Redis is away ({Failure}); memory and the database answer.")]
    public static partial void RedisLost(ILogger log, string failure);

    [LoggerMessage(4, LogLevel.Information, "Redis is connected.")]
    public static partial void RedisConnected(ILogger log);

    [LoggerMessage(5, LogLevel.Warning, "Last-used times cannot be written ({Failure}); they are kept for the next flush.")]
    public static partial void UsageFlushFailed(ILogger log, string failure);

    [LoggerMessage(6, LogLevel.Warning, "Calls fail because the database does not answer ({Failure}).")]
    public static partial void StoreUnavailable(ILogger log, string failure);

    [LoggerMessage(7, LogLevel.Error, "{Rpc} failed.")]
    public static partial void CallFailed(ILogger log, Exception exception, string rpc);

    [LoggerMessage(8, LogLevel.Warning, "{Table}: removing rows beyond their retention failed ({Failure}); it is tried again in an hour. The other tables are not affected.")]
    public static partial void CleanUpFailed(ILogger log, string table, string failure);

    [LoggerMessage(9, LogLevel.Information, "Removed {Requests} idempotency records, {Events} audit events, {SessionKeys} session keys and {EndedSessions} ended sessions beyond their retention.")]
    public static partial void CleanedUp(ILogger log, long requests, long events, long sessionKeys, long endedSessions);

    [LoggerMessage(11, LogLevel.Warning, "The database does not answer ({Failure}): not ready.")]
    public static partial void NotReady(ILogger log, string failure);

    [LoggerMessage(12, LogLevel.Information, "The database answers again: ready.")]
    public static partial void Ready(ILogger log);

    [LoggerMessage(13, LogLevel.Warning, "The feed is not answered ({Failure}); known keys are answered for the rest of the lease.")]
    public static partial void FeedFailed(ILogger log, string failure);

    [LoggerMessage(14, LogLevel.Warning, "This replica has no lease: every answer is read from the database.")]
    public static partial void LeaseLost(ILogger log);

    [LoggerMessage(15, LogLevel.Information, "This replica has a lease: it answers from what it keeps.")]
    public static partial void LeaseRegained(ILogger log);

    [LoggerMessage(16, LogLevel.Warning, "This replica starts as new ({Reason}): it keeps nothing from before.")]
    public static partial void StartedAsNew(ILogger log, string reason);

    [LoggerMessage(17, LogLevel.Information, "The own row in Replicas was not removed ({Failure}): others will, when its lease has passed.")]
    public static partial void RowNotRemoved(ILogger log, string failure);

    [LoggerMessage(18, LogLevel.Warning, "Removed {Replicas} replicas that showed no sign of life for more than their lease.")]
    public static partial void ReplicasReaped(ILogger log, int replicas);

    [LoggerMessage(19, LogLevel.Warning, "A change was made, but the table of replicas was not read ({Failure}): told as PENDING.")]
    public static partial void ReplicasUnknown(ILogger log, string failure);

    [LoggerMessage(20, LogLevel.Warning, "Nudges are not heard ({Failure}): the feed tells of changes within its interval.")]
    public static partial void NudgesNotHeard(ILogger log, string failure);

    [LoggerMessage(21, LogLevel.Warning, "An open transaction has held the feed's watermark back for more than {Age}.")]
    public static partial void WatermarkOld(ILogger log, TimeSpan age);

    [LoggerMessage(22, LogLevel.Information, "Master key generation {Generation} waits: {Replicas} replicas lack it. Until they have it, it only verifies.")]
    public static partial void GenerationWaits(ILogger log, char generation, int replicas);

    [LoggerMessage(23, LogLevel.Information, "Master key generation {Generation} is active: this process makes new keys with it.")]
    public static partial void GenerationActive(ILogger log, char generation);

    [LoggerMessage(24, LogLevel.Error, "{Misfit} This process stops.")]
    public static partial void GenerationMisfit(ILogger log, string misfit);

    [LoggerMessage(25, LogLevel.Warning, "Master key generation {Former} is not among those of this store any more: generation {Generation} makes new keys.")]
    public static partial void GenerationFellBack(ILogger log, char former, char generation);

    [LoggerMessage(26, LogLevel.Warning, "Too many {Class} are under way: those that come now are refused, and counted in keyservice_calls_refused_total.")]
    public static partial void Overloaded(ILogger log, string @class);

    [LoggerMessage(27, LogLevel.Warning, "{Keys} rows of SessionKeys do not open ({KeyId} is one): damaged, moved, or of a master key that is not configured. Console sessions that need them end.")]
    public static partial void SessionKeysShut(ILogger log, int keys, Guid keyId);

    [LoggerMessage(30, LogLevel.Error, "VIOLATION: replica {ReplicaId} answered as if {KeyId} had not been {Status} by revision {Revision}, which was in effect everywhere.")]
    public static partial void CanaryViolation(ILogger log, string replicaId, string keyId, string status, long revision);

    [LoggerMessage(31, LogLevel.Warning, "The canary's round failed ({Failure}); it is tried again.")]
    public static partial void CanaryFailed(ILogger log, string failure);

    [LoggerMessage(32, LogLevel.Warning, "Somebody else switched the canary's key {KeyId} off; it is switched on again. KeyService:Canary switches the canary off.")]
    public static partial void CanaryKeyDisabled(ILogger log, string keyId);

    [LoggerMessage(40, LogLevel.Warning, "The OpenID Connect issuer does not answer ({Failure}): its JWTs are checked with the keys known of it, if any.")]
    public static partial void IssuerAway(ILogger log, string failure);

    [LoggerMessage(41, LogLevel.Information, "The OpenID Connect issuer answers again.")]
    public static partial void IssuerBack(ILogger log);

    [LoggerMessage(42, LogLevel.Warning, "The database does not tell which console sessions have ended ({Failure}); those that are known stay ended.")]
    public static partial void EndedSessionsUnknown(ILogger log, string failure);

    [LoggerMessage(90, LogLevel.Error, "The database refuses what it is asked, and will until that is changed ({Failure}).")]
    public static partial void StoreFault(ILogger log, string failure);

    [LoggerMessage(91, LogLevel.Warning, "{Notice}")]
    public static partial void StoreNotice(ILogger log, string notice);

    [LoggerMessage(55, LogLevel.Warning, "One caller has its share of the {Class} under way: more of its calls are refused, and counted in keyservice_calls_refused_total. Not said again until 10 s pass without.")]
    public static partial void CallerShareTaken(ILogger log, string @class);

    [LoggerMessage(56, LogLevel.Warning, "Too many credentials of {Class} are being checked: calls with others are refused, and counted in keyservice_calls_refused_total. Not said again until 10 s pass without.")]
    public static partial void TooManyCredentials(ILogger log, string @class);

    [LoggerMessage(50, LogLevel.Warning, "A listener does not answer ({Failure}): not ready.")]
    public static partial void ListenerSilent(ILogger log, string failure);

    [LoggerMessage(51, LogLevel.Information, "Each of {Listeners} listeners has at most {Connections} connections, {Anonymous} of them without a valid credential; limit of open files: {OpenFiles}.")]
    public static partial void ConnectionLimits(ILogger log, int listeners, int connections, int anonymous, int? openFiles);

    [LoggerMessage(52, LogLevel.Warning, "Connections are closed by the service ({Reason}) and counted in keyservice_connections_closed_total. Not logged again until a minute passes without.")]
    public static partial void ConnectionsClosed(ILogger log, string reason);

    [LoggerMessage(92, LogLevel.Warning, "Pages of the console are refused, because too many are made or open, and counted in keyservice_pages_refused_total. Not logged again until a minute passes without.")]
    public static partial void PagesRefused(ILogger log);

    [LoggerMessage(53, LogLevel.Information, "All listeners answer again.")]
    public static partial void ListenersBack(ILogger log);

    [LoggerMessage(70, LogLevel.Warning, "Still failing after {Duration}: {Condition} ({Cause}); {Failures} failures since the last line.")]
    public static partial void ConditionLasts(ILogger log, TimeSpan duration, string condition, string cause, long failures);

    [LoggerMessage(71, LogLevel.Information, "No longer failing after {Duration}: {Condition}; {Failures} failures.")]
    public static partial void ConditionOver(ILogger log, TimeSpan duration, string condition, long failures);

    [LoggerMessage(72, LogLevel.Warning, "{Lines} more lines of {Category}, event {EventId}, were left out within {Period}; keyservice_log_lines_total counts them.")]
    public static partial void LinesLeftOut(ILogger log, long lines, string category, int eventId, TimeSpan period);

    [LoggerMessage(73, LogLevel.Warning, "Changes cannot be written ({Cause}): this process is not ready.")]
    public static partial void WritesFail(ILogger log, string cause);

    [LoggerMessage(74, LogLevel.Information, "Changes are written again: ready.")]
    public static partial void WritesSucceed(ILogger log);

    [LoggerMessage(80, LogLevel.Warning, "{Calls} calls had an x-keyservice-person header that is not accepted: {Problem}. Credentials with allowed_addresses are refused in such calls. A console needs the master keys of its service, and the right time.")]
    public static partial void PersonAddressRefused(ILogger log, int calls, string problem);

    [LoggerMessage(83, LogLevel.Warning, "The canary does not judge replica {ReplicaId}: {Cause}.")]
    public static partial void CanaryReplicaNotJudged(ILogger log, string replicaId, string cause);

    [LoggerMessage(84, LogLevel.Warning, "The canary judges none of {Replicas} replicas: it would find no violation.")]
    public static partial void CanaryJudgedNone(ILogger log, int replicas);
}
