using Akka.Actor;

namespace Akka.Persistence.Sql;

/// <summary>The databases that an actor system has open: plugins of the same database share its writer.</summary>
internal sealed class SqlDatabases : IExtension
{
    private readonly Dictionary<SqlSettings, (SqlWriter Writer, int Users)> _open = [];

    public static SqlDatabases Of(ActorSystem system) => Provider.Instance.Apply(system);

    public SqlWriter Open(SqlSettings settings)
    {
        lock (_open)
        {
            if (!_open.TryGetValue(settings, out var entry)) entry = (new SqlWriter(settings.CreateDatabase()), 0);
            _open[settings] = (entry.Writer, entry.Users + 1);
            return entry.Writer;
        }
    }

    public void Close(SqlSettings settings)
    {
        SqlWriter? last = null;
        lock (_open)
        {
            if (!_open.TryGetValue(settings, out var entry)) return;
            if (entry.Users > 1)
                _open[settings] = (entry.Writer, entry.Users - 1);
            else
            {
                _open.Remove(settings);
                last = entry.Writer;
            }
        }
        last?.Dispose();
    }

    private sealed class Provider : ExtensionIdProvider<SqlDatabases>
    {
        public static readonly Provider Instance = new();

        public override SqlDatabases CreateExtension(ExtendedActorSystem system) => new();
    }
}
