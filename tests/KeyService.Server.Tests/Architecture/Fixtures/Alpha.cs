using KeyService.Server.Tests.Architecture.Fixtures.Beta;

namespace KeyService.Server.Tests.Architecture.Fixtures.Alpha;

// Each names a type of folder Beta in one place and nowhere else.

internal static class NamesBetaInSignature
{
    public static int Of(Named? named) => named is null ? 0 : 1;
}

internal sealed class NamesBetaInField
{
    public readonly Named? Kept = null;
}

internal sealed class NamesBetaInBase : Named;

internal static class NamesBetaInAsyncMethod
{
    public static async Task<int> RunAsync()
    {
        await Task.Yield();
        return new Named().Size;
    }
}

internal static class NamesBetaInIterator
{
    public static IEnumerable<int> Run()
    {
        yield return new Named().Size;
    }
}

internal static class NamesBetaInLambda
{
    public static Func<int> Make(int more) => () => new Named().Size + more;
}

internal static class NamesBetaInLocalFunction
{
    public static int Run(int more)
    {
        return Inner();

        int Inner() => new Named().Size + more;
    }
}

internal static class NamesBetaInNestedType
{
    public static object Make() => new Inner();

    private sealed class Inner
    {
        public int Size { get; } = new Named().Size;
    }
}

internal static class NamesBetaInGenericArgument
{
    public static object Make() => new List<Dictionary<string, Named>>();
}

internal static class NamesBetaInGenericMethodArgument
{
    public static object Make() => Array.Empty<Named>();
}

internal sealed class NamesBetaInConstraint<T>
    where T : Named;

[Named]
internal sealed class NamesBetaInAttribute;

internal static class NamesBetaInTypeOf
{
    public static object Make() => typeof(Named);
}

internal static class NamesBetaInArray
{
    public static object Make() => new Named[1][];
}

internal static class NamesBetaInCatch
{
    public static bool Run(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (NamedException)
        {
            return false;
        }
    }
}

internal static class KeepsToItself
{
    public static int Run() => new List<int> { 1 }.ConvertAll(x => x + 1)[0];
}
