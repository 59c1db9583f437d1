using Microsoft.AspNetCore.Components.Server.Circuits;

namespace KeyService.AdminConsole.Service;

/// <summary>When the person last did something on a page. The connection itself says that it is alive, which is not the same.</summary>
public sealed class CircuitActivity(ConsoleOptions options, TimeProvider time) : CircuitHandler
{
    private long _last = time.GetTimestamp();

    public bool IsIdle => time.GetElapsedTime(Volatile.Read(ref _last)) > options.IdleTimeout;

    public override Func<CircuitInboundActivityContext, Task> CreateInboundActivityHandler(Func<CircuitInboundActivityContext, Task> next) => activity =>
    {
        // Who comes back after the time-out has to sign in again.
        if (!IsIdle) Volatile.Write(ref _last, time.GetTimestamp());
        return next(activity);
    };
}
