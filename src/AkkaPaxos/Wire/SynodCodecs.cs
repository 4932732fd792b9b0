using AkkaPaxos.Consensus;
using AkkaPaxos.Synod;
using Form = AkkaPaxos.Wire.Proto.Synod;

namespace AkkaPaxos.Wire;

/// <summary>The codecs of the messages and journal entries in synod.proto, in its order.</summary>
internal static class SynodCodecs
{
    public static readonly Codec[] All =
    [
        Codec.Of<Request, Form.Request>("SynodRequest/1", m => new() { Value = m.Value }, p => new(p.Value)),
        Codec.Of<Response, Form.Response>("SynodResponse/1",
            m => new() { From = m.From.Value, Value = m.Value },
            p => new(new(p.From), p.Value)),
        Codec.Of<Prepare, Form.Prepare>("SynodPrepare/1", m => new() { Ballot = m.Ballot.ToProto() }, p => new(p.Ballot.ToBallot())),
        Codec.Of<Promise, Form.Promise>("SynodPromise/1",
            m => new() { From = m.From.Value, Ballot = m.Ballot.ToProto(), Accepted = m.Accepted is null ? null : ToProto(m.Accepted) },
            p => new(new(p.From), p.Ballot.ToBallot(), p.Accepted is null ? null : ToProposal(p.Accepted))),
        Codec.Of<Accept, Form.Accept>("SynodAccept/1",
            m => new() { Proposal = ToProto(new Proposal(m.Ballot, m.Value)) },
            p => Of(p.Proposal, (ballot, value) => new Accept(ballot, value))),
        Codec.Of<Accepted, Form.Accepted>("SynodAccepted/1",
            m => new() { From = m.From.Value, Proposal = ToProto(new Proposal(m.Ballot, m.Value)) },
            p => Of(p.Proposal, (ballot, value) => new Accepted(new(p.From), ballot, value))),
        Codec.Of<Nack, Form.Nack>("SynodNack/1",
            m => new() { From = m.From.Value, Ballot = m.Ballot.ToProto(), Promised = m.Promised.ToProto() },
            p => new(new(p.From), p.Ballot.ToBallot(), p.Promised.ToBallot())),
        Codec.Of<Chosen, Form.Chosen>("SynodChosen/1",
            m => new() { Proposal = ToProto(new Proposal(m.Ballot, m.Value)) },
            p => Of(p.Proposal, (ballot, value) => new Chosen(ballot, value))),
        Codec.Of<Inquire, Form.Inquire>("SynodInquire/1", m => new() { From = m.From.Value }, p => new(new(p.From))),

        // journals: see JournalCodecs
        Codec.Of<ProposerRound, Form.ProposerRound>("SynodRound/1", m => new() { Round = m.Round }, p => new(p.Round)),
        Codec.Of<AcceptorPromised, Form.AcceptorPromised>("SynodPromised/1",
            m => new() { Ballot = m.Ballot.ToProto() },
            p => new(p.Ballot.ToBallot())),
        Codec.Of<AcceptorAccepted, Form.AcceptorAccepted>("SynodProposal/1",
            m => new() { Proposal = ToProto(m.Proposal) },
            p => new(ToProposal(p.Proposal))),
    ];

    private static T Of<T>(Form.Proposal? p, Func<Ballot, string, T> make)
    {
        var (ballot, value) = ToProposal(p);
        return make(ballot, value);
    }

    private static Form.Proposal ToProto(Proposal p) => new() { Ballot = p.Ballot.ToProto(), Value = p.Value };

    private static Proposal ToProposal(Form.Proposal? p) =>
        p is null ? throw new FormatException("a proposal is missing") : new Proposal(p.Ballot.ToBallot(), p.Value);
}
