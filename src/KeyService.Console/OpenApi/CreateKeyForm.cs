using System.Globalization;
using System.Net;
using Google.Protobuf.WellKnownTypes;
using KeyService.AdminConsole.Layout;
using KeyService.AdminConsole.Service;
using KeyService.Contracts;
using KeyService.Contracts.V1;

namespace KeyService.AdminConsole.OpenApi;

/// <summary>What the person typed, checked as the contract says, so that it is told while they type. The service has the last word.</summary>
internal sealed class CreateKeyForm
{
    public const int MaxNameLength = 128;
    public const int MaxDescriptionLength = 1_024;
    private const int MaxListed = 64;
    private const int MaxQuoted = 64;

    /// <summary>The day after it is a date, too, in every time zone.</summary>
    public static readonly DateTime MaxLastDay = new(9998, 12, 31);

    /// <summary>As a date field of the browser writes it.</summary>
    public const string DayFormat = "yyyy-MM-dd";

    /// <summary>One key however often it is sent: an answer that was lost is asked for again.</summary>
    private readonly string _requestId = $"console-{Guid.NewGuid():N}";

    public string Name { get; set; } = "";

    public string Description { get; set; } = "";

    public KeyEnvironment Environment { get; set; } = KeyEnvironment.Live;

    /// <summary>The last day on which the key holds, by the person's calendar; empty: for ever.</summary>
    public string LastDay { get; set; } = "";

    /// <summary>One on a line, or with commas between.</summary>
    public string Scopes { get; set; } = "";

    /// <summary>The same.</summary>
    public string Addresses { get; set; } = "";

    /// <summary>The same; of a credential.</summary>
    public string PermittedWorkspaces { get; set; } = "";

    public bool NonRecoverable { get; set; }

    public static int Length(string? text) => (text ?? "").Trim().EnumerateRunes().Count();

    /// <summary>Null when it is good.</summary>
    public static string? NameProblem(string? name) => Length(name) switch
    {
        0 => "Give the key a name",
        _ when !FreeText.HasVisible(name!) => "Give the key a name that can be seen",
        > MaxNameLength => $"At most {MaxNameLength} characters; this has {Length(name)}",
        _ => TextProblem(name!.Trim(), multiline: false),
    };

    public static string? DescriptionProblem(string? description) =>
        Length(description) > MaxDescriptionLength ? $"At most {MaxDescriptionLength:N0} characters; this has {Length(description):N0}"
        : TextProblem((description ?? "").Trim(), multiline: true);

    public static string? ScopesProblem(string? text)
    {
        var scopes = Split(text);
        if (scopes.Length > MaxListed) return $"At most {MaxListed} scopes";
        return Array.Find(scopes, scope => !IsScope(scope)) is { } wrong ? $"“{Short(wrong)}” is no scope: lower-case letters, digits and . _ : - , such as orders.read or orders.*" : null;
    }

    public static string? AddressesProblem(string? text)
    {
        var addresses = Split(text);
        if (addresses.Length > MaxListed) return $"At most {MaxListed} addresses";
        if (Array.Find(addresses, address => !IsAddress(address)) is { } wrong) return $"“{Short(wrong)}” is no address: such as 203.0.113.7 or 203.0.113.0/24";
        return Array.Find(addresses, HasHostBits) is { } host ? $"“{Short(host)}” has host bits set; did you mean {IPNetwork.Parse(host)}?" : null;
    }

    public static string? WorkspacesProblem(string? text)
    {
        var workspaces = Split(text);
        if (workspaces.Length > MaxListed) return $"At most {MaxListed} workspaces";
        return Array.Find(workspaces, workspace => workspace != "*" && !WorkspacePicker.IsValid(workspace)) is { } wrong ? $"“{Short(wrong)}” is no workspace: 1 to 64 letters, digits, _ or -" : null;
    }

    /// <param name="text">As the field has it.</param>
    /// <param name="today">By the person's calendar.</param>
    public static string? LastDayProblem(string? text, DateTime today) =>
        string.IsNullOrEmpty(text) ? null
        : Day(text) is not { } day ? "Not a date"
        : day < today ? "Today or later"
        : day > MaxLastDay ? $"At most {MaxLastDay.ToString("d MMM yyyy", CultureInfo.InvariantCulture)}"
        : null;

    public bool IsGood(DateTime today) =>
        NameProblem(Name) is null && DescriptionProblem(Description) is null && ScopesProblem(Scopes) is null && AddressesProblem(Addresses) is null
        && WorkspacesProblem(PermittedWorkspaces) is null && LastDayProblem(LastDay, today) is null;

    public CreateKeyRequest ToRequest(string workspaceId, BrowserClock clock)
    {
        var request = new CreateKeyRequest
        {
            WorkspaceId = workspaceId,
            Name = Name.Trim(),
            Description = (Description ?? "").Trim(),
            Environment = Environment,
            NonRecoverable = NonRecoverable,
            RequestId = _requestId,
        };
        if (Day(LastDay) is { } day) request.ExpireTime = Timestamp.FromDateTimeOffset(clock.StartOf(day.AddDays(1)));
        request.Scopes.Add(Split(Scopes));
        request.AllowedAddresses.Add(Split(Addresses));
        request.PermittedWorkspaces.Add(Split(PermittedWorkspaces));
        return request;
    }

    private static string? TextProblem(string text, bool multiline) =>
        FreeText.Problem(text, multiline)?.Replace("must not contain", "No", StringComparison.Ordinal);

    private static string[] Split(string? text) =>
        (text ?? "").Split([',', '\n', '\r', ' ', '\t'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Of what may be a whole page that was pasted.</summary>
    private static string Short(string text) => text.Length <= MaxQuoted ? text : text[..(char.IsHighSurrogate(text[MaxQuoted - 1]) ? MaxQuoted - 1 : MaxQuoted)] + "…";

    private static DateTime? Day(string? text) => DateTime.TryParseExact(text, DayFormat, CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    private static bool IsScope(string scope) =>
        scope.Length <= 64 && (scope.EndsWith(".*", StringComparison.Ordinal) ? scope[..^2] : scope) is { Length: > 0 } name
        && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '_' or ':' or '-');

    private static bool HasHostBits(string text) =>
        text.Contains('/', StringComparison.Ordinal) && !IPNetwork.Parse(text).BaseAddress.Equals(IPAddress.Parse(text[..text.IndexOf('/', StringComparison.Ordinal)]));

    private static bool IsAddress(string text) =>
        text.Contains('/', StringComparison.Ordinal) ? IPNetwork.TryParse(text, out _) : IPAddress.TryParse(text, out var address) && (text.Contains(':', StringComparison.Ordinal) || address.ToString() == text);
}
