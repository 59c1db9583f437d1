using Google.Rpc;
using Grpc.Core;
using KeyService.Server.Grpc;

namespace KeyService.Server.Tests.Grpc;

/// <summary>What a refused request is told.</summary>
internal static class Refused
{
    /// <summary>The violations, as <c>field: problem</c>; none when the request was taken.</summary>
    public static IReadOnlyList<string> Violations(Action check)
    {
        try
        {
            check();
            return [];
        }
        catch (RpcException e)
        {
            e.StatusCode.ShouldBe(StatusCode.InvalidArgument);
            Info(e).Reason.ShouldBe("INVALID_FIELD");
            return [.. e.GetRpcStatus()!.GetDetail<BadRequest>()!.FieldViolations.Select(v => $"{v.Field}: {v.Description}")];
        }
    }

    /// <summary>The fields that break a limit.</summary>
    public static IReadOnlyList<string> Fields(Action check) => [.. Violations(check).Select(violation => violation[..violation.IndexOf(':', StringComparison.Ordinal)])];

    public static ErrorInfo Info(RpcException error) => error.GetRpcStatus().ShouldNotBeNull().GetDetail<ErrorInfo>().ShouldNotBeNull();

    /// <summary>The fields that a text of this length and shape breaks.</summary>
    public static IReadOnlyList<string> Text(string text, int maxLength, bool multiline)
    {
        var violations = new Violations();
        violations.Text("text", text, maxLength, multiline);
        return Violations(violations.ThrowIfAny);
    }
}
