namespace KeyService.AdminConsole.SignIn;

/// <summary>Why the sign-in page is shown, beyond that nobody is signed in.</summary>
public enum SignInProblem
{
    None,

    /// <summary>The credential does not hold.</summary>
    Credential,

    /// <summary>The one-time link was used, is too old, or was never given out.</summary>
    Link,

    /// <summary>It does not hold, after too many others from the same place.</summary>
    Slow,

    /// <summary>The service does not answer.</summary>
    Away,

    /// <summary>The form was made for another session.</summary>
    Stale,

    /// <summary>The issuer did not let the person in.</summary>
    Issuer,

    /// <summary>The credential of the session does not hold any more.</summary>
    Ended,

    /// <summary>The person signed out.</summary>
    SignedOut,

    /// <summary>The person signed out of the console; at the issuer of their account they may still be signed in.</summary>
    SignedOutHere,

    /// <summary>Nobody was there for too long.</summary>
    Idle,
}
