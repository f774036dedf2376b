package io.plumbline.rules.hunt;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.correlation.LinkedCorrelation;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.hunt.StoredFields.Stored;
import io.plumbline.rules.sigma.Expression;
import io.plumbline.rules.sigma.LogSource;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Detection;
import io.plumbline.rules.sigma.ValueTest;
import io.plumbline.rules.workbench.Backtest.Hit;
import io.plumbline.rules.workbench.Taxonomy;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Documents of the search copy as the events that they were made of, and what rules want to know that documents do not say: who acted, what
 * explains it, and what stands in {@code docs/sigma.md}.
 */
public final class StoredEvents {
    private StoredEvents() {}

    /**
     * The event of a document, with the fields that it has kept; empty for those that no rule can be about.
     *
     * @throws io.plumbline.rules.engine.EventLimitException for a document that is over the limits of events
     */
    public static Optional<SigmaEvent> of(JsonNode document) {
        OnDocument read = new OnDocument(document);
        SigmaEvent.Builder event =
                SigmaEvent.builder().id(document.at("/event/id").asText()).timeNs(timeNs(document));
        Set<String> known = new LinkedHashSet<>();
        boolean any = false;
        for (Map.Entry<LogSource, StoredFields> entry : StoredFields.ALL.entrySet()) {
            if (!read.holds(entry.getValue().source())) {
                continue;
            }
            any = true;
            event.logSource(entry.getKey());
            entry.getValue().fields().forEach((name, stored) -> {
                if (!known.contains(name) && put(name, stored, values(stored, read), event)) {
                    known.add(name);
                }
            });
        }
        return any ? Optional.of(event.build()) : Optional.empty();
    }

    private static boolean put(String name, Stored stored, List<String> values, SigmaEvent.Builder event) {
        if (values.isEmpty() && !always(stored)) {
            return false;
        }
        if (several(stored)) {
            event.put(name, values);
        } else if (values.isEmpty()) {
            event.put(name, "");
        } else {
            values.forEach(value -> event.put(name, value));
        }
        return true;
    }

    private static long timeNs(JsonNode document) {
        String said = document.at("/plumbline/channel").asText().equals("claims")
                ? document.at("/event/created").asText()
                : "";
        String text = said.isEmpty() ? document.path("@timestamp").asText() : said;
        try {
            Instant at = Instant.parse(text);
            return Math.addExact(Math.multiplyExact(at.getEpochSecond(), 1_000_000_000L), at.getNano());
        } catch (DateTimeException | ArithmeticException e) {
            return 0;
        }
    }

    private static boolean several(Stored stored) {
        return (stored instanceof Stored.Text text && text.several())
                || (stored instanceof Stored.Unasked unasked && unasked.several());
    }

    private static boolean always(Stored stored) {
        return stored instanceof Stored.Text text && text.emptyLeftOut();
    }

    private static List<String> values(Stored stored, OnDocument document) {
        return switch (stored) {
            case Stored.Text text -> document.texts(text.field());
            case Stored.Unasked unasked -> guarded(unasked.guard(), unasked.field(), document);
            case Stored.Guarded guarded -> guarded(guarded.guard(), guarded.field(), document);
            case Stored.NewPath ignored -> {
                List<String> moved = document.texts("plumbline.new_path");
                yield moved.isEmpty() ? document.texts("file.path") : moved;
            }
            case Stored.Operation ignored ->
                document.texts(Stored.Operation.FIELD).stream()
                        .flatMap(word -> word.equals(EcsDocument.OPEN_BOTH)
                                ? Stream.of(EcsDocument.OPEN_READ, EcsDocument.OPEN_WRITE)
                                : Stream.of(word))
                        .toList();
            case Stored.User user ->
                document.texts(user.field()).stream()
                        .map(id -> id.equals("0") ? "root" : id)
                        .toList();
            case Stored.Number number -> number(number, document);
            case Stored.Address address -> address(address, document);
            case Stored.Enumerated enumerated ->
                enumerated.values().entrySet().stream()
                        .filter(value -> document.holds(value.getValue()))
                        .map(Map.Entry::getKey)
                        .limit(1)
                        .toList();
            case Stored.OneOf several ->
                several.parts().stream()
                        .map(part -> values(part, document))
                        .filter(values -> !values.isEmpty())
                        .findFirst()
                        .orElse(List.of());
        };
    }

    private static List<String> guarded(Query guard, String field, OnDocument document) {
        return document.holds(guard) ? document.texts(field) : List.of();
    }

    private static List<String> number(Stored.Number number, OnDocument document) {
        List<String> texts = guarded(number.guard(), number.field(), document);
        if (texts.isEmpty()) {
            return number.zeroLeftOut() && document.holds(number.guard()) ? List.of("0") : List.of();
        }
        return texts.stream()
                .map(text -> new BigDecimal(text)
                        .divideToIntegralValue(BigDecimal.valueOf(number.factor()))
                        .toPlainString())
                .toList();
    }

    private static List<String> address(Stored.Address address, OnDocument document) {
        List<String> hosts = address.domain() ? document.texts("destination.domain") : List.of();
        if (!hosts.isEmpty() && hosts.getFirst().matches("[0-9.]+|.*:.*")) {
            String host = hosts.getFirst();
            boolean brackets = host.startsWith("[") && host.endsWith("]");
            return List.of(unmapped(brackets ? host.substring(1, host.length() - 1) : host));
        }
        return guarded(address.guard(), address.field(), document).stream()
                .map(StoredEvents::unmapped)
                .toList();
    }

    private static String unmapped(String address) {
        return address.toLowerCase(Locale.ROOT).startsWith("::ffff:") && address.indexOf('.') > 0
                ? address.substring(7)
                : address;
    }

    /**
     * Which rules cannot be judged by documents: for each the fields that it asks for and they do not have. A correlation has those of the
     * rules that it names as well.
     *
     * @return by rule id, rules over single events first
     */
    public static Map<String, Set<String>> notHeld(RuleSet set) {
        Map<String, Asked> byReference = new HashMap<>();
        Map<String, Set<String>> notHeld = new LinkedHashMap<>();
        for (Detection rule : set.detections()) {
            Set<String> fields = new TreeSet<>();
            notHeld(rule.expression(), rule.logSource(), fields);
            add(rule.metadata(), new Asked(Set.of(rule.logSource()), fields), byReference, notHeld);
        }
        for (LinkedCorrelation linked : set.correlations()) {
            Correlation correlation = linked.definition();
            Set<LogSource> sources = new LinkedHashSet<>();
            Set<String> fields = new TreeSet<>();
            for (String reference : correlation.rules()) {
                Asked named = byReference.getOrDefault(reference, Asked.NOTHING);
                sources.addAll(named.sources());
                fields.addAll(named.fields());
                List<String> own = new ArrayList<>(correlation.fields());
                correlation
                        .groupBy()
                        .forEach(name -> own.add(correlation
                                .aliases()
                                .getOrDefault(name, Map.of())
                                .getOrDefault(reference, name)));
                named.sources().forEach(source -> own.forEach(field -> notHeld(field, source, fields)));
            }
            add(correlation.metadata(), new Asked(sources, fields), byReference, notHeld);
        }
        return notHeld;
    }

    /**
     * Hits of rules that documents can answer.
     *
     * @param notHeld as {@link #notHeld} gives it; of both sets where two are compared, so that a rule that only one of them asks answerably is
     *     neither lost nor new
     */
    public static List<Hit> answerable(List<Hit> hits, Map<String, Set<String>> notHeld) {
        return hits.stream()
                .filter(hit -> !notHeld.containsKey(hit.match().rule()))
                .toList();
    }

    /** What a rule is about, and the fields that it asks for in vain. */
    private record Asked(Set<LogSource> sources, Set<String> fields) {
        private static final Asked NOTHING = new Asked(Set.of(), Set.of());
    }

    private static void add(
            Metadata metadata, Asked asked, Map<String, Asked> byReference, Map<String, Set<String>> notHeld) {
        byReference.put(metadata.id(), asked);
        byReference.put(metadata.name(), asked);
        if (!asked.fields().isEmpty()) {
            notHeld.put(metadata.id(), asked.fields());
        }
    }

    private static void notHeld(Expression expression, LogSource source, Set<String> fields) {
        switch (expression) {
            case Expression.And and -> and.parts().forEach(part -> notHeld(part, source, fields));
            case Expression.Or or -> or.parts().forEach(part -> notHeld(part, source, fields));
            case Expression.Not not -> notHeld(not.part(), source, fields);
            case Expression.Test test -> {
                if (test.field().equals(Expression.Test.KEYWORDS)) {
                    fields.add("keywords");
                    return;
                }
                notHeld(test.field(), source, fields);
                for (ValueTest value : test.anyOf()) {
                    if (value instanceof ValueTest.FieldReference reference) {
                        notHeld(reference.field(), source, fields);
                    }
                    shownAs(test.field(), value, source, fields);
                }
            }
        }
    }

    /** Events of the log source have the field, their documents do not. */
    private static void notHeld(String field, LogSource rule, Set<String> fields) {
        StoredFields.ALL.forEach((source, stored) -> {
            if (rule.accepts(source)
                    && stored.field(field).isEmpty()
                    && Taxonomy.fields(source).orElse(Set.of()).contains(field)) {
                fields.add(field);
            }
        });
    }

    /** Values that documents do not tell apart, and the rule does. */
    private static void shownAs(String field, ValueTest value, LogSource rule, Set<String> fields) {
        StoredFields.ALL.forEach((source, stored) -> {
            if (rule.accepts(source) && stored.field(field).orElse(null) instanceof Stored.Enumerated enumerated) {
                enumerated.shownAs().forEach((own, shown) -> {
                    if (Hunt.fits(value, own) != Hunt.fits(value, shown)) {
                        fields.add(field + " (" + own + " or " + shown + ")");
                    }
                });
            }
        });
    }
}
