using Akka.Configuration;
using AkkaPaxos.Node;

namespace AkkaPaxos.Tests;

/// <summary>What a node says of stores that nobody has opened for it.</summary>
public sealed class DurabilityTests
{
    [Theory]
    [InlineData("", "", DurabilityLevel.InMemory)] // Akka's default keeps the journal in memory
    [InlineData("akka.persistence.journal.inmem", "akka.persistence.snapshot-store.inmem", DurabilityLevel.InMemory)]
    [InlineData("my.journal", "my.snapshots", DurabilityLevel.Unverified)]
    [InlineData("my.journal", "akka.persistence.snapshot-store.inmem", DurabilityLevel.InMemory)]
    public void Stores_are_in_memory_or_unverified(string journal, string snapshots, DurabilityLevel level)
    {
        var durability = Durability.Unopened(ConfigurationFactory.ParseString($"""
            akka.persistence.journal.plugin = "{journal}"
            akka.persistence.snapshot-store.plugin = "{snapshots}"
            """));
        Assert.Equal(level, durability.Level);
        Assert.Contains(journal, $"{durability.Detail} akka.persistence.journal.inmem");
        Assert.DoesNotContain("full", $"{durability}");
    }

    [Fact]
    public void Two_stores_are_as_durable_as_the_weaker_one()
    {
        var (full, relaxed) = (new Durability(DurabilityLevel.Full, "a"), new Durability(DurabilityLevel.Relaxed, "b"));
        Assert.Equal("relaxed: a; b", $"{Durability.OfBoth(full, relaxed)}");
        Assert.Equal("relaxed: b; a", $"{Durability.OfBoth(relaxed, full)}");
        Assert.Equal("full: a; a", $"{Durability.OfBoth(full, full)}");
    }
}
