using System.Text.Json;

namespace KeyService.Server.Tests.Deploy;

/// <summary>The instructions of a Dockerfile, as far as this repository's one uses the format.</summary>
internal sealed class Dockerfile
{
    private readonly List<(string Keyword, string Arguments)> instructions;

    private Dockerfile(List<(string Keyword, string Arguments)> instructions) => this.instructions = instructions;

    public static Dockerfile Parse(string text)
    {
        var lines = text.Split('\n').Where(line => line.Trim() is not "" && !line.TrimStart().StartsWith('#'));
        var logicalLines = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n');
        return new Dockerfile([.. logicalLines.Select(line => line.Trim().Split(' ', 2)).Select(parts => (parts[0], parts[1].Trim()))]);
    }

    /// <summary>The arguments of every such instruction, in order.</summary>
    public IReadOnlyList<string> All(string keyword) => [.. instructions.Where(i => i.Keyword == keyword).Select(i => i.Arguments)];

    /// <summary>The same, of the last stage: the image that ships.</summary>
    public IReadOnlyList<string> Final(string keyword) =>
        [.. instructions.Skip(instructions.FindLastIndex(i => i.Keyword == "FROM")).Where(i => i.Keyword == keyword).Select(i => i.Arguments)];

    /// <summary>What COPY takes from the repository.</summary>
    public IReadOnlyList<string> CopiedFromRepository() =>
        [.. All("COPY").Where(copy => !copy.Contains("--from=", StringComparison.Ordinal)).SelectMany(copy => Words(copy).SkipLast(1))];

    /// <summary>What the last stage sets with ENV.</summary>
    public IReadOnlyDictionary<string, string> Environment() =>
        Final("ENV").SelectMany(Words).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>The exec form: a JSON array. Throws for the shell form, which a chiseled image cannot run.</summary>
    public static string[] ExecForm(string arguments) => JsonSerializer.Deserialize<string[]>(arguments[arguments.IndexOf('[', StringComparison.Ordinal)..])!;

    private static string[] Words(string arguments) => arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
