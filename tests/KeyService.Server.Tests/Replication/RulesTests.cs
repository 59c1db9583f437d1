using System.Reflection;
using KeyService.Server.Replication;

namespace KeyService.Server.Tests.Replication;

/// <summary>In the build that ships every rule of the protocol holds, and nothing can switch one off.</summary>
public class RulesTests
{
    private static readonly MemberInfo[] Members =
        typeof(Rules).GetMembers(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly);

    [Fact]
    public void All_hold() => Members.OfType<PropertyInfo>().ShouldAllBe(rule => Equals(rule.GetValue(null), true));

    [Fact]
    public void None_has_a_switch()
    {
        Members.OfType<PropertyInfo>().Count().ShouldBe(16);
        Members.OfType<PropertyInfo>().ShouldAllBe(rule => rule.SetMethod == null);
        Members.OfType<FieldInfo>().ShouldBeEmpty("a rule that reads nothing cannot be switched");
    }
}
