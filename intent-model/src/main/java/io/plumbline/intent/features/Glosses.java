package io.plumbline.intent.features;

import io.plumbline.intent.features.Outline.Invocation;
import io.plumbline.intent.text.Resources;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What programs and their options are for, in words of people ({@code glosses.txt}). An entry has a number, its place in the file. */
public final class Glosses {
    /** Arguments of one invocation that are looked up. */
    private static final int MAX_LOOKED = 24;

    private final List<String> texts = new ArrayList<>();
    private final Map<String, Integer> byKey = new TreeMap<>();
    private final Map<String, Double> weights = new HashMap<>();
    private final double rarest;

    public Glosses() {
        Map<String, Integer> count = new HashMap<>();
        for (String line : Resources.lines("glosses.txt")) {
            int colon = line.indexOf(": ");
            Integer before = byKey.put(line.substring(0, colon), texts.size());
            if (before != null) {
                throw new IllegalStateException("glosses.txt: '" + line + "' (expected: each program and option once)");
            }
            texts.add(line.substring(colon + 2));
            for (String stem : Words.stems(line.substring(colon + 2))) {
                count.merge(stem, 1, Integer::sum);
            }
        }
        count.forEach((stem, n) -> weights.put(stem, StrictMath.log((texts.size() + 1.0) / n)));
        rarest = StrictMath.log(texts.size() + 1.0);
    }

    /** The texts of all entries, by number. */
    public List<String> texts() {
        return List.copyOf(texts);
    }

    /** Whether programs are described with the word at all. */
    public boolean knows(String stem) {
        return weights.containsKey(stem);
    }

    /** How much a word tells: the rarer in the glosses, the more. */
    public double weight(String stem) {
        return weights.getOrDefault(stem, rarest);
    }

    /** The entries that say what one invocation is for, its program's first; empty when the program is not known. */
    public List<Integer> parts(Invocation invocation) {
        Integer main = byKey.get(invocation.program());
        if (main == null) {
            return List.of();
        }
        Set<Integer> parts = new LinkedHashSet<>();
        parts.add(main);
        int looked = 0;
        for (String argument : invocation.arguments()) {
            if (looked++ > MAX_LOOKED) {
                break;
            }
            add(parts, invocation.program() + " " + argument);
            if (argument.length() > 2 && argument.charAt(0) == '-' && argument.charAt(1) != '-' && looked < 12) {
                for (int i = 1; i < Math.min(6, argument.length()); i++) {
                    add(parts, invocation.program() + " -" + argument.charAt(i));
                }
            }
        }
        return List.copyOf(parts);
    }

    /** The words of entries in one text. */
    public String words(List<Integer> parts) {
        return parts.stream().map(texts::get).collect(Collectors.joining(" "));
    }

    private void add(Set<Integer> parts, String key) {
        Integer part = byKey.get(key);
        if (part != null) {
            parts.add(part);
        }
    }
}
