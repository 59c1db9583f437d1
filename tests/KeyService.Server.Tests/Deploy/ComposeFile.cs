namespace KeyService.Server.Tests.Deploy;

/// <summary>deploy/compose.yaml, as far as the tests look at it.</summary>
internal sealed class ComposeFile
{
    public Dictionary<string, ComposeService> Services { get; init; } = [];

    public Dictionary<string, object> Secrets { get; init; } = [];

    public Dictionary<string, object?> Volumes { get; init; } = [];

    public Dictionary<string, ComposeNetwork?> Networks { get; init; } = [];
}

internal sealed class ComposeService
{
    public string Image { get; init; } = "";

    public string? User { get; init; }

    public List<string>? Command { get; init; }

    public string? Restart { get; init; }

    public bool ReadOnly { get; init; }

    public List<string> Tmpfs { get; init; } = [];

    public List<string> CapDrop { get; init; } = [];

    public List<string> SecurityOpt { get; init; } = [];

    public List<string> Secrets { get; init; } = [];

    public Dictionary<string, string> Environment { get; init; } = [];

    public List<string> Volumes { get; init; } = [];

    public List<string> Networks { get; init; } = [];

    public List<string>? Ports { get; init; }

    public ComposeHealthcheck? Healthcheck { get; init; }

    public Dictionary<string, ComposeDependency> DependsOn { get; init; } = [];
}

internal sealed class ComposeHealthcheck
{
    public List<string>? Test { get; init; }
}

internal sealed class ComposeDependency
{
    public string Condition { get; init; } = "";
}

internal sealed class ComposeNetwork
{
    public bool Internal { get; init; }
}
