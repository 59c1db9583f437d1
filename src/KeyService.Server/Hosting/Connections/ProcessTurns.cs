namespace KeyService.Server.Hosting.Connections;

/// <summary>The turns of all listeners: clients without a credential do not take those of the others.</summary>
/// <param name="Authenticated">
/// Of connections that have carried a valid credential, and of all for what <see cref="AnonymousInput"/> allows.
/// </param>
/// <param name="Anonymous">Of the others.</param>
internal sealed record ProcessTurns(InputTurns Authenticated, InputTurns Anonymous)
{
    public static ProcessTurns Of(TimeProvider time) => new(InputTurns.ForAuthenticated(time), InputTurns.ForAnonymous(time));
}
