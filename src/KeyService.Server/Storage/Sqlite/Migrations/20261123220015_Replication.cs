using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace KeyService.Server.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class Replication : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.CreateTable(
                name: "Replicas",
                columns: table => new
                {
                    ReplicaId = table.Column<string>(type: "TEXT", unicode: false, fixedLength: true, maxLength: 32, nullable: false),
                    Beat = table.Column<long>(type: "INTEGER", nullable: false),
                    Ticket = table.Column<long>(type: "INTEGER", nullable: false),
                    Horizon = table.Column<long>(type: "INTEGER", nullable: false),
                    LeaseMilliseconds = table.Column<long>(type: "INTEGER", nullable: false),
                    Generations = table.Column<string>(type: "TEXT", unicode: false, maxLength: 62, nullable: false),
                    Address = table.Column<string>(type: "TEXT", maxLength: 256, nullable: false),
                    StartTime = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_Replicas", x => x.ReplicaId);
                });

            migrationBuilder.CreateTable(
                name: "StoreEpochs",
                columns: table => new
                {
                    Id = table.Column<int>(type: "INTEGER", nullable: false),
                    Epoch = table.Column<byte[]>(type: "BLOB", fixedLength: true, maxLength: 16, nullable: false),
                    RenewTime = table.Column<long>(type: "INTEGER", nullable: true)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_StoreEpochs", x => x.Id);
                });

            // Random for each store, so no seed data; in the table's transaction, so nobody finds it without.
            migrationBuilder.Sql("INSERT INTO StoreEpochs (Id, Epoch, RenewTime) VALUES (1, randomblob(16), NULL);");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "Replicas");

            migrationBuilder.DropTable(
                name: "StoreEpochs");
        }
    }
}
