namespace Akka.Subset.Tests;

/// <summary>A test that needs a PostgreSQL server, whose connection string stands in AKKAPAXOS_POSTGRES.</summary>
public sealed class PostgresFactAttribute : FactAttribute
{
    public const string Variable = "AKKAPAXOS_POSTGRES";

    public PostgresFactAttribute()
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable)))
            Skip = $"no PostgreSQL: set {Variable} to a connection string";
    }
}

/// <summary>The SQL plugins on PostgreSQL.</summary>
public sealed class PersistencePostgresTests : PersistenceSqlContract
{
    protected override string ProviderName => "PostgreSQL.15";
    protected override string ConnectionString => Environment.GetEnvironmentVariable(PostgresFactAttribute.Variable)!;

    [PostgresFact] public void Survive() => Events_survive_the_actor_system();
    [PostgresFact] public void Many() => Many_actors_write_at_once();
    [PostgresFact] public void Deletion() => Deletion_keeps_the_highest_sequence_number();
    [PostgresFact] public void Snapshots() => Snapshots_survive_the_actor_system();
    [PostgresFact] public void Refused() => What_cannot_be_serialized_is_refused();
    [PostgresFact] public void Duplicate() => A_sequence_number_that_exists_fails_its_own_actor_only();
}
