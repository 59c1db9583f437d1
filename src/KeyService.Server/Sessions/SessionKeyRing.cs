using System.Xml.Linq;
using KeyService.Server.Keys;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace KeyService.Server.Sessions;

/// <summary>
/// Data Protection's key ring in the database. Its interface is synchronous, so a thread waits here: once at the start, about once a day
/// in the background, and when a session names an unknown key.
/// </summary>
internal sealed class SessionKeyRing(SessionKeys keys, TimeProvider time) : IXmlRepository
{
    /// <summary>A page of the console waits no longer; the ring that is known stays in use.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    /// <exception cref="StoreUnavailableException">The database does not answer, or not within <see cref="Bound"/>.</exception>
    public IReadOnlyCollection<XElement> GetAllElements() => Wait(keys.ReadAsync);

    /// <inheritdoc cref="GetAllElements"/>
    public void StoreElement(XElement element, string friendlyName) => Wait(async token =>
    {
        await keys.AddAsync(element, token);
        return true;
    });

    private T Wait<T>(Func<CancellationToken, Task<T>> work)
    {
        using var bound = new CancellationTokenSource(Bound, time);
        try
        {
            // On the pool: a component of the console has a context of its own, and what continued there would wait for us.
            return Task.Run(() => work(bound.Token), bound.Token).WaitAsync(bound.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (bound.IsCancellationRequested)
        {
            throw new StoreUnavailableException(failure: $"no answer within {Bound.TotalSeconds:0} s");
        }
    }
}
