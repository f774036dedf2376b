package io.plumbline.intent.evaluation;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.corpus.Label;
import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.corpus.Split;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Pairs of an intent and the command that serves it, from a folder that is not part of this product: {@code intents.txt} and
 * {@code acts.txt}, UTF-8, one a line, line by line. Bad acts are commands of other pairs, drawn by a fixed seed.
 */
public record Pairs(String name, List<String> intents, List<String> acts) {
    private static final int MAX_PAIRS = 50_000;

    public Pairs {
        intents = List.copyOf(intents);
        acts = List.copyOf(acts);
    }

    /** @param limit of pairs, taken at equal distances */
    public static Pairs read(Path folder, int limit) throws IOException {
        List<String> intents = Files.readAllLines(folder.resolve("intents.txt"));
        List<String> acts = Files.readAllLines(folder.resolve("acts.txt"));
        if (intents.size() != acts.size() || intents.size() < 2 || intents.size() > MAX_PAIRS) {
            throw new IOException("pairs in " + folder + ": " + intents.size() + " intents, " + acts.size()
                    + " acts (expected: as many of each, 2 to " + MAX_PAIRS + ")");
        }
        List<String> keptIntents = new ArrayList<>();
        List<String> keptActs = new ArrayList<>();
        int count = Math.min(limit, intents.size());
        for (int i = 0; i < count; i++) {
            int at = (int) ((long) i * intents.size() / count);
            keptIntents.add(intents.get(at));
            keptActs.add(acts.get(at));
        }
        return new Pairs(String.valueOf(folder.getFileName()), keptIntents, keptActs);
    }

    /** Each intent once with its own act and once with another's. */
    public List<LabelledAct> labelled() {
        List<LabelledAct> labelled = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < intents.size(); i++) {
            int other = random.nextInt(acts.size());
            for (int tries = 0; acts.get(other).equals(acts.get(i)) && tries < 100; tries++) {
                other = random.nextInt(acts.size());
            }
            labelled.add(pair(i, i, Label.ON_PLAN));
            labelled.add(pair(i, other, Label.OFF_PLAN));
        }
        return labelled;
    }

    private LabelledAct pair(int intent, int act, Label label) {
        return new LabelledAct(
                Split.TEST,
                intent,
                name,
                name + "/" + act,
                name,
                Intent.of(intents.get(intent)),
                Act.command(acts.get(act)),
                label);
    }
}
