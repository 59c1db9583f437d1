using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KeyService.Server.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Initial : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "ApiKeys",
                columns: table => new
                {
                    KeyId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    WorkspaceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Name = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    NameOrder = table.Column<string>(type: "TEXT", maxLength: 200, nullable: false),
                    Description = table.Column<string>(type: "TEXT", maxLength: 2048, nullable: false),
                    Search = table.Column<string>(type: "TEXT", nullable: false),
                    Environment = table.Column<byte>(type: "INTEGER", nullable: false),
                    Status = table.Column<byte>(type: "INTEGER", nullable: false),
                    StatusReason = table.Column<string>(type: "TEXT", maxLength: 512, nullable: false),
                    Hint = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Recoverable = table.Column<bool>(type: "INTEGER", nullable: false),
                    Scopes = table.Column<string>(type: "TEXT", nullable: false),
                    AllowedAddresses = table.Column<string>(type: "TEXT", nullable: false),
                    PermittedWorkspaces = table.Column<string>(type: "TEXT", nullable: false),
                    Metadata = table.Column<string>(type: "TEXT", nullable: false),
                    CreateTime = table.Column<long>(type: "INTEGER", nullable: false),
                    UpdateTime = table.Column<long>(type: "INTEGER", nullable: false),
                    ExpireTime = table.Column<long>(type: "INTEGER", nullable: true),
                    CreatedBy = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Revision = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_ApiKeys", x => x.KeyId);
                });

            migrationBuilder.CreateTable(
                name: "AuditEvents",
                columns: table => new
                {
                    WorkspaceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    EventId = table.Column<Guid>(type: "TEXT", nullable: false),
                    EventTime = table.Column<long>(type: "INTEGER", nullable: false),
                    Action = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Actor = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    OnBehalfOf = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    KeyId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Before = table.Column<string>(type: "TEXT", nullable: false),
                    After = table.Column<string>(type: "TEXT", nullable: false),
                    Generation = table.Column<char>(type: "TEXT", nullable: false),
                    Mac = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditEvents", x => new { x.WorkspaceId, x.Sequence });
                });

            migrationBuilder.CreateTable(
                name: "AuditHeads",
                columns: table => new
                {
                    WorkspaceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Sequence = table.Column<long>(type: "INTEGER", nullable: false),
                    Mac = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false),
                    PurgedSequence = table.Column<long>(type: "INTEGER", nullable: false),
                    PurgedMac = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false),
                    PurgedSeal = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false),
                    PurgedGeneration = table.Column<char>(type: "TEXT", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_AuditHeads", x => x.WorkspaceId);
                });

            migrationBuilder.CreateTable(
                name: "KeySecrets",
                columns: table => new
                {
                    Digest = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false),
                    KeyId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Generation = table.Column<char>(type: "TEXT", nullable: false),
                    Sealed = table.Column<byte[]>(type: "BLOB", nullable: true),
                    CreateTime = table.Column<long>(type: "INTEGER", nullable: false),
                    RetireTime = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeySecrets", x => x.Digest);
                });

            migrationBuilder.CreateTable(
                name: "KeyUsage",
                columns: table => new
                {
                    KeyId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    LastUsedTime = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_KeyUsage", x => x.KeyId);
                });

            migrationBuilder.CreateTable(
                name: "MasterKeyFingerprints",
                columns: table => new
                {
                    Generation = table.Column<char>(type: "TEXT", nullable: false),
                    Fingerprint = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_MasterKeyFingerprints", x => x.Generation);
                });

            migrationBuilder.CreateTable(
                name: "RequestRecords",
                columns: table => new
                {
                    CallerId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    WorkspaceId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Rpc = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    RequestId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    Fingerprint = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 32, nullable: false),
                    KeyId = table.Column<string>(type: "TEXT", unicode: false, maxLength: 64, nullable: false),
                    CreateTime = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RequestRecords", x => new { x.CallerId, x.WorkspaceId, x.Rpc, x.RequestId });
                });

            migrationBuilder.CreateTable(
                name: "RevisionCounter",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    Value = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_RevisionCounter", x => x.Id);
                });

            migrationBuilder.InsertData(
                table: "RevisionCounter",
                columns: new[] { "Id", "Value" },
                values: new object[] { 1, 0L });

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_Revision",
                table: "ApiKeys",
                column: "Revision",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_WorkspaceId_CreateTime_KeyId",
                table: "ApiKeys",
                columns: new[] { "WorkspaceId", "CreateTime", "KeyId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_ApiKeys_WorkspaceId_NameOrder_KeyId",
                table: "ApiKeys",
                columns: new[] { "WorkspaceId", "NameOrder", "KeyId" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_EventId",
                table: "AuditEvents",
                column: "EventId",
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_EventTime",
                table: "AuditEvents",
                column: "EventTime");

            migrationBuilder.CreateIndex(
                name: "IX_AuditEvents_WorkspaceId_KeyId_Sequence",
                table: "AuditEvents",
                columns: new[] { "WorkspaceId", "KeyId", "Sequence" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_KeySecrets_KeyId",
                table: "KeySecrets",
                column: "KeyId");

            migrationBuilder.CreateIndex(
                name: "IX_RequestRecords_CreateTime",
                table: "RequestRecords",
                column: "CreateTime");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "ApiKeys");

            migrationBuilder.DropTable(
                name: "AuditEvents");

            migrationBuilder.DropTable(
                name: "AuditHeads");

            migrationBuilder.DropTable(
                name: "KeySecrets");

            migrationBuilder.DropTable(
                name: "KeyUsage");

            migrationBuilder.DropTable(
                name: "MasterKeyFingerprints");

            migrationBuilder.DropTable(
                name: "RequestRecords");

            migrationBuilder.DropTable(
                name: "RevisionCounter");
        }
    }
}
