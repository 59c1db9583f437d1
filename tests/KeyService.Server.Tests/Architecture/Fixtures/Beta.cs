namespace KeyService.Server.Tests.Architecture.Fixtures.Beta;

internal class Named
{
    public int Size { get; init; } = 1;
}

internal sealed class NamedException : Exception;

[AttributeUsage(AttributeTargets.All)]
internal sealed class NamedAttribute : Attribute;
