package io.plumbline.intent.features;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.PlanFinding;
import io.plumbline.intent.PlanFinding.Kind;
import io.plumbline.intent.text.Encoder;
import io.plumbline.intent.text.Folding;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;

/** Holds a plan against the task: by likeness, not by training. Its findings can raise a session's risk; a good plan lowers nothing. */
public final class PlanCheck {
    private static final int MAX_ITEMS = 64;
    /** Items that share no word with the task and are compared with it, at some 10 ms each. */
    private static final int MAX_COMPARED = 24;

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

    private final Signals signals;
    private final Vectors vectors;

    /** The vector of a text; may remember it. */
    @FunctionalInterface
    public interface Vectors {
        float[] of(String text) throws IntentModelException;
    }

    public PlanCheck(Signals signals, Vectors vectors) {
        this.signals = signals;
        this.vectors = vectors;
    }

    /**
     * What words alone tell of all items, and then likeness, of the first {@value #MAX_COMPARED} that need it; where that fails, or there are
     * more, what was found until then and {@link Kind#UNREAD}.
     *
     * @param items of the plan; more than {@value #MAX_ITEMS} make the plan too broad
     */
    public List<PlanFinding> check(String task, List<String> items) {
        String asked = Folding.fold(task);
        Set<String> taskStems = Words.stems(asked);
        BitSet licensed = signals.askedBy(asked);
        List<PlanFinding> findings = new ArrayList<>();
        List<Integer> unlike = new ArrayList<>();
        for (int i = 0; i < Math.min(MAX_ITEMS, items.size()); i++) {
            Set<String> stems = Words.stems(Folding.fold(items.get(i)));
            announced(licensed, taskStems, i, stems, findings);
            if (stems.stream().noneMatch(taskStems::contains)) {
                if (stems.stream().anyMatch(BROAD::contains)) {
                    findings.add(new PlanFinding(i, Kind.TOO_BROAD, "would cover any act"));
                } else {
                    unlike.add(i);
                }
            }
        }
        if (items.size() > MAX_ITEMS) {
            findings.add(new PlanFinding(
                    MAX_ITEMS, Kind.TOO_BROAD, items.size() + " items (expected: <= " + MAX_ITEMS + ")"));
        }
        for (int number : unlike.subList(0, Math.min(MAX_COMPARED, unlike.size()))) {
            try {
                if (Encoder.cosine(vectors.of(task), vectors.of(items.get(number))) < UNRELATED) {
                    findings.add(new PlanFinding(number, Kind.SCOPE_CREEP, "has nothing in common with the task"));
                }
            } catch (IntentModelException e) {
                findings.add(new PlanFinding(
                        number, Kind.UNREAD, "could not be read, nor what is behind it: " + e.getMessage()));
                return List.copyOf(findings);
            }
        }
        if (unlike.size() > MAX_COMPARED) {
            findings.add(new PlanFinding(
                    unlike.get(MAX_COMPARED),
                    Kind.UNREAD,
                    "was not compared with the task, nor what is behind it: " + unlike.size()
                            + " items share no word with it (expected: <= " + MAX_COMPARED + ")"));
        }
        return List.copyOf(findings);
    }

    /** What the task says itself, in whatever sense, is not announced beside it. */
    private void announced(
            BitSet licensed, Set<String> task, int number, Set<String> item, List<PlanFinding> findings) {
        ANNOUNCED.forEach((signal, stems) -> {
            int index = signals.index(signal);
            boolean speaks = item.stream().anyMatch(stem -> stems.contains(stem) && !task.contains(stem));
            if (speaks && !licensed.get(index)) {
                findings.add(new PlanFinding(
                        number,
                        Kind.FORBIDDEN_INTENT,
                        "speaks of what " + signals.all().get(index).words() + "; the task does not"));
            }
        });
    }
}
