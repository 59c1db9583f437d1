using KeyService.Server.Storage;
using KeyService.Server.Storage.SqlServer;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.SqlServer.Dac.Model;
using Microsoft.SqlServer.TransactSql.ScriptDom;

namespace KeyService.Storage.Tests.TSql;

/// <summary>The schema as the migrations make it, compiled without a server.</summary>
internal static class Schema
{
    /// <summary>As the model has it, which a test compares with the migrations; and the table that only they make.</summary>
    private static readonly Lazy<IReadOnlyList<string>> CreateBatches = new(() =>
    [
        .. Batches(CreateScript()),
        "CREATE TABLE [__EFMigrationsHistory] ([MigrationId] nvarchar(150) NOT NULL PRIMARY KEY, [ProductVersion] nvarchar(32) NOT NULL)",
    ]);

    public static SqlServerKeyDbContext NewContext() => new(SqlServerEngine.OptionsFor("Server=none;Database=none", retry: false));

    public static string MigrationScript(bool idempotent)
    {
        using var context = NewContext();
        return context.GetService<IMigrator>().GenerateScript(
            options: idempotent ? MigrationsSqlGenerationOptions.Idempotent : MigrationsSqlGenerationOptions.Default);
    }

    public static string CreateScript()
    {
        using var context = NewContext();
        return context.Database.GenerateCreateScript();
    }

    public static IReadOnlyList<string> Batches(string script) =>
        script.ReplaceLineEndings("\n").Split("\nGO\n").Select(batch => batch.Trim()).Where(batch => batch.Length > 0).ToList();

    /// <summary>The statements as trees; fails on the first that is not T-SQL.</summary>
    public static TSqlScript Parse(string sql)
    {
        var tree = new TSql160Parser(initialQuotedIdentifiers: true).Parse(new StringReader(sql), out var errors);
        errors.Select(error => $"{error.Line}:{error.Column} {error.Message}").ShouldBeEmpty(sql);
        return (TSqlScript)tree;
    }

    /// <summary>The schema as the newest server that DacFx knows would take it.</summary>
    public static TSqlModel Compile()
    {
        var model = new TSqlModel(SqlServerVersion.Sql160, new TSqlModelOptions { Collation = "SQL_Latin1_General_CP1_CI_AS" });
        // Only what defines something: a model has no rows and no transactions.
        foreach (var statement in CreateBatches.Value.SelectMany(batch => Parse(batch).Batches.SelectMany(b => b.Statements)))
        {
            if (statement is CreateTableStatement or CreateIndexStatement or AlterTableStatement or CreateSequenceStatement) model.AddObjects(TextOf(statement));
        }

        return model;
    }

    /// <summary>What the compiler says of statements, each in a procedure with its parameters.</summary>
    public static IReadOnlyList<string> ProblemsOf(params IEnumerable<(string Body, string Parameters)> statements)
    {
        using var model = Compile();
        var number = 0;
        foreach (var (body, parameters) in statements)
            model.AddObjects($"CREATE PROCEDURE [dbo].[Statement{number++}] {parameters} AS BEGIN\n{AsTables(body, model)}\nEND");
        return model.Validate().Select(message => message.Message).ToList();
    }

    /// <summary>The compiler does not look into table variables: they become tables of the model.</summary>
    private static string AsTables(string body, TSqlModel model)
    {
        foreach (var declared in Parse(body).Batches.SelectMany(batch => batch.Statements).OfType<DeclareTableVariableStatement>())
        {
            var variable = declared.Body.VariableName.Value;
            var table = $"[dbo].[{variable.TrimStart('@')}]";
            model.AddObjects($"CREATE TABLE {table} ({TextOf(declared.Body.Definition)})");
            body = body.Replace(TextOf(declared), "", StringComparison.Ordinal).Replace(variable, table, StringComparison.Ordinal);
        }

        return body;
    }

    public static string TextOf(TSqlFragment fragment) =>
        string.Concat(fragment.ScriptTokenStream.Skip(fragment.FirstTokenIndex).Take(fragment.LastTokenIndex - fragment.FirstTokenIndex + 1).Select(token => token.Text));
}
