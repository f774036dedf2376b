package io.plumbline.console.session;

import io.plumbline.console.search.TimelineEvent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the host kept when it froze or killed a session.
 *
 * @param act freeze or kill
 * @param pieces those that are whole, by kind
 * @param missing pieces of which parts have not arrived
 */
public record CollectedEvidence(String act, List<Piece> pieces, List<String> missing) {
    /** @param sha256 empty when the host has not told it */
    public record Piece(String kind, String sha256) {}

    public CollectedEvidence {
        pieces = List.copyOf(pieces);
        missing = List.copyOf(missing);
    }

    /** One for each order that a host was given, in the order of their time. */
    public static List<CollectedEvidence> of(SessionRecord session) {
        Map<String, String> acts = new LinkedHashMap<>();
        Map<String, Map<String, Set<Long>>> arrived = new LinkedHashMap<>();
        Map<String, TimelineEvent> pieces = new LinkedHashMap<>();
        for (TimelineEvent event : session.claims()) {
            if (event.channel().equals("verdicts")
                    && (event.action().equals("freeze-ordered")
                            || event.action().equals("kill-ordered"))) {
                acts.put(event.id(), event.action().substring(0, event.action().indexOf('-')));
            } else if (event.action().equals("evidence-collected")) {
                String order = event.text("/plumbline/collected/order");
                String kind = event.text("/plumbline/collected/kind");
                // What the host froze by itself has no order of the watcher.
                acts.putIfAbsent(order, "freeze");
                arrived.computeIfAbsent(order, key -> new TreeMap<>())
                        .computeIfAbsent(kind, key -> new LinkedHashSet<>())
                        .add(event.number("/plumbline/collected/part"));
                pieces.put(order + "/" + kind, event);
            }
        }
        List<CollectedEvidence> collected = new ArrayList<>();
        acts.forEach((order, act) -> {
            List<Piece> whole = new ArrayList<>();
            List<String> missing = new ArrayList<>();
            arrived.getOrDefault(order, Map.of()).forEach((kind, parts) -> {
                TimelineEvent piece = pieces.get(order + "/" + kind);
                long all = piece == null ? 1 : Math.max(1, piece.number("/plumbline/collected/parts"));
                String hash = piece == null ? "" : piece.text("/plumbline/collected/sha256");
                if (parts.size() < all) {
                    missing.add(kind + " (" + parts.size() + " of " + all + " parts)");
                } else {
                    whole.add(new Piece(kind, hash));
                }
            });
            collected.add(new CollectedEvidence(act, whole, missing));
        });
        return collected;
    }

    public String sentence() {
        if (pieces.isEmpty() && missing.isEmpty()) {
            return "nothing has arrived yet";
        }
        List<String> kinds = pieces.stream().map(Piece::kind).toList();
        return "kept: " + (kinds.isEmpty() ? "nothing whole" : String.join(", ", kinds))
                + (missing.isEmpty() ? "" : "; not whole: " + String.join(", ", missing));
    }
}
