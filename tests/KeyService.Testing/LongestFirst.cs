using Xunit.Sdk;
using Xunit.v3;

namespace KeyService.Testing;

/// <summary>Marks a class whose tests together take half a minute or more.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class TakesLongAttribute : Attribute;

/// <summary>
/// Runs the classes that take long before the others, in random order as the runner does. Otherwise a suite ends with one of them, and the
/// other processors are idle.
/// </summary>
internal sealed class LongestFirst : ITestCollectionOrderer
{
    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. DefaultTestCollectionOrderer.Instance.OrderTestCollections(testCollections).OrderBy(one => TakesLong(one) ? 0 : 1)];

    /// <summary>Without a collection of its own, a class has one with its name.</summary>
    private static bool TakesLong(ITestCollection collection)
    {
        if (collection is not IXunitTestCollection { TestAssembly.Assembly: var assembly }) return false;
        var words = collection.TestCollectionDisplayName.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Select(assembly.GetType).Any(type => type?.IsDefined(typeof(TakesLongAttribute), inherit: false) == true);
    }
}
