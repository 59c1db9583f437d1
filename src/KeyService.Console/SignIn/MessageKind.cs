namespace KeyService.AdminConsole.SignIn;

/// <summary>What <see cref="MessagePage"/> says.</summary>
public enum MessageKind
{
    /// <summary>Nothing is at this address.</summary>
    NotFound,

    /// <summary>The request came over plain HTTP from another machine.</summary>
    NeedsHttps,
}
