using System.Text;
using CsCheck;
using KeyService.Server.Keys;

namespace KeyService.Server.Tests.Keys;

/// <summary>What a caller may do, and where; of an API key and of the claim of a JWT.</summary>
public class CredentialRightsTests
{
    private static readonly string[] Places = ["a", "b", "A", "unseen", Workspaces.System];

    private static readonly Permissions[] Each = [.. Enum.GetValues<Permissions>().Where(p => p is not (Permissions.None or Permissions.All))];

    private static readonly Gen<Permissions> AnyPermissions = Gen.Int[0, (int)Permissions.All].Select(i => (Permissions)i);

    private static readonly Gen<string[]> AnyPlaces = Gen.OneOf("a", "b", "c", Workspaces.All).Array[0, 3].Select(ids => ids.Distinct().ToArray());

    private static readonly Gen<CredentialRights> OfApiKey = Gen.Select(AnyPermissions, AnyPlaces, (permissions, places) => new CredentialRights(permissions, places));

    private static readonly Gen<string> AnyValue = Gen.Select(
        Gen.OneOf([.. PermissionNames.Everything, "keys:none", ""]), Gen.OneOf("", "@a", "@b", "@c", "@system", "@*", "@", "@a b"), (name, place) => name + place);

    private static readonly Gen<CredentialRights> OfJwt = AnyValue.Array[0, 8].Select(CredentialRights.OfClaim);

    private static readonly Gen<CredentialRights> Any = Gen.OneOf(OfApiKey, OfJwt);

    [Fact]
    public void Of_an_api_key_each_permission_holds_in_each_of_its_places()
    {
        var rights = new CredentialRights(Permissions.Read | Permissions.Validate, ["a", "b"]);

        foreach (var place in new[] { "a", "b" }) rights.PermissionsIn(place).ShouldBe(Permissions.Read | Permissions.Validate);
        rights.PermissionsIn("A").ShouldBe(Permissions.None);
        rights.PermissionsIn(Workspaces.System).ShouldBe(Permissions.None);
        rights.GrantedWorkspaces.ShouldBe(["a", "b"], ignoreOrder: true);
        rights.AllWorkspaces.ShouldBeFalse();
    }

    [Fact]
    public void Permissions_without_a_place_are_held_and_may_nothing()
    {
        var rights = new CredentialRights(Permissions.All & ~Permissions.Admin, []);

        rights.Holds(Permissions.Read).ShouldBeTrue();
        foreach (var place in Places) rights.PermissionsIn(place).ShouldBe(Permissions.None);
    }

    [Fact]
    public void Of_a_claim_each_permission_holds_in_its_own_place()
    {
        var rights = CredentialRights.OfClaim(["keys:read", "keys:write@a", "keys:validate@a", "keys:write@b"]);

        rights.PermissionsIn("a").ShouldBe(Permissions.Read | Permissions.Write | Permissions.Validate);
        rights.PermissionsIn("b").ShouldBe(Permissions.Read | Permissions.Write);
        rights.PermissionsIn("unseen").ShouldBe(Permissions.Read);
        rights.PermissionsIn(Workspaces.System).ShouldBe(Permissions.None);
        rights.Permissions.ShouldBe(Permissions.Read | Permissions.Write | Permissions.Validate);
        rights.GrantedWorkspaces.ShouldBe(["a", "b"], ignoreOrder: true);
        rights.AllWorkspaces.ShouldBeTrue();
    }

    [Fact]
    public void Keys_admin_is_about_no_place()
    {
        var admin = CredentialRights.OfClaim(["keys:admin"]);

        admin.PermissionsIn(Workspaces.System).ShouldBe(Permissions.All & ~Permissions.Validate);
        admin.PermissionsIn("a").ShouldBe(Permissions.Admin);
        (admin.AllWorkspaces, admin.GrantedWorkspaces.Count).ShouldBe((false, 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("@a")]
    [InlineData("keys:everything")]
    [InlineData("KEYS:READ")]
    [InlineData(" keys:read")]
    [InlineData("keys:read ")]
    [InlineData("keys:read,keys:write")]
    [InlineData("keys:read keys:write")]
    [InlineData("keys:read@")]
    [InlineData("keys:read@*")]
    [InlineData("keys:read@a@b")]
    [InlineData("keys:read@a b")]
    [InlineData("keys:read@\u00e9")]
    [InlineData("keys:read@system")]
    [InlineData("keys:admin@a")]
    [InlineData("keys:admin@system")]
    [InlineData("[\"keys:read\"]")]
    public void A_value_that_is_none_grants_nothing(string value)
    {
        var rights = CredentialRights.OfClaim([value, $"keys:read@{new string('a', 65)}"]);

        (rights.Permissions, rights.AllWorkspaces, rights.GrantedWorkspaces.Count).ShouldBe((Permissions.None, false, 0));
    }

    [Fact]
    public void Whether_keys_may_be_validated_is_whether_the_permission_holds_there() => Any.Sample(rights =>
    {
        foreach (var place in Places.Where(place => place != Workspaces.System))
            rights.MayValidate(Encoding.ASCII.GetBytes(place)).ShouldBe(rights.May(Permissions.Validate, place));
    });

    [Fact]
    public void Several_permissions_hold_where_each_of_them_does() => Gen.Select(Any, AnyPermissions).Sample((rights, permissions) =>
    {
        foreach (var place in Places)
            rights.May(permissions, place).ShouldBe(Each.Where(each => permissions.HasFlag(each)).All(each => rights.May(each, place)));
    });

    [Fact]
    public void What_may_be_granted_lets_nobody_do_more_anywhere() => Gen.Select(Any, Any).Sample((own, other) =>
    {
        if (!own.MayGrant(other)) return;
        own.Holds(other.Permissions).ShouldBeTrue();
        foreach (var place in Places.Append("c")) own.May(other.PermissionsIn(place), place).ShouldBeTrue(place);
    });

    [Fact]
    public void Everybody_may_grant_what_he_holds_and_so_on() => Gen.Select(Any, Any, Any).Sample((a, b, c) =>
    {
        a.MayGrant(a).ShouldBeTrue();
        a.MayGrant(CredentialRights.None).ShouldBeTrue();
        if (a.MayGrant(b) && b.MayGrant(c)) a.MayGrant(c).ShouldBeTrue();
    });

    [Fact]
    public void Among_api_keys_a_grant_is_permissions_and_places_of_ones_own() => Gen.Select(AnyPermissions, AnyPlaces, AnyPermissions, AnyPlaces).Sample((permissions, places, otherPermissions, otherPlaces) =>
        new CredentialRights(permissions, places).MayGrant(new(otherPermissions, otherPlaces)).ShouldBe(
            permissions.HasFlag(otherPermissions) && (places.Contains(Workspaces.All) || otherPlaces.All(places.Contains))));

    [Fact]
    public void What_is_held_in_one_place_is_not_granted_in_another()
    {
        var own = CredentialRights.OfClaim(["keys:read@a", "keys:write@b", "keys:admin"]);

        own.MayGrant(new(Permissions.Read, ["a"])).ShouldBeTrue();
        own.MayGrant(new(Permissions.Read, ["b"])).ShouldBeFalse();
        own.MayGrant(new(Permissions.Read | Permissions.Write, ["a"])).ShouldBeFalse();
        own.MayGrant(new(Permissions.Read, [Workspaces.All])).ShouldBeFalse();
        own.MayGrant(new(Permissions.Admin, [])).ShouldBeTrue();
        own.MayGrant(new(Permissions.Admin, ["c"])).ShouldBeFalse();
    }

    [Fact]
    public void To_ask_whether_keys_may_be_validated_makes_nothing()
    {
        var rights = new CredentialRights(Permissions.Validate, ["a", "wallet-b"]);
        rights.MayValidate("wallet-b"u8).ShouldBeTrue();

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++) _ = rights.MayValidate("wallet-b"u8) | rights.MayValidate("wallet-c"u8);

        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBe(0);
    }
}
