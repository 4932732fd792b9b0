using Akka.Configuration;

namespace Akka.Persistence.Sql;

/// <summary>What the SQL plugins read from akka.persistence.{journal,snapshot-store}.sql.</summary>
internal sealed record SqlSettings(string ConnectionString, string ProviderName, bool AutoInitialize)
{
    /// <exception cref="ConfigurationException">A required key is missing, or names what is not there.</exception>
    public static SqlSettings From(string plugin, Config config)
    {
        var connectionString = config.GetString("connection-string");
        if (string.IsNullOrWhiteSpace(connectionString))
            throw new ConfigurationException($"{plugin}.connection-string is empty: say where the database is.");
        var mapping = config.GetString("table-mapping", "default");
        if (mapping != "default")
            throw new ConfigurationException($"{plugin}.table-mapping = {mapping} is not supported here: leave it at 'default'.");
        var provider = config.GetString("provider-name", "");
        if (!IsSqlite(provider) && !IsPostgres(provider))
            throw new ConfigurationException($"{plugin}.provider-name = '{provider}' is not supported: use \"SQLite.MS\" or \"PostgreSQL\".");
        return new SqlSettings(connectionString, provider, config.GetBoolean("auto-initialize", true));
    }

    public SqlDatabase CreateDatabase() => IsSqlite(ProviderName) ? new SqliteDatabase(this) : new PostgresDatabase(this);

    private static bool IsSqlite(string name) => name.StartsWith("SQLite", StringComparison.OrdinalIgnoreCase);
    private static bool IsPostgres(string name) => name.StartsWith("PostgreSQL", StringComparison.OrdinalIgnoreCase);
}
