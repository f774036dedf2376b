package io.plumbline.intent.features;

import io.plumbline.intent.features.Outline.Invocation;
import io.plumbline.intent.text.Resources;
import io.plumbline.intent.text.Words;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What programs and their options are for, in words of people ({@code glosses.txt}). */
public final class Glosses {
    private final Map<String, String> byKey = new TreeMap<>();
    private final Map<String, Double> weights = new HashMap<>();
    private final double rarest;

    public Glosses() {
        Map<String, Integer> count = new HashMap<>();
        for (String line : Resources.lines("glosses.txt")) {
            int colon = line.indexOf(": ");
            byKey.put(line.substring(0, colon), line.substring(colon + 2));
            for (String stem : Words.stems(line.substring(colon + 2))) {
                count.merge(stem, 1, Integer::sum);
            }
        }
        count.forEach((stem, n) -> weights.put(stem, StrictMath.log((byKey.size() + 1.0) / n)));
        rarest = StrictMath.log(byKey.size() + 1.0);
    }

    /** Whether programs are described with the word at all. */
    public boolean knows(String stem) {
        return weights.containsKey(stem);
    }

    /** How much a word tells: the rarer in the glosses, the more. */
    public double weight(String stem) {
        return weights.getOrDefault(stem, rarest);
    }

    /** What one invocation is for; empty when the program is not known. */
    public String of(Invocation invocation) {
        String main = byKey.get(invocation.program());
        if (main == null) {
            return "";
        }
        Set<String> parts = new LinkedHashSet<>();
        parts.add(main);
        int looked = 0;
        for (String argument : invocation.arguments()) {
            if (looked++ > 24) {
                break;
            }
            add(parts, invocation.program() + " " + argument);
            if (argument.length() > 2 && argument.charAt(0) == '-' && argument.charAt(1) != '-' && looked < 12) {
                for (int i = 1; i < Math.min(6, argument.length()); i++) {
                    add(parts, invocation.program() + " -" + argument.charAt(i));
                }
            }
        }
        return String.join(" ", parts);
    }

    private void add(Set<String> parts, String key) {
        String gloss = byKey.get(key);
        if (gloss != null) {
            parts.add(gloss);
        }
    }
}
