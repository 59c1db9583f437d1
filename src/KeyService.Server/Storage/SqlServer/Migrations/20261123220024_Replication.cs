using System;
using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KeyService.Server.Storage.SqlServer.Migrations
{
    /// <inheritdoc />
    public partial class Replication : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateSequence(
                name: "ReplicaTickets");

            // Five draws a second of each replica: out of memory, in order, and one write for each thousand. What a crash loses is a
            // gap: the next number is above all that were handed out.
            migrationBuilder.Sql("ALTER SEQUENCE [ReplicaTickets] CACHE 1000;");

            migrationBuilder.CreateTable(
                name: "Replicas",
                columns: table => new
                {
                    ReplicaId = table.Column<string>(type: "char(32)", unicode: false, fixedLength: true, maxLength: 32, nullable: false, collation: "Latin1_General_100_BIN2"),
                    Beat = table.Column<long>(type: "bigint", nullable: false),
                    Ticket = table.Column<long>(type: "bigint", nullable: false),
                    Horizon = table.Column<long>(type: "bigint", nullable: false),
                    LeaseMilliseconds = table.Column<long>(type: "bigint", nullable: false),
                    Generations = table.Column<string>(type: "varchar(62)", unicode: false, maxLength: 62, nullable: false, collation: "Latin1_General_100_BIN2"),
                    Address = table.Column<string>(type: "nvarchar(256)", maxLength: 256, nullable: false, collation: "Latin1_General_100_BIN2"),
                    StartTime = table.Column<DateTime>(type: "datetime2(6)", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Replicas", x => x.ReplicaId);
                });

            migrationBuilder.CreateTable(
                name: "StoreEpochs",
                columns: table => new
                {
                    Id = table.Column<int>(type: "int", nullable: false),
                    Epoch = table.Column<byte[]>(type: "binary(16)", fixedLength: true, maxLength: 16, nullable: false),
                    RenewTime = table.Column<DateTime>(type: "datetime2(6)", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_StoreEpochs", x => x.Id);
                });

            // Random for each store, so no seed data; in the table's transaction, so nobody finds it without.
            migrationBuilder.Sql("INSERT INTO [StoreEpochs] ([Id], [Epoch], [RenewTime]) VALUES (1, CRYPT_GEN_RANDOM(16), NULL);");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Replicas");

            migrationBuilder.DropTable(
                name: "StoreEpochs");

            migrationBuilder.DropSequence(
                name: "ReplicaTickets");
        }
    }
}
