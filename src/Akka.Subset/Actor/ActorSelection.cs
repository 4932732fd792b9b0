#nullable disable
using Akka.Event;
using Akka.Util;

namespace Akka.Actor;

/// <summary>A part of the actor tree, named by a path that may have wildcards.</summary>
public class ActorSelection : ICanTell
{
    public ActorSelection() { }

    public ActorSelection(IActorRef anchor, SelectionPathElement[] path)
    {
        Anchor = anchor;
        Path = path;
    }

    public ActorSelection(IActorRef anchor, string path) : this(anchor, path == "" ? [] : path.Split('/')) { }

    public ActorSelection(IActorRef anchor, IEnumerable<string> elements)
    {
        Anchor = anchor;
        var list = elements.Where(e => !string.IsNullOrWhiteSpace(e)).Select(Element).ToList();
        if (list.Count > 1 && list[..^1].Any(e => e is SelectChildRecursive)) throw new IllegalActorNameException("Double wildcard can only appear at the last path entry");
        Path = [.. list];
    }

    public IActorRef Anchor { get; private set; }
    public SelectionPathElement[] Path { get; private set; }
    public string PathString => "/" + string.Join("/", Path.Select(x => x.ToString()));

    private static SelectionPathElement Element(string element) => element switch
    {
        ".." => SelectParent.Instance,
        "**" => SelectChildRecursive.Instance,
        _ when element.Contains('?') || element.Contains('*') => new SelectChildPattern(element),
        _ => new SelectChildName(element),
    };

    public void Tell(object message, IActorRef sender = null)
    {
        sender ??= ActorCell.GetCurrentSelfOrNoSender();
        ActorRefFactoryShared.Deliver((IInternalActorRef)Anchor, sender, new ActorSelectionMessage(message, Path));
    }

    public Task<IActorRef> ResolveOne(TimeSpan timeout) => ResolveOne(timeout, CancellationToken.None);

    public async Task<IActorRef> ResolveOne(TimeSpan timeout, CancellationToken ct)
    {
        try
        {
            var identity = await this.Ask<ActorIdentity>(new Identify(null), timeout, ct).ConfigureAwait(false);
            return identity.Subject.IsNobody() ? throw new ActorNotFoundException("subject was null") : identity.Subject;
        }
        catch (Exception e) when (e is AskTimeoutException or TaskCanceledException)
        {
            throw new ActorNotFoundException("Exception occurred while resolving ActorSelection", e);
        }
    }

    public override bool Equals(object obj) => obj is ActorSelection other && Equals(Anchor, other.Anchor) && PathString == other.PathString;
    public override int GetHashCode() => HashCode.Combine(Anchor, PathString);

    public override string ToString()
    {
        var anchor = Anchor.Path.ToString().TrimEnd('/');
        return $"ActorSelection[Anchor({anchor}{(Anchor.Path.Uid == ActorCell.UndefinedUid ? "" : "#" + Anchor.Path.Uid)}), Path({PathString})]";
    }
}

public class IllegalActorNameException : AkkaException
{
    public IllegalActorNameException(string message) : base(message) { }
}

/// <summary>A message on its way through the tree.</summary>
public class ActorSelectionMessage : IAutoReceivedMessage, IPossiblyHarmful, IWrappedMessage
{
    public ActorSelectionMessage(object message, SelectionPathElement[] elements, bool wildCardFanOut = false)
    {
        Message = message;
        Elements = elements;
        WildCardFanOut = wildCardFanOut;
    }

    public object Message { get; }
    public SelectionPathElement[] Elements { get; }
    public bool WildCardFanOut { get; }

    public ActorSelectionMessage Copy(object message = null, SelectionPathElement[] elements = null, bool? wildCardFanOut = null) =>
        new(message ?? Message, elements ?? Elements, wildCardFanOut ?? WildCardFanOut);
}

public abstract class SelectionPathElement { }

public class SelectChildName : SelectionPathElement
{
    public SelectChildName(string name) => Name = name;
    public string Name { get; }
    public override bool Equals(object obj) => obj is SelectChildName other && Name == other.Name;
    public override int GetHashCode() => Name.GetHashCode();
    public override string ToString() => Name;
}

public class SelectChildPattern : SelectionPathElement
{
    public SelectChildPattern(string patternStr) => PatternStr = patternStr;
    public string PatternStr { get; }
    public override bool Equals(object obj) => obj is SelectChildPattern other && PatternStr == other.PatternStr;
    public override int GetHashCode() => PatternStr.GetHashCode();
    public override string ToString() => PatternStr;
}

public class SelectChildRecursive : SelectionPathElement
{
    public static readonly SelectChildRecursive Instance = new();
    public override string ToString() => "**";
}

public class SelectParent : SelectionPathElement
{
    public static readonly SelectParent Instance = new();
    public override string ToString() => "..";
}

public static class ActorRefFactoryShared
{
    public static ActorSelection ActorSelection(ActorPath actorPath, ActorSystem system) =>
        new(((ExtendedActorSystem)system).Provider.RootGuardianAt(actorPath.Address), actorPath.Elements);

    /// <summary>By a full path with address, an absolute one, or one relative to <paramref name="lookupRoot"/>.</summary>
    public static ActorSelection ActorSelection(string path, ActorSystem system, IActorRef lookupRoot)
    {
        var provider = ((ExtendedActorSystem)system).Provider;
        if (Uri.IsWellFormedUriString(path, UriKind.Absolute) || path.Contains("://"))
        {
            if (!Address.TryParse(path, out var address, out var rest)) return new ActorSelection(provider.DeadLetters, "");
            return new ActorSelection(provider.RootGuardianAt(address), rest.Split('/'));
        }
        if (path.StartsWith('/')) return new ActorSelection(provider.RootGuardian, path.Split('/'));
        return new ActorSelection(lookupRoot, path);
    }

    public static ActorSelection ActorSelection(IActorRef anchorActorRef, string path) => new(anchorActorRef, path.Split('/'));

    /// <summary>Walks down from <paramref name="anchor"/> as far as this system's tree goes, then leaves the rest to the reference there.</summary>
    internal static void Deliver(IInternalActorRef anchor, IActorRef sender, ActorSelectionMessage selection)
    {
        if (selection.Elements.Length == 0)
        {
            anchor.Tell(selection.Message, sender);
            return;
        }
        var current = anchor;
        for (var i = 0; i < selection.Elements.Length; i++)
        {
            var last = i == selection.Elements.Length - 1;
            if (current is not ActorRefWithCell && current is not VirtualPathContainer)
            {
                current.Tell(selection.Copy(elements: selection.Elements[i..]), sender);
                return;
            }
            switch (selection.Elements[i])
            {
                case SelectParent:
                    if (current.Parent is { } parent && parent is not Nobody) current = parent;
                    break;
                case SelectChildName name:
                    var child = (IInternalActorRef)(current is ActorRefWithCell cell ? cell.GetSingleChild(name.Name) : current.GetChild([name.Name]));
                    if (child is Nobody)
                    {
                        TellNobody(current, i);
                        return;
                    }
                    current = child;
                    break;
                case SelectChildRecursive:
                    foreach (var each in AllBelow(current)) each.Tell(selection.Message, sender);
                    return;
                case SelectChildPattern pattern:
                    var matching = Children(current).Where(c => WildcardMatch.Like(c.Path.Name, pattern.PatternStr)).Cast<IInternalActorRef>().ToList();
                    if (matching.Count == 0) TellNobody(current, i);
                    foreach (var match in matching)
                    {
                        if (last) match.Tell(selection.Message, sender);
                        else Deliver(match, sender, selection.Copy(elements: selection.Elements[(i + 1)..], wildCardFanOut: selection.WildCardFanOut || matching.Count > 1));
                    }
                    return;
            }
            if (last) current.Tell(selection.Message, sender);
        }

        // Nobody there: an Identify must be answered, anything else is a dead letter; but not once a wildcard has matched several.
        void TellNobody(IInternalActorRef at, int from)
        {
            if (selection.WildCardFanOut) return;
            var path = at.Path / selection.Elements.Skip(from).Select(e => e.ToString());
            new EmptyLocalActorRef(anchor.Provider, path, EventStreamOf(anchor)).Tell(selection, sender);
        }
    }

    private static EventStream EventStreamOf(IInternalActorRef actor) => actor.Provider.Guardian.Cell.SystemImpl.EventStream;

    private static IEnumerable<IActorRef> Children(IInternalActorRef actor) => actor switch
    {
        ActorRefWithCell cell => cell.Children,
        VirtualPathContainer container => container.Children,
        _ => [],
    };

    private static IEnumerable<IActorRef> AllBelow(IInternalActorRef actor)
    {
        foreach (var child in Children(actor).Cast<IInternalActorRef>())
        {
            yield return child;
            foreach (var below in AllBelow(child)) yield return below;
        }
    }
}
