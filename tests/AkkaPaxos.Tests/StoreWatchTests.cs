using AkkaPaxos.MultiPaxos;

namespace AkkaPaxos.Tests;

/// <summary>What a role's store is reported to do: the clock is the test's.</summary>
public class StoreWatchTests
{
    private static readonly DateTimeOffset Start = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static DateTimeOffset At(double seconds) => Start.AddSeconds(seconds);

    [Fact]
    public void A_call_that_never_comes_back_is_told_after_a_while_with_how_long_it_takes()
    {
        var store = new StoreWatch();
        store.Asked("the journal", Patience, At(0));
        store.Asked("the journal", Patience, At(4));
        Assert.Null(store.Problem(At(4.9)));
        Assert.Equal("the journal has not answered for 12 s", store.Problem(At(12)));
        store.Answered(At(12)); // the second has waited for the first
        Assert.Null(store.Problem(At(16)));
        Assert.Equal("the journal has not answered for 6 s", store.Problem(At(18)));
        store.Answered(At(18));
        Assert.Null(store.Problem(At(1000)));
    }

    [Fact]
    public void A_failure_is_told_with_its_beginning_until_a_write_succeeds()
    {
        var store = new StoreWatch();
        store.Asked("the journal", Patience, At(0));
        store.Failed("the journal cannot be written: full", At(1));
        store.Starts(Patience, At(1));
        store.Answered(At(2)); // it is read again, which says nothing about writing
        store.Asked("the journal", Patience, At(3));
        store.Failed("the journal cannot be written: still full", At(4));
        Assert.Equal("the journal cannot be written: still full (since 2026-11-27 12:00:01Z)", store.Problem(At(60)));
        store.Starts(Patience, At(60));
        store.Answered(At(60));
        store.Asked("the journal", Patience, At(61));
        store.Answered(At(61));
        Assert.Null(store.Problem(At(62)));
    }

    [Fact]
    public void A_role_that_cannot_read_what_it_has_on_disk_says_so()
    {
        var store = new StoreWatch();
        store.Starts(Patience, At(0));
        Assert.Equal("the store, asked for what the role has on disk, has not answered for 20 s", store.Problem(At(20)));
        store.Stops();
        Assert.Null(store.Problem(At(20)));
    }
}
