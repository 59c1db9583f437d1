using KeyService.Server.Tests.Architecture.Fixtures.Alpha;

namespace KeyService.Server.Tests.Architecture;

/// <summary>A checker that cannot fail proves nothing: here it must find what is there.</summary>
public class ArchitectureControlTests
{
    private static readonly FolderArrows Fixtures = new(typeof(NamesBetaInSignature).Assembly.Location, "KeyService.Server.Tests.Architecture.Fixtures");

    private static readonly Dictionary<string, string[]> NoArrows = new(StringComparer.Ordinal);

    [Theory]
    [InlineData("Hosting", "Grpc")]
    [InlineData("Grpc", "Validation")]
    [InlineData("Grpc", FolderArrows.Contracts)]
    [InlineData("Validation", "Lookup")]
    [InlineData("Lookup", "Replication")]
    [InlineData("Lookup", "Observability")]
    [InlineData("Issuance", "Audit")]
    [InlineData("Lifecycle", "Storage")]
    [InlineData("Usage", "Storage")]
    [InlineData("Storage", "Keys")]
    public void Without_an_arrow_that_the_server_uses_there_are_findings(string from, string to)
    {
        var table = FolderDependencyTests.Arrows.ToDictionary(
            arrow => arrow.Key, arrow => arrow.Key == from ? [.. arrow.Value.Where(target => target != to)] : arrow.Value, StringComparer.Ordinal);

        var findings = FolderDependencyTests.Server.Forbidden(table);

        findings.ShouldNotBeEmpty();
        findings.ShouldAllBe(finding => finding.StartsWith($"{from}.", StringComparison.Ordinal) && finding.Contains($" -> {to}.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(nameof(NamesBetaInSignature))]
    [InlineData(nameof(NamesBetaInField))]
    [InlineData(nameof(NamesBetaInBase))]
    [InlineData(nameof(NamesBetaInAsyncMethod))]
    [InlineData(nameof(NamesBetaInIterator))]
    [InlineData(nameof(NamesBetaInLambda))]
    [InlineData(nameof(NamesBetaInLocalFunction))]
    [InlineData(nameof(NamesBetaInNestedType))]
    [InlineData(nameof(NamesBetaInGenericArgument))]
    [InlineData(nameof(NamesBetaInGenericMethodArgument))]
    [InlineData(nameof(NamesBetaInConstraint<>))]
    [InlineData(nameof(NamesBetaInAttribute))]
    [InlineData(nameof(NamesBetaInTypeOf))]
    [InlineData(nameof(NamesBetaInArray))]
    [InlineData(nameof(NamesBetaInCatch))]
    public void A_forbidden_name_is_found_wherever_it_stands(string type) =>
        Fixtures.Forbidden(NoArrows).ShouldContain(finding => finding.StartsWith($"Alpha.{type}", StringComparison.Ordinal)
            && finding.Contains(" -> Beta.", StringComparison.Ordinal));

    [Fact]
    public void What_names_nothing_of_another_folder_is_not_found() =>
        Fixtures.Forbidden(NoArrows).ShouldNotContain(finding => finding.StartsWith($"Alpha.{nameof(KeepsToItself)}", StringComparison.Ordinal));

    [Fact]
    public void With_the_arrow_there_are_no_findings() =>
        Fixtures.Forbidden(new Dictionary<string, string[]>(StringComparer.Ordinal) { ["Alpha"] = ["Beta"] }).ShouldBeEmpty();
}
