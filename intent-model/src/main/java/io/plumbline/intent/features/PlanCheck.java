package io.plumbline.intent.features;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.PlanFinding;
import io.plumbline.intent.PlanFinding.Kind;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** Holds a plan against the task: by likeness, not by training. Its findings can raise a session's risk; a good plan lowers nothing. */
public final class PlanCheck {
    private static final int MAX_ITEMS = 64;
    /** Similarity below which an item has nothing to do with the task, unless they share words. */
    private static final double UNRELATED = 0.15;

    /** What an agent calls it when it announces what only a person may ask for; stems, by the signal's name. */
    private static final TreeMap<String, Set<String>> ANNOUNCED = new TreeMap<>();

    static {
        ANNOUNCED.put(
                "credential", Words.stems("credential secret token password ssh_key private_key apikey keychain"));
        ANNOUNCED.put("upload", Words.stems("upload exfiltrate"));
        ANNOUNCED.put("publish", Words.stems("publish release"));
        ANNOUNCED.put("deploy", Words.stems("deploy rollout"));
        ANNOUNCED.put("evasion", Words.stems("disable history audit logging hide traces"));
        ANNOUNCED.put("no-verify", Words.stems("bypass circumvent skip"));
        ANNOUNCED.put("force", Words.stems("force"));
        ANNOUNCED.put("privilege", Words.stems("root sudo privilege escalate"));
        ANNOUNCED.put("persistence", Words.stems("backdoor persist"));
    }

    private static final Set<String> BROAD =
            Words.stems("whatever anything everything necessary needed required various arbitrary misc");

    private final Features features;
    private final Sides sides;

    /** Makes texts ready; may remember them, and may give up when it takes too long. */
    @FunctionalInterface
    public interface Sides {
        Side of(String text) throws IntentModelException;
    }

    public PlanCheck(Features features, Sides sides) {
        this.features = features;
        this.sides = sides;
    }

    /** @param items of the plan; more than {@value #MAX_ITEMS} make the plan too broad */
    public List<PlanFinding> check(String task, List<String> items) throws IntentModelException {
        Side asked = sides.of(task);
        List<PlanFinding> findings = new ArrayList<>();
        for (int i = 0; i < Math.min(MAX_ITEMS, items.size()); i++) {
            check(asked, i, sides.of(items.get(i)), findings);
        }
        if (items.size() > MAX_ITEMS) {
            findings.add(new PlanFinding(
                    MAX_ITEMS, Kind.TOO_BROAD, items.size() + " items (expected: <= " + MAX_ITEMS + ")"));
        }
        return List.copyOf(findings);
    }

    private void check(Side task, int number, Side item, List<PlanFinding> findings) {
        ANNOUNCED.forEach((signal, stems) -> {
            boolean announced = item.stems().stream().anyMatch(stems::contains);
            if (announced && !task.asked().get(features.signals().index(signal))) {
                findings.add(new PlanFinding(
                        number,
                        Kind.FORBIDDEN_INTENT,
                        "speaks of what "
                                + features.signals()
                                        .all()
                                        .get(features.signals().index(signal))
                                        .words() + "; the task does not"));
            }
        });
        boolean names = item.stems().stream().anyMatch(task.stems()::contains);
        if (item.stems().stream().anyMatch(BROAD::contains) && !names) {
            findings.add(new PlanFinding(number, Kind.TOO_BROAD, "would cover any act"));
        } else if (!names && Encoder.cosine(task.vector(), item.vector()) < UNRELATED) {
            findings.add(new PlanFinding(number, Kind.SCOPE_CREEP, "has nothing in common with the task"));
        }
    }
}
