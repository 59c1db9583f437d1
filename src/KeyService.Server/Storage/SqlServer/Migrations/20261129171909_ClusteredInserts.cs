using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KeyService.Server.Storage.SqlServer.Migrations
{
    /// <inheritdoc />
    public partial class ClusteredInserts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            // Both tables are written anew, in one transaction: look-ups of keys that are not in memory wait for it. A version that does not know of the column inserts
            // without it, and finds the same unique indexes.
            migrationBuilder.DropIndex(
                name: "IX_AuditEvents_EventTime",
                table: "AuditEvents");

            migrationBuilder.DropPrimaryKey(
                name: "PK_KeySecrets",
                table: "KeySecrets");

            migrationBuilder.DropPrimaryKey(
                name: "PK_AuditEvents",
                table: "AuditEvents");

            migrationBuilder.AddColumn<long>(
                name: "Number",
                table: "KeySecrets",
                type: "bigint",
                nullable: false,
                defaultValue: 0L)
                .Annotation("SqlServer:Identity", "1, 1");

            migrationBuilder.AddColumn<long>(
                name: "Number",
                table: "AuditEvents",
                type: "bigint",
                nullable: false,
                defaultValue: 0L)
                .Annotation("SqlServer:Identity", "1, 1");

            migrationBuilder.AddPrimaryKey(
                name: "PK_KeySecrets",
                table: "KeySecrets",
                column: "Number")
                .Annotation("SqlServer:Clustered", true);

            migrationBuilder.AddPrimaryKey(
                name: "PK_AuditEvents",
                table: "AuditEvents",
                column: "Number")
                .Annotation("SqlServer:Clustered", true);

            migrationBuilder.CreateIndex(
                name: "IX_KeySecrets_Digest",
                table: "KeySecrets",
                column: "Digest",
                unique: true)
                .Annotation("SqlServer:Include", new[] { "KeyId", "RetireTime" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_EventTime",
                table: "AuditEvents",
                column: "EventTime")
                .Annotation("SqlServer:Include", new[] { "WorkspaceId" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_WorkspaceId_Sequence",
                table: "AuditEvents",
                columns: new[] { "WorkspaceId", "Sequence" },
                unique: true)
                .Annotation("SqlServer:Include", new[] { "EventTime", "Mac" });
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropPrimaryKey(
                name: "PK_KeySecrets",
                table: "KeySecrets");

            migrationBuilder.DropIndex(
                name: "IX_KeySecrets_Digest",
                table: "KeySecrets");

            migrationBuilder.DropPrimaryKey(
                name: "PK_AuditEvents",
                table: "AuditEvents");

            migrationBuilder.DropIndex(
                name: "IX_AuditEvents_EventTime",
                table: "AuditEvents");

            migrationBuilder.DropIndex(
                name: "IX_AuditEvents_WorkspaceId_Sequence",
                table: "AuditEvents");

            migrationBuilder.DropColumn(
                name: "Number",
                table: "KeySecrets");

            migrationBuilder.DropColumn(
                name: "Number",
                table: "AuditEvents");

            migrationBuilder.AddPrimaryKey(
                name: "PK_KeySecrets",
                table: "KeySecrets",
                column: "Digest");

            migrationBuilder.AddPrimaryKey(
                name: "PK_AuditEvents",
                table: "AuditEvents",
                columns: new[] { "WorkspaceId", "Sequence" });

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_EventTime",
                table: "AuditEvents",
                column: "EventTime");
        }
    }
}
