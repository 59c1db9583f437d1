using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace KeyService.AdminConsole.SignIn;

/// <summary>The sign-in page as an answer, and where a person goes from it.</summary>
internal static class SignInAnswer
{
    public static RazorComponentResult<SignInPage> Page(ConsoleOptions options, SignInProblem problem, string? @return) => new(new Dictionary<string, object?>(StringComparer.Ordinal)
    {
        [nameof(SignInPage.Problem)] = problem,
        [nameof(SignInPage.Return)] = Local(@return),
        [nameof(SignInPage.WithIssuer)] = options.Oidc is not null,
    })
    {
        StatusCode = problem switch
        {
            SignInProblem.Credential or SignInProblem.Link => StatusCodes.Status401Unauthorized,
            SignInProblem.Slow => StatusCodes.Status429TooManyRequests,
            SignInProblem.Away => StatusCodes.Status503ServiceUnavailable,
            SignInProblem.Stale => StatusCodes.Status400BadRequest,
            _ => StatusCodes.Status200OK,
        },
    };

    /// <summary>The page's address, from which one comes back to where one was.</summary>
    public static string Address(SignInProblem problem, string? @return) =>
        $"{SessionEndpoints.SignInPath}?problem={problem}&return={Uri.EscapeDataString(Local(@return))}";

    /// <summary>A path of the console, whatever was asked for: nobody is sent elsewhere.</summary>
    public static string Local(string? path) =>
        path is ['/', ..] && !path.StartsWith("//", StringComparison.Ordinal) && !path.StartsWith("/\\", StringComparison.Ordinal)
        && !path.StartsWith(SessionEndpoints.SignInPath, StringComparison.Ordinal) && !path.StartsWith("/session", StringComparison.Ordinal) && path.All(c => c is > ' ' and <= '~')
            ? path
            : "/";
}
