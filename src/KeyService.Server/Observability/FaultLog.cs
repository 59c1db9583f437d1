namespace KeyService.Server.Observability;

/// <summary>Calls that fail by a permanent fault of the store: a line for the first of each fault, then one every 5 minutes with the number of calls between.</summary>
internal sealed class FaultLog(TimeProvider time, ILogger<FaultLog> log)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    /// <summary>There are as many faults as the engine has numbers for; a store that returns more of them is told of as one.</summary>
    private const int Most = 100;

    private readonly Dictionary<string, Fault> _faults = new(StringComparer.Ordinal);

    public void Add(string rpc, string failure)
    {
        long unsaid;
        lock (_faults)
        {
            var key = _faults.Count < Most || _faults.ContainsKey(failure) ? failure : "";
            if (!_faults.TryGetValue(key, out var fault)) _faults.Add(key, fault = new());
            else if (time.GetElapsedTime(fault.Said) < Pause)
            {
                fault.Unsaid++;
                return;
            }

            (fault.Said, unsaid, fault.Unsaid) = (time.GetTimestamp(), fault.Unsaid, 0);
        }

        Log.StoreFault(log, rpc, failure, unsaid);
    }

    private sealed class Fault
    {
        public long Said { get; set; }

        public long Unsaid { get; set; }
    }
}
