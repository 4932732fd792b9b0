using Akka.Configuration;
using AkkaPaxos.Consensus;
using AkkaPaxos.Hocon;

namespace AkkaPaxos.Synod;

/// <summary>The section <c>akkapaxos.synod</c> in HOCON; reference.conf says what each key means.</summary>
public sealed record SynodSettings
{
    /// <summary>Reads the settings.</summary>
    /// <param name="config">The section <c>akkapaxos.synod</c>, with reference.conf behind it.</param>
    /// <exception cref="ConfigurationException">A value is missing, of the wrong kind or out of range; one line that names the key.</exception>
    public SynodSettings(Config config)
    {
        var section = new Section(config, "akkapaxos.synod");
        ResendInterval = section.Duration("resend-interval");
        RetryMin = section.Duration("retry.min");
        RetryMax = section.Duration("retry.max");
        RetryFactor = section.Real("retry.factor", 1, 1000);
        InquireInterval = section.Duration("inquire-interval");
        ClientTimeout = section.Duration("client-timeout");
        DistinguishedProposer = new NodeId(section.Whole("distinguished-proposer", min: 0));
        DistinguishedLearner = new NodeId(section.Whole("distinguished-learner", min: 0));
        Trace = section.Switch("trace");
        if (RetryMax < RetryMin) throw section.Wrong("retry.max", "a duration not below retry.min");
        if (RetryFactor <= 1) throw section.Wrong("retry.factor", "more than 1");
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
