package io.plumbline.rules.yaml;

import io.plumbline.rules.Position;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleException.Code;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.common.Anchor;
import org.snakeyaml.engine.v2.events.AliasEvent;
import org.snakeyaml.engine.v2.events.CollectionStartEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Reads the documents of one source. Builds them from the parser's events, so that depth, number of nodes and aliases are
 * bounded while they are read.
 */
public final class YamlReader {
    /** A source, characters: the largest public rule has 60 KiB. */
    public static final int MAX_CHARACTERS = 1 << 20;

    /** Nesting of lists and maps; rules need 6. */
    public static final int MAX_DEPTH = 24;

    /** Nodes of one source, what aliases repeat included. */
    public static final int MAX_NODES = 200_000;

    /** Documents of one source. */
    public static final int MAX_DOCUMENTS = 10_000;

    private final String source;
    private final Iterator<Event> events;
    private final Map<Anchor, YamlNode> anchors = new HashMap<>();
    private final Map<Anchor, Integer> sizes = new HashMap<>();
    private int nodes;

    private YamlReader(String source, Iterator<Event> events) {
        this.source = source;
        this.events = events;
    }

    /**
     * The documents of a source, empty ones left out.
     *
     * @param source its name in messages
     * @throws RuleException if the text is no YAML, or over a limit
     */
    public static List<YamlNode> read(String source, String text) {
        Position start = new Position(source, 1, 1);
        if (text.length() > MAX_CHARACTERS) {
            throw new RuleException(
                    Code.LIMIT,
                    start,
                    "source of " + text.length() + " characters (expected: <= " + MAX_CHARACTERS + ")");
        }
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source)
                .setCodePointLimit(MAX_CHARACTERS)
                .setParseComments(false)
                .build();
        try {
            return new YamlReader(source, new Parse(settings).parseString(text).iterator()).documents();
        } catch (MarkedYamlEngineException e) {
            throw new RuleException(
                    Code.YAML,
                    e.getProblemMark().map(mark -> position(source, mark)).orElse(start),
                    oneLine(String.valueOf(e.getProblem())) + " (expected: YAML 1.2)");
        } catch (YamlEngineException e) {
            throw new RuleException(
                    Code.YAML, start, oneLine(String.valueOf(e.getMessage())) + " (expected: YAML 1.2)");
        }
    }

    private static String oneLine(String message) {
        return message.lines().findFirst().orElse("unreadable");
    }

    private static Position position(String source, Mark mark) {
        return new Position(source, mark.getLine() + 1, mark.getColumn() + 1);
    }

    private List<YamlNode> documents() {
        List<YamlNode> documents = new ArrayList<>();
        while (events.hasNext()) {
            Event event = events.next();
            switch (event.getEventId()) {
                case DocumentStart -> {
                    anchors.clear();
                    sizes.clear();
                }
                case Scalar, SequenceStart, MappingStart, Alias -> {
                    YamlNode document = node(event, 0);
                    if (documents.size() == MAX_DOCUMENTS) {
                        throw new RuleException(
                                Code.LIMIT, document.position(), "more documents (expected: <= " + MAX_DOCUMENTS + ")");
                    }
                    if (!(document instanceof YamlNode.Scalar scalar
                            && scalar.plain()
                            && scalar.text().isEmpty())) {
                        documents.add(document);
                    }
                }
                case StreamStart, StreamEnd, DocumentEnd, SequenceEnd, MappingEnd, Comment -> {}
            }
        }
        return documents;
    }

    private YamlNode node(Event event, int depth) {
        Position position = position(event);
        if (depth > MAX_DEPTH) {
            throw new RuleException(Code.LIMIT, position, "nesting of " + depth + " (expected: <= " + MAX_DEPTH + ")");
        }
        int before = nodes;
        count(1, position);
        YamlNode node =
                switch (event) {
                    case AliasEvent alias -> {
                        YamlNode target = anchors.get(alias.getAlias());
                        if (target == null) {
                            throw new RuleException(
                                    Code.YAML,
                                    position,
                                    "alias *" + alias.getAlias() + " (expected: an anchor that ended before it)");
                        }
                        count(sizes.getOrDefault(alias.getAlias(), 1), position);
                        yield target;
                    }
                    case ScalarEvent scalar -> new YamlNode.Scalar(scalar.getValue(), scalar.isPlain(), position);
                    case CollectionStartEvent start
                    when start.getEventId() == Event.ID.SequenceStart -> sequence(position, depth);
                    case CollectionStartEvent start -> mapping(position, depth);
                    default ->
                        throw new RuleException(Code.YAML, position, event.getEventId() + " (expected: a value)");
                };
        if (event instanceof NodeEvent named && !(event instanceof AliasEvent)) {
            refuseTags(event, position);
            Optional<Anchor> anchor = named.getAnchor();
            if (anchor.isPresent()) {
                anchors.put(anchor.get(), node);
                sizes.put(anchor.get(), nodes - before);
            }
        }
        return node;
    }

    private static void refuseTags(Event event, Position position) {
        Optional<String> tag =
                switch (event) {
                    case ScalarEvent scalar -> scalar.getTag();
                    case CollectionStartEvent start -> start.getTag();
                    default -> Optional.empty();
                };
        if (tag.isPresent()) {
            throw new RuleException(Code.YAML, position, "tag " + tag.get() + " (expected: no tags)");
        }
    }

    private void count(int added, Position position) {
        nodes += added;
        if (nodes > MAX_NODES) {
            throw new RuleException(
                    Code.LIMIT,
                    position,
                    "nodes, aliases included: more than " + MAX_NODES + " (expected: <= " + MAX_NODES + ")");
        }
    }

    private YamlNode.Sequence sequence(Position position, int depth) {
        List<YamlNode> items = new ArrayList<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.SequenceEnd; event = events.next()) {
            items.add(node(event, depth + 1));
        }
        return new YamlNode.Sequence(items, position);
    }

    private YamlNode.Mapping mapping(Position position, int depth) {
        List<YamlNode.Entry> entries = new ArrayList<>();
        Set<String> keys = new HashSet<>();
        for (Event event = events.next(); event.getEventId() != Event.ID.MappingEnd; event = events.next()) {
            YamlNode key = node(event, depth + 1);
            if (!(key instanceof YamlNode.Scalar name)) {
                throw new RuleException(Code.YAML, key.position(), key.kind() + " as a key (expected: text)");
            }
            if (name.plain() && name.text().equals("<<")) {
                throw new RuleException(Code.YAML, key.position(), "merge key << (expected: the keys themselves)");
            }
            if (!keys.add(name.text())) {
                throw new RuleException(
                        Code.YAML, key.position(), "key " + name.kind() + " again (expected: each key once)");
            }
            entries.add(new YamlNode.Entry(name, node(events.next(), depth + 1)));
        }
        return new YamlNode.Mapping(entries, position);
    }

    private Position position(Event event) {
        return event.getStartMark().map(mark -> position(source, mark)).orElse(new Position(source, 1, 1));
    }
}
