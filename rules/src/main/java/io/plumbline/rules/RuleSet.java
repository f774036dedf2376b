package io.plumbline.rules;

import io.plumbline.rules.RuleException.Code;
import io.plumbline.rules.correlation.LinkedCorrelation;
import io.plumbline.rules.engine.Program;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.rules.sigma.SigmaDocument;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.SigmaDocument.Filter;
import io.plumbline.rules.sigma.SigmaReader;
import io.plumbline.rules.yaml.YamlNode;
import io.plumbline.rules.yaml.YamlReader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Rules, correlations and filters that were loaded together: references resolved, filters applied, compiled. Immutable and shared
 * between threads; {@link #engine} makes what runs it.
 */
public final class RuleSet {
    /** Documents of a set. */
    public static final int MAX_DOCUMENTS = 20_000;

    /** Part of every hash: changes when the same text comes to mean something else. */
    private static final String MEANING = "plumbline sigma 1";

    /** Combinations of log sources with a program of their own; the watcher has a dozen. */
    private static final int MAX_PROGRAMS = 64;

    /** Sources that are read beside each other. */
    private static final int MANY = 64;

    /** Correlations one upon the other. */
    static final int MAX_CHAIN = 32;

    private final List<Detection> detections;
    private final List<LinkedCorrelation> correlations;
    private final boolean[] detectionReports;
    private final boolean[] correlationReports;
    private final List<List<Use>> detectionUses;
    private final List<List<Use>> correlationUses;
    private final List<SigmaDocument> documents;
    private final Map<String, Set<String>> unused;
    private final Placeholders placeholders;
    private final String hash;
    private final Map<List<LogSource>, Routed> programs = new ConcurrentHashMap<>();

    /** What was read of each source without problems. */
    private final Map<RuleSource, List<Reading>> read;

    /**
     * A rule's place in a correlation.
     *
     * @param correlation its index; greater than that of any correlation it names
     */
    record Use(int correlation, int position) {}

    /**
     * The program for some log sources.
     *
     * @param expressions what was compiled
     * @param rules by index in the program, the index in the set
     */
    record Routed(Program program, List<Expression> expressions, int[] rules) {}

    /**
     * A document as it was read.
     *
     * @param contentHash of its nodes
     */
    private record ReadDocument(SigmaReader.Read read, String contentHash) implements Reading {}

    /** A document, or all of a source, that is not usable. */
    private record Refused(RuleException problem) implements Reading {}

    /** What came of reading a document. */
    private sealed interface Reading {}

    /**
     * What could be loaded.
     *
     * @param set the usable documents
     * @param problems why the others were refused, in the order of the sources
     */
    public record Loaded(RuleSet set, List<RuleException> problems) {
        public Loaded {
            problems = List.copyOf(problems);
        }

        private RuleSet complete() {
            if (!problems.isEmpty()) {
                throw problems.getFirst();
            }
            return set;
        }
    }

    private RuleSet(Linker linker, Placeholders placeholders) {
        this.detections = List.copyOf(linker.detections);
        this.correlations = List.copyOf(linker.linked);
        this.detectionUses = linker.detectionUses;
        this.correlationUses = linker.correlationUses;
        this.detectionReports = linker.reports(detectionUses);
        this.correlationReports = linker.reports(correlationUses);
        this.documents = List.copyOf(linker.documents);
        this.unused = Map.copyOf(linker.unused);
        this.read = Map.copyOf(linker.read);
        this.placeholders = placeholders;
        this.hash = linker.hash(placeholders);
    }

    /**
     * Loads sources of which every document has to be usable.
     *
     * @throws RuleException for the first that is not
     */
    public static RuleSet load(List<RuleSource> sources, Placeholders placeholders) {
        return loadUsable(sources, placeholders).complete();
    }

    /** Loads what is usable of some sources, and says why the rest is not. A source that is no YAML is left out as a whole. */
    public static Loaded loadUsable(List<RuleSource> sources, Placeholders placeholders) {
        return loadUsable(sources, placeholders, Map.of());
    }

    /**
     * The same as {@link #load} with this set's placeholders. What this set has of the same sources is taken over, and so are its
     * programs whose rules stay as they are: a change of a few rules costs what they cost, and the programs that they are in.
     *
     * @throws RuleException for the first document that is not usable
     */
    public RuleSet changedTo(List<RuleSource> sources) {
        RuleSet changed = loadUsable(sources, placeholders, read).complete();
        programs.forEach((logSources, routed) -> {
            int[] rules = changed.rulesFor(logSources);
            if (changed.expressions(rules).equals(routed.expressions())) {
                changed.programs.put(logSources, new Routed(routed.program(), routed.expressions(), rules));
            }
        });
        return changed;
    }

    private static Loaded loadUsable(
            List<RuleSource> sources, Placeholders placeholders, Map<RuleSource, List<Reading>> known) {
        Linker linker = new Linker();
        SigmaReader reader = new SigmaReader(placeholders);
        // A change of a few beside events that wait must not take a processor more from them.
        boolean few =
                sources.stream().filter(source -> !known.containsKey(source)).count() < MANY;
        List<List<Reading>> readings = (few ? sources.stream() : sources.parallelStream())
                .map(source -> {
                    List<Reading> before = known.get(source);
                    return before == null ? read(source, reader) : before;
                })
                .toList();
        for (int i = 0; i < readings.size(); i++) {
            if (linker.addAll(readings.get(i))) {
                linker.read.put(sources.get(i), readings.get(i));
            }
        }
        linker.link();
        return new Loaded(new RuleSet(linker, placeholders), linker.problems);
    }

    private static List<Reading> read(RuleSource source, SigmaReader reader) {
        try {
            List<YamlNode> nodes = YamlReader.read(source.name(), source.text());
            if (nodes.isEmpty()) {
                throw new RuleException(
                        Code.DOCUMENT, new Position(source.name(), 1, 1), "no document (expected: at least one)");
            }
            return read(nodes, reader);
        } catch (RuleException e) {
            return List.of(new Refused(e));
        }
    }

    private static List<Reading> read(List<YamlNode> nodes, SigmaReader reader) {
        List<Reading> readings = new ArrayList<>();
        for (YamlNode node : nodes) {
            try {
                readings.add(new ReadDocument(reader.read(node), SigmaReader.contentHash(node)));
            } catch (RuleException e) {
                readings.add(new Refused(e));
            }
        }
        return readings;
    }

    /**
     * Loads documents that were read already.
     *
     * @throws RuleException for the first that is not usable
     */
    public static RuleSet of(List<YamlNode> documents, Placeholders placeholders) {
        Linker linker = new Linker();
        linker.addAll(read(documents, new SigmaReader(placeholders)));
        linker.link();
        if (!linker.problems.isEmpty()) {
            throw linker.problems.getFirst();
        }
        return new RuleSet(linker, placeholders);
    }

    /** What stands for the placeholders of its rules. */
    public Placeholders placeholders() {
        return placeholders;
    }

    /** 64 hex digits over the content of all usable documents and the placeholders; the order and the layout do not matter. */
    public String hash() {
        return hash;
    }

    /** The usable documents in the order of their sources, filters included. */
    public List<SigmaDocument> documents() {
        return documents;
    }

    /** Search identifiers of a document that no condition uses. */
    public Set<String> unusedIdentifiers(SigmaDocument document) {
        return unused.getOrDefault(document.metadata().id(), Set.of());
    }

    /** Rules over single events, with their filters applied. */
    public List<Detection> detections() {
        return detections;
    }

    /** Correlations, those that others build on first. */
    public List<LinkedCorrelation> correlations() {
        return correlations;
    }

    /** True when a match of the document is reported, and does not only feed correlations. */
    public boolean reports(SigmaDocument document) {
        for (int i = 0; i < detections.size(); i++) {
            if (detections.get(i).metadata().id().equals(document.metadata().id())) {
                return detectionReports[i];
            }
        }
        for (int i = 0; i < correlations.size(); i++) {
            if (correlations
                    .get(i)
                    .definition()
                    .metadata()
                    .id()
                    .equals(document.metadata().id())) {
                return correlationReports[i];
            }
        }
        return false;
    }

    /** Names of the windows that its correlations keep; another definition has another name. */
    public Set<String> stateKeys() {
        return correlations.stream().map(LinkedCorrelation::stateKey).collect(Collectors.toUnmodifiableSet());
    }

    /** The rule over single events with this id; empty: there is none, or it is a correlation. */
    public Optional<Detection> detection(String id) {
        return detections.stream()
                .filter(detection -> detection.metadata().id().equals(id))
                .findFirst();
    }

    /** What correlations call so: the document with this id or name. */
    public Optional<SigmaDocument> named(String reference) {
        return documents.stream()
                .filter(document -> document.metadata().id().equals(reference)
                        || document.metadata().name().equals(reference))
                .findFirst();
    }

    boolean detectionReports(int index) {
        return detectionReports[index];
    }

    boolean correlationReports(int index) {
        return correlationReports[index];
    }

    List<Use> detectionUses(int index) {
        return detectionUses.get(index);
    }

    List<Use> correlationUses(int index) {
        return correlationUses.get(index);
    }

    /** What runs the set; for one thread. */
    public RuleEngine engine() {
        return new RuleEngine(this);
    }

    /** The rules that a log source of an event is for, compiled when they are asked for first. */
    Routed routed(List<LogSource> sources) {
        Routed known = programs.get(sources);
        if (known != null) {
            return known;
        }
        if (programs.size() >= MAX_PROGRAMS) {
            throw new IllegalArgumentException("log source " + sources + ": more combinations than " + MAX_PROGRAMS
                    + " (expected: <= " + MAX_PROGRAMS + ")");
        }
        int[] rules = rulesFor(sources);
        List<Expression> expressions = expressions(rules);
        Routed made = new Routed(Program.compile(expressions), expressions, rules);
        Routed first = programs.putIfAbsent(List.copyOf(sources), made);
        return first == null ? made : first;
    }

    /**
     * Which fields of events of these log sources say something to the set: {@link io.plumbline.rules.engine.JsonEvents} passes over the
     * others. All of them when a rule asks for keywords.
     *
     * @param sources in the order in which the event names them
     */
    public Predicate<String> fields(List<LogSource> sources) {
        Program program = routed(sources).program();
        Set<String> correlated =
                correlations.stream().flatMap(one -> one.fields().stream()).collect(Collectors.toUnmodifiableSet());
        return name -> program.asksFor(name) || correlated.contains(name);
    }

    private int[] rulesFor(List<LogSource> sources) {
        return IntStream.range(0, detections.size())
                .filter(i -> sources.stream().anyMatch(detections.get(i).logSource()::accepts))
                .toArray();
    }

    private List<Expression> expressions(int[] rules) {
        return IntStream.of(rules).mapToObj(i -> detections.get(i).expression()).toList();
    }

    /** Resolves references between documents. */
    private static final class Linker {
        private final List<RuleException> problems = new ArrayList<>();
        private final List<SigmaDocument> documents = new ArrayList<>();
        private final Map<String, Set<String>> unused = new HashMap<>();
        private final Map<String, String> hashes = new LinkedHashMap<>();
        private final Map<String, SigmaDocument> byReference = new HashMap<>();
        private final List<Detection> detections = new ArrayList<>();
        private final List<LinkedCorrelation> linked = new ArrayList<>();
        private final List<List<Use>> detectionUses = new ArrayList<>();
        private final List<List<Use>> correlationUses = new ArrayList<>();
        private final Map<String, Integer> detectionIndex = new HashMap<>();
        private final Map<String, Integer> correlationIndex = new HashMap<>();
        private final List<Integer> correlationDepths = new ArrayList<>();
        private final Map<RuleSource, List<Reading>> read = new HashMap<>();
        private final SequencedSet<String> visiting = new LinkedHashSet<>();
        private final Set<String> refused = new HashSet<>();

        /** Adds what is usable; false when something is not. */
        boolean addAll(List<Reading> readings) {
            int before = problems.size();
            for (Reading reading : readings) {
                try {
                    switch (reading) {
                        case ReadDocument document -> add(document.read(), document.contentHash());
                        case Refused refused -> problems.add(refused.problem());
                    }
                } catch (RuleException e) {
                    problems.add(e);
                }
            }
            return problems.size() == before;
        }

        private void add(SigmaReader.Read read, String contentHash) {
            SigmaDocument document = read.document();
            Metadata metadata = document.metadata();
            if (documents.size() == MAX_DOCUMENTS) {
                throw new RuleException(
                        Code.LIMIT, metadata.position(), "more documents (expected: <= " + MAX_DOCUMENTS + ")");
            }
            for (String reference : references(metadata)) {
                SigmaDocument other = byReference.get(reference);
                if (other != null) {
                    throw new RuleException(
                            Code.REFERENCE,
                            metadata.position(),
                            "'" + reference + "' stands for " + other.metadata().position()
                                    + " already (expected: each id and name once)");
                }
            }
            references(metadata).forEach(reference -> byReference.put(reference, document));
            documents.add(document);
            hashes.put(metadata.id(), contentHash);
            if (!read.unused().isEmpty()) {
                unused.put(metadata.id(), new TreeSet<>(read.unused()));
            }
        }

        private static Set<String> references(Metadata metadata) {
            Set<String> references = new TreeSet<>(Set.of(metadata.id()));
            if (!metadata.name().isEmpty()) {
                references.add(metadata.name());
            }
            return references;
        }

        void link() {
            Map<String, List<Filter>> filters = filters();
            for (SigmaDocument document : documents) {
                if (document instanceof Detection detection) {
                    List<Filter> added =
                            filters.getOrDefault(detection.metadata().id(), List.of());
                    List<Expression> parts = new ArrayList<>(List.of(detection.expression()));
                    added.forEach(filter -> parts.add(filter.expression()));
                    detectionIndex.put(detection.metadata().id(), detections.size());
                    detections.add(new Detection(detection.metadata(), detection.logSource(), Expression.and(parts)));
                    detectionUses.add(new ArrayList<>());
                }
            }
            for (SigmaDocument document : documents) {
                if (document instanceof Correlation correlation) {
                    try {
                        link(correlation);
                    } catch (RuleException e) {
                        if (refused.add(correlation.metadata().id())) {
                            problems.add(e);
                        }
                    }
                }
            }
            documents.removeIf(document -> refused.contains(document.metadata().id()));
            refused.forEach(hashes::remove);
        }

        private Map<String, List<Filter>> filters() {
            Map<String, List<Filter>> filters = new HashMap<>();
            for (SigmaDocument document : documents) {
                if (document instanceof Filter filter) {
                    try {
                        for (String name : filter.rules()) {
                            SigmaDocument target = target(name, filter);
                            if (!(target instanceof Detection detection)) {
                                throw new RuleException(
                                        Code.FILTER,
                                        filter.metadata().position(),
                                        "filter of '" + name
                                                + "' (expected: a rule over events, no correlation or filter)");
                            }
                            if (!filter.logSource().accepts(detection.logSource())) {
                                throw new RuleException(
                                        Code.FILTER,
                                        filter.metadata().position(),
                                        "filter for " + filter.logSource() + " on '" + name + "' of "
                                                + detection.logSource()
                                                + " (expected: a log source that the rule's is a part of)");
                            }
                        }
                        for (String name : filter.rules()) {
                            filters.computeIfAbsent(
                                            target(name, filter).metadata().id(), ignored -> new ArrayList<>())
                                    .add(filter);
                        }
                    } catch (RuleException e) {
                        refused.add(filter.metadata().id());
                        problems.add(e);
                    }
                }
            }
            return filters;
        }

        private SigmaDocument target(String reference, SigmaDocument from) {
            SigmaDocument target = byReference.get(reference);
            if (target == null) {
                throw new RuleException(
                        Code.REFERENCE,
                        from.metadata().position(),
                        "'" + reference + "' (expected: the id or name of a usable rule that is loaded with this one)");
            }
            return target;
        }

        private int link(Correlation correlation) {
            String id = correlation.metadata().id();
            Integer done = correlationIndex.get(id);
            if (done != null) {
                return done;
            }
            if (refused.contains(id)) {
                throw new RuleException(
                        Code.REFERENCE,
                        correlation.metadata().position(),
                        "'" + id + "' was refused itself (expected: a usable rule)");
            }
            if (visiting.size() >= MAX_CHAIN) {
                throw tooDeep(target(visiting.getFirst(), correlation).metadata());
            }
            if (!visiting.add(id)) {
                throw new RuleException(
                        Code.CORRELATION,
                        correlation.metadata().position(),
                        "'" + id + "' leads back to itself (expected: correlations without a circle)");
            }
            try {
                int depth = 1;
                List<SigmaDocument> targets = new ArrayList<>();
                Set<String> distinct = new HashSet<>();
                MessageDigest digest = sha256();
                digest.update(hashes.getOrDefault(id, "").getBytes(StandardCharsets.UTF_8));
                for (String reference : correlation.rules()) {
                    SigmaDocument target = target(reference, correlation);
                    if (target instanceof Filter) {
                        throw new RuleException(
                                Code.CORRELATION,
                                correlation.metadata().position(),
                                "'" + reference + "' is a filter (expected: a rule or a correlation)");
                    }
                    if (!distinct.add(target.metadata().id())) {
                        throw new RuleException(
                                Code.CORRELATION,
                                correlation.metadata().position(),
                                "'" + reference + "' is named twice, by id and name (expected: each rule once)");
                    }
                    targets.add(target);
                    if (target instanceof Correlation inner) {
                        int index = link(inner);
                        depth = Math.max(depth, correlationDepths.get(index) + 1);
                        digest.update(linked.get(index).stateKey().getBytes(StandardCharsets.UTF_8));
                    } else {
                        digest.update(
                                hashes.getOrDefault(target.metadata().id(), "").getBytes(StandardCharsets.UTF_8));
                    }
                }
                if (depth > MAX_CHAIN) {
                    throw tooDeep(correlation.metadata());
                }
                int index = linked.size();
                correlationDepths.add(depth);
                linked.add(new LinkedCorrelation(
                        correlation, id + "@" + HexFormat.of().formatHex(digest.digest(), 0, 8)));
                correlationUses.add(new ArrayList<>());
                correlationIndex.put(id, index);
                for (int position = 0; position < targets.size(); position++) {
                    uses(targets.get(position)).add(new Use(index, position));
                }
                return index;
            } finally {
                visiting.remove(id);
            }
        }

        private static RuleException tooDeep(Metadata metadata) {
            return new RuleException(
                    Code.LIMIT,
                    metadata.position(),
                    "'" + metadata.id() + "' is upon " + MAX_CHAIN
                            + " correlations one upon the other or more (expected: a chain of <= " + MAX_CHAIN + ")");
        }

        private List<Use> uses(SigmaDocument target) {
            Integer detection = detectionIndex.get(target.metadata().id());
            if (detection != null) {
                return detectionUses.get(detection);
            }
            @Nullable
            Integer correlation = correlationIndex.get(target.metadata().id());
            if (correlation == null) {
                throw new IllegalStateException(target.metadata().id() + ": not linked");
            }
            return correlationUses.get(correlation);
        }

        /** A rule that correlations use reports for itself when one of them says generate, or when none uses it. */
        boolean[] reports(List<List<Use>> uses) {
            boolean[] reports = new boolean[uses.size()];
            for (int i = 0; i < reports.length; i++) {
                reports[i] = uses.get(i).isEmpty()
                        || uses.get(i).stream().anyMatch(use -> linked.get(use.correlation())
                                .definition()
                                .generate());
            }
            return reports;
        }

        String hash(Placeholders placeholders) {
            MessageDigest digest = sha256();
            digest.update(MEANING.getBytes(StandardCharsets.UTF_8));
            hashes.values().stream()
                    .sorted()
                    .forEach(content -> digest.update(content.getBytes(StandardCharsets.UTF_8)));
            placeholders.values().forEach((name, values) -> {
                update(digest, name);
                values.forEach(value -> update(digest, value));
            });
            return HexFormat.of().formatHex(digest.digest());
        }

        private static void update(MessageDigest digest, String text) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            digest.update(new byte[] {
                (byte) (bytes.length >> 24),
                (byte) (bytes.length >> 16),
                (byte) (bytes.length >> 8),
                (byte) bytes.length
            });
            digest.update(bytes);
        }

        private static MessageDigest sha256() {
            try {
                return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
