using Akka.Configuration;
using AkkaPaxos.Consensus;

namespace AkkaPaxos.Synod;

/// <summary>The section <c>akkapaxos.synod</c> in HOCON; reference.conf says what each key means.</summary>
public sealed record SynodSettings
{
    /// <summary>Reads the settings.</summary>
    /// <param name="config">The section <c>akkapaxos.synod</c>, with reference.conf behind it.</param>
    /// <exception cref="ConfigurationException">A value is out of range.</exception>
    public SynodSettings(Config config)
    {
        ResendInterval = Duration("resend-interval");
        RetryMin = Duration("retry.min");
        RetryMax = Duration("retry.max");
        RetryFactor = config.GetDouble("retry.factor");
        InquireInterval = Duration("inquire-interval");
        ClientTimeout = Duration("client-timeout");
        DistinguishedProposer = Id("distinguished-proposer");
        DistinguishedLearner = Id("distinguished-learner");
        Trace = config.GetBoolean("trace");
        if (RetryMax < RetryMin) throw Wrong("retry.max", "not below retry.min");
        if (RetryFactor <= 1) throw Wrong("retry.factor", "more than 1");

        TimeSpan Duration(string key) => config.GetTimeSpan(key) is { Ticks: > 0 } t ? t : throw Wrong(key, "a duration above 0");
        NodeId Id(string key) => config.GetInt(key) is >= 0 and var id ? new NodeId(id) : throw Wrong(key, "a participant's number, or 0 for none");
        ConfigurationException Wrong(string key, string must) => new($"akkapaxos.synod.{key} = {config.GetString(key)}: must be {must}");
    }

    /// <summary>A proposer asks the acceptors that have not answered again after this long.</summary>
    public TimeSpan ResendInterval { get; init; }

    /// <summary>The least that a refused proposer rests.</summary>
    public TimeSpan RetryMin { get; init; }

    /// <summary>The most that a refused proposer rests.</summary>
    public TimeSpan RetryMax { get; init; }

    /// <summary>The bound of the random rest is multiplied by this at each refusal.</summary>
    public double RetryFactor { get; init; }

    /// <summary>A learner that does not know what is chosen asks the acceptors after this long.</summary>
    public TimeSpan InquireInterval { get; init; }

    /// <summary>A client that has no answer asks the next proposer after this long.</summary>
    public TimeSpan ClientTimeout { get; init; }

    /// <summary>The only proposer that proposes; the others pass requests on to it. <see cref="NodeId.None"/>: all propose, and may duel.</summary>
    public NodeId DistinguishedProposer { get; init; }

    /// <summary>The learner that acceptors tell, and that tells the others. <see cref="NodeId.None"/>: acceptors tell every learner.</summary>
    public NodeId DistinguishedLearner { get; init; }

    /// <summary>Whether roles publish what they send on the event stream.</summary>
    public bool Trace { get; init; }
}
