using System.Reflection;
using Microsoft.Data.SqlClient;

namespace KeyService.Server.Tests.Fakes;

/// <summary>Exceptions of SqlClient, which has no public way to make one.</summary>
internal static class SqlErrors
{
    private const BindingFlags NotPublic = BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    private static readonly ConstructorInfo NewError = typeof(SqlError).GetConstructors(NotPublic).MinBy(constructor => constructor.GetParameters().Length)!;
    private static readonly MethodInfo Add = typeof(SqlErrorCollection).GetMethod("Add", NotPublic)!;
    private static readonly MethodInfo NewException = typeof(SqlException).GetMethod("CreateException", NotPublic, [typeof(SqlErrorCollection), typeof(string)])!;

    public static SqlException Of(int number, byte severity)
    {
        var errors = (SqlErrorCollection)Activator.CreateInstance(typeof(SqlErrorCollection), nonPublic: true)!;
        // Number, state, severity, server, message, procedure, line, inner exception.
        Add.Invoke(errors, [NewError.Invoke([number, (byte)1, severity, "", "", "", 1, null])]);
        return (SqlException)NewException.Invoke(null, [errors, ""])!;
    }
}
