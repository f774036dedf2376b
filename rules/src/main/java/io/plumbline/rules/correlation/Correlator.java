package io.plumbline.rules.correlation;

import io.plumbline.rules.correlation.CorrelationState.Group;
import io.plumbline.rules.correlation.CorrelationState.Key;
import io.plumbline.rules.correlation.CorrelationState.Loss;
import io.plumbline.rules.sigma.Numbers;
import io.plumbline.rules.sigma.SigmaDocument.Correlation;
import io.plumbline.rules.sigma.SigmaDocument.Type;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes the matches of rules into the windows of a correlation. A window holds all matches of a group that are not more than the
 * timespan apart. A correlation matches when a new match makes the condition true that was not true without it; matches that come
 * late are put where they belong, as long as {@link #LATENESS} allows.
 */
public final class Correlator {
    /** How much later than a newer match of its group a match may come beyond the timespan. */
    public static final Duration LATENESS = Duration.ofSeconds(10);

    /** Ids of events that a match names: the newest. */
    public static final int MAX_EVENTS = 100;

    /**
     * Matches looked at for one that comes late, in all the windows that it is in: more than the largest window has, and few enough
     * that nobody else waits for it.
     */
    private static final int MAX_LOOKED_AT = 64 * Window.MAX_ENTRIES;

    /** Longest text that is kept as it is; of longer ones, and of ids, the hash is kept. */
    private static final int MAX_KEPT = 256;

    private Correlator() {}

    /**
     * A correlation's match.
     *
     * @param degraded true: matches that could have counted had been dropped
     */
    public record Outcome(Hit hit, boolean degraded) {}

    /**
     * Takes in a match of one of the correlation's rules.
     *
     * @param position of the rule in the correlation
     * @param sequence of the event, greater than those before
     */
    public static Optional<Outcome> accept(
            LinkedCorrelation correlation, int position, Hit hit, long sequence, CorrelationState state) {
        Correlation definition = correlation.definition();
        Map<String, String> values = new LinkedHashMap<>();
        for (String name : correlation.groupBy()) {
            List<String> texts = hit.texts(correlation.groupField(name, position));
            if (texts.isEmpty()) {
                state.count(Loss.WITHOUT_GROUP, 1);
                return Optional.empty();
            }
            values.put(name, kept(String.join("\n", texts)));
        }
        Window.Entry entry = entry(definition, position, hit, sequence);
        if (entry == null) {
            state.count(Loss.WITHOUT_VALUE, 1);
            return Optional.empty();
        }
        long spanNs = correlation.timespanNs();
        Key key = new Key(correlation.stateKey(), List.copyOf(values.values()));
        Group group = state.use(key, hit.timeNs() - LATENESS.toNanos());
        Window window = group.window;
        long keepNs = spanNs + LATENESS.toNanos();
        if (!window.entries().isEmpty() && hit.timeNs() < window.newestNs() - keepNs) {
            state.count(Loss.LATE, 1);
            return Optional.empty();
        }
        int at = window.insert(entry);
        int dropped = window.dropBefore(window.newestNs() - keepNs);
        state.changeEntries(1 - dropped);
        at -= dropped;
        if (window.entries().size() > Window.MAX_ENTRIES) {
            int gone = window.makeRoom(definition.type());
            state.changeEntries(-1);
            state.count(Loss.EVICTED_MATCHES, 1);
            at = gone == at ? -1 : gone < at ? at - 1 : at;
        }
        state.keep(group, window.newestNs() + keepNs);
        return at < 0 ? Optional.empty() : outcome(definition, spanNs, window, at, hit, values, state);
    }

    private static Optional<Outcome> outcome(
            Correlation definition,
            long spanNs,
            Window window,
            int at,
            Hit hit,
            Map<String, String> values,
            CorrelationState state) {
        List<Window.Entry> entries = window.entries();
        int lookedAt = 0;
        for (int end = at; end < entries.size() && entries.get(end).timeNs() - spanNs <= hit.timeNs(); end++) {
            int start = window.start(end, spanNs);
            lookedAt += definition.type() == Type.EVENT_COUNT ? 1 : end - start + 1;
            if (lookedAt > MAX_LOOKED_AT) {
                state.count(Loss.LATE, 1);
                return Optional.empty();
            }
            if (window.completed(definition, start, end, at)) {
                Set<String> events = new LinkedHashSet<>();
                for (Window.Entry entry :
                        window.contributing(definition, start, end).reversed()) {
                    if (events.size() < MAX_EVENTS) {
                        events.addAll(entry.events().reversed());
                    }
                }
                List<String> newest = new ArrayList<>(events).subList(0, Math.min(events.size(), MAX_EVENTS));
                Hit made = new Hit(hit.event(), values, entries.get(end).timeNs(), newest.reversed());
                return Optional.of(new Outcome(made, window.saturated()));
            }
        }
        return Optional.empty();
    }

    private static Window.@Nullable Entry entry(Correlation definition, int position, Hit hit, long sequence) {
        String value = "";
        double number = 0;
        if (!definition.fields().isEmpty()) {
            List<String> parts = new ArrayList<>();
            for (String field : definition.fields()) {
                List<String> texts = hit.texts(field);
                if (texts.isEmpty()) {
                    return null;
                }
                parts.add(String.join("\n", texts));
            }
            if (definition.type().numeric()) {
                BigDecimal parsed = Numbers.parse(parts.getFirst());
                if (parsed == null) {
                    return null;
                }
                number = parsed.doubleValue();
            } else {
                value = kept(String.join("\0", parts));
            }
        }
        return new Window.Entry(hit.timeNs(), sequence, position, value, number, hit.events());
    }

    private static String kept(String text) {
        if (text.length() <= MAX_KEPT) {
            return text;
        }
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return "sha256:" + HexFormat.of().formatHex(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Number of the next event of a state. */
    public static long nextSequence(CorrelationState state) {
        return state.nextSequence();
    }
}
