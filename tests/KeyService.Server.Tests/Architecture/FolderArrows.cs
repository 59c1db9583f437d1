using Mono.Cecil;
using Mono.Cecil.Cil;

namespace KeyService.Server.Tests.Architecture;

/// <summary>
/// Reads out of an assembly which folder names types of which other one: in bases, signatures, fields, attributes, locals and instructions.
/// What the compiler nests in a type (state machines, closures) belongs to that type. A constant of another folder leaves no trace in the
/// assembly and is not seen.
/// </summary>
internal sealed class FolderArrows(string assemblyPath, string rootNamespace)
{
    public const string Contracts = "Contracts";

    /// <summary>The folders that hold types.</summary>
    public IReadOnlySet<string> Folders()
    {
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        return assembly.MainModule.GetTypes().Select(FolderOf).OfType<string>().ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>Every pair of types across folders that the table does not allow, as <c>Grpc.Callers -> Usage.UsageRecorder</c>.</summary>
    public IReadOnlyList<string> Forbidden(IReadOnlyDictionary<string, string[]> allowed)
    {
        using var assembly = AssemblyDefinition.ReadAssembly(assemblyPath);
        var findings = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in assembly.MainModule.GetTypes())
        {
            if (FolderOf(type) is not { } from) continue;
            foreach (var named in NamedBy(type).SelectMany(Parts))
            {
                if (FolderOf(named) is { } to && to != from && !allowed.GetValueOrDefault(from, []).Contains(to))
                    findings.Add($"{from}.{Outermost(type).Name} -> {to}.{Outermost(named).Name}");
            }
        }

        return [.. findings];
    }

    private string? FolderOf(TypeReference type)
    {
        var name = Outermost(type).Namespace;
        if (name.StartsWith("KeyService.Contracts", StringComparison.Ordinal)) return Contracts;
        return name.StartsWith(rootNamespace + ".", StringComparison.Ordinal) ? name[(rootNamespace.Length + 1)..].Split('.')[0] : null;
    }

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    /// <summary>A generic type with its arguments; arrays, references and pointers as what they are of.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Append(generic.ElementType),
        IModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        TypeSpecification special => Parts(special.ElementType),
        _ => [type],
    };

    private static IEnumerable<TypeReference> NamedBy(TypeDefinition type) =>
    [
        .. type.BaseType is { } parent ? [parent] : Array.Empty<TypeReference>(),
        .. type.Interfaces.Select(i => i.InterfaceType),
        .. Attributes(type), .. Constraints(type),
        .. type.Fields.SelectMany(field => Attributes(field).Append(field.FieldType)),
        .. type.Properties.SelectMany(property => Attributes(property).Append(property.PropertyType)),
        .. type.Events.SelectMany(e => Attributes(e).Append(e.EventType)),
        .. type.Methods.SelectMany(NamedBy),
    ];

    private static IEnumerable<TypeReference> NamedBy(MethodDefinition method) =>
    [
        .. Attributes(method), .. Constraints(method), .. Attributes(method.MethodReturnType),
        .. method.Parameters.SelectMany(parameter => Attributes(parameter)), .. Signature(method),
        .. method.HasBody ? NamedBy(method.Body) : [],
    ];

    private static IEnumerable<TypeReference> NamedBy(MethodBody body) =>
    [
        .. body.Variables.Select(local => local.VariableType),
        .. body.ExceptionHandlers.Select(handler => handler.CatchType),
        .. body.Instructions.SelectMany(instruction => instruction.Operand switch
        {
            TypeReference type => [type],
            MethodReference called => Signature(called).Append(called.DeclaringType),
            FieldReference field => [field.FieldType, field.DeclaringType],
            _ => Array.Empty<TypeReference>(),
        }),
    ];

    private static IEnumerable<TypeReference> Signature(MethodReference method) =>
    [
        method.ReturnType, .. method.Parameters.Select(parameter => parameter.ParameterType),
        .. method is GenericInstanceMethod generic ? generic.GenericArguments : Enumerable.Empty<TypeReference>(),
    ];

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints.Select(constraint => constraint.ConstraintType));

    private static IEnumerable<TypeReference> Attributes(ICustomAttributeProvider provider) => provider.CustomAttributes.SelectMany(
        attribute => attribute.ConstructorArguments.Concat(attribute.Properties.Select(p => p.Argument)).Concat(attribute.Fields.Select(f => f.Argument))
            .SelectMany(argument => argument.Value is TypeReference type ? [argument.Type, type] : new[] { argument.Type })
            .Append(attribute.AttributeType));
}
