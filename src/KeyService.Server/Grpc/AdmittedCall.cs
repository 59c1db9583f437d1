namespace KeyService.Server.Grpc;

/// <summary>The authenticated caller of a call that has its permit; a feature of its HTTP context.</summary>
/// <param name="caller">Who is calling.</param>
/// <param name="spent">What authentication took of the call's budget, in ticks of the time provider.</param>
/// <param name="authenticated">When the caller was authenticated: a time stamp of the time provider.</param>
internal sealed class AdmittedCall(Caller caller, long spent, long authenticated)
{
    public Caller Caller => caller;

    public long Spent => spent;

    public long Authenticated => authenticated;
}
