using System.Text.RegularExpressions;
using System.Xml.Linq;
using AkkaPaxos.TestKit.Diagrams;
using static AkkaPaxos.TestKit.Diagrams.LifelineGroup;

namespace AkkaPaxos.Scenarios;

public sealed class DiagramTests
{
    private readonly DiagramBuilder _builder = new();

    [Fact]
    public void The_normal_flow_is_drawn_as_the_second_seed_draws_it()
    {
        NormalFlow();

        Assert.Equal(
            """
             Client   Proposer   Acceptor   Learner
               c         p1      a1 a2 a3    l1 l2
               |         |       |  |  |     |  |
               X-------->|       |  |  |     |  |     Request(V)
               |         X------>|->|->|     |  |     Prepare(1.1)
               |         |<------X--X--X     |  |     Promise(1.1, {null,null,null})
               |         X------>|->|->|     |  |     Accept(1.1, V)
               |         |<------X--X--X---->|->|     Accepted(1.1, V)
               |<----------------------------X--X     Response(V)
               |         |       |  |  |     |  |

            """.ReplaceLineEndings("\n"), TextDiagram.Draw(_builder.Build()));
    }

    [Fact]
    public void A_crash_ends_a_line_until_the_restart_and_lost_messages_do_not_arrive()
    {
        var (p, a) = (new Lifeline(Proposer, 1), Of(Acceptor, 2));
        foreach (var to in a) Send(p, to, "Prepare", "1.1");
        _builder.Message(p, a[0], new MessageLabel("Accept", "1.1, V"));
        _builder.Message(p, a[1], new MessageLabel("Accept", "1.1, V"), isLost: true);
        _builder.Note(NoteKind.Crash, "p1 crashes", [p]);
        Send(a[0], a[1], "Gossip", "");
        _builder.Note(NoteKind.Restart, "p1 restarts", [p]);
        _builder.Note(NoteKind.Remark, "and so on");

        Assert.Equal(
            """
             Proposer   Acceptor
                p1        a1 a2
                |         |  |
                X-------->|->|     Prepare(1.1)
                X-------->|  |     Accept(1.1, V)
                X-----------x|     Accept(1.1, V)  lost
                !         |  |     !! p1 crashes !!
                          X->|     Gossip
                *         |  |     !! p1 restarts !!
                |         |  |     !! and so on !!
                |         |  |

            """.ReplaceLineEndings("\n"), TextDiagram.Draw(_builder.Build()));
    }

    [Fact]
    public void A_message_joins_no_row_that_something_later_depends_on()
    {
        var (p, a) = (new Lifeline(Proposer, 1), Of(Acceptor, 2));
        Send(p, a[0], "Prepare", "1.1");
        Send(a[0], p, "Promise", "1.1");
        Send(p, a[1], "Prepare", "1.1"); // after what p received
        Send(p, a[1], "Prepare", "1.1"); // and again: a copy is a row of its own

        Assert.Equal([1, 1, 1, 1], _builder.Build().Rows.Cast<MessageRow>().Select(r => r.Arrows.Count));
    }

    [Fact]
    public void Mermaid_names_participants_and_escapes_what_it_would_read_as_syntax()
    {
        var (p, a) = (new Lifeline(Proposer, 1), new Lifeline(Acceptor, 1));
        Send(p, a, "Accept", "1.1, a;b#c");
        _builder.Message(a, p, new MessageLabel("Accepted", "1.1"), isLost: true);
        _builder.Note(NoteKind.Crash, "a1 crashes", [a]);
        _builder.Note(NoteKind.Remark, "the end");

        Assert.Equal(
            """
            sequenceDiagram
                participant Proposer1 as Proposer 1
                participant Acceptor1 as Acceptor 1
                Proposer1->>Acceptor1: Accept(1.1, a#59;b#35;c)
                Acceptor1-xProposer1: Accepted(1.1)
                Note over Acceptor1: a1 crashes
                Note over Proposer1,Acceptor1: the end

            """.ReplaceLineEndings("\n"), MermaidDiagram.Draw(_builder.Build()));
    }

    [Fact]
    public void Svg_is_well_formed_and_has_every_arrow_and_text()
    {
        NormalFlow();
        Send(new Lifeline(Client, 0), new Lifeline(Proposer, 1), "Request", "<&\">");

        var svg = XDocument.Parse(SvgDiagram.Draw(_builder.Build()));

        XNamespace ns = "http://www.w3.org/2000/svg";
        Assert.Equal(1 + 3 + 3 + 3 + 9 + 2 + 1, svg.Descendants(ns + "line").Count(l => (string?)l.Attribute("class") == "a"));
        var texts = svg.Descendants(ns + "text").Select(t => t.Value).ToList();
        Assert.Contains("Promise(1.1, {null,null,null})", texts);
        Assert.Contains("Request(<&\">)", texts);
        Assert.Empty(svg.Descendants(ns + "script")); // short: nothing to fold
    }

    [Fact]
    public void A_long_svg_is_cut_into_sections_that_fold_and_lie_one_below_the_other()
    {
        var lines = Of(Acceptor, 2);
        for (var i = 0; i < 121; i++) Send(lines[i % 2], lines[1 - (i % 2)], "Ball", $"{i}");

        var svg = XDocument.Parse(SvgDiagram.Draw(_builder.Build()));

        XNamespace ns = "http://www.w3.org/2000/svg";
        var sections = svg.Descendants(ns + "g").Where(g => (string?)g.Attribute("class") == "section").ToList();
        Assert.Equal(3, sections.Count); // 40, 40, and 41: a single row is no section
        var y = 0;
        foreach (var section in sections)
        {
            Assert.Equal($"translate(0,{y})", (string?)section.Attribute("transform"));
            y += (int)section.Attribute("data-height")!;
        }
        Assert.Equal(y, (int)svg.Root!.Attribute("height")!);
        Assert.Single(svg.Descendants(ns + "script"));
        Assert.Equal(121, Regex.Count(svg.ToString(), "class=\"a\""));
    }

    private void NormalFlow()
    {
        var (c, p, a, l) = (new Lifeline(Client, 0), new Lifeline(Proposer, 1), Of(Acceptor, 3), Of(Learner, 2));
        Send(c, p, "Request", "V");
        foreach (var to in a) Send(p, to, "Prepare", "1.1");
        foreach (var from in a) _builder.Message(from, p, new MessageLabel("Promise", "1.1", "null"));
        foreach (var to in a) Send(p, to, "Accept", "1.1, V");
        foreach (var from in a)
            foreach (var to in (Lifeline[])[p, .. l])
                Send(from, to, "Accepted", "1.1, V");
        foreach (var from in l) Send(from, c, "Response", "V");
    }

    private void Send(Lifeline from, Lifeline to, string name, string numbers) => _builder.Message(from, to, new MessageLabel(name, numbers));

    private static Lifeline[] Of(LifelineGroup group, int count) => [.. Enumerable.Range(1, count).Select(i => new Lifeline(group, i))];
}
