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
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What programs, their options and what is told them are for, in words of people ({@code glosses.txt}). An entry has a number, its place
 * in the file; its key is a program, alone or with an argument, two arguments, or {@code ~} and an expression over an argument.
 */
public final class Glosses {
    /** Arguments of one invocation that are looked up. */
    private static final int MAX_LOOKED = 24;

    /** Of an argument that expressions are held against. */
    private static final int MAX_ARGUMENT = 200;

    private final List<String> texts = new ArrayList<>();
    private final Map<String, List<Shape>> shapes = new HashMap<>();
    private final Map<String, Integer> byKey = new TreeMap<>();
    private final Map<String, Double> weights = new HashMap<>();
    private final double rarest;

    /** An argument's form, and the entry that says what it is for. */
    private record Shape(Pattern pattern, int part) {}

    public Glosses() {
        Map<String, Integer> count = new HashMap<>();
        for (String line : Resources.lines("glosses.txt")) {
            int colon = line.indexOf(": ");
            String key = line.substring(0, colon);
            int form = key.indexOf(" ~");
            if (form > 0) {
                shapes.computeIfAbsent(key.substring(0, form), program -> new ArrayList<>())
                        .add(new Shape(Pattern.compile(key.substring(form + 2)), texts.size()));
            }
            Integer before = byKey.put(key, texts.size());
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
        String previous = "";
        List<Shape> forms = shapes.getOrDefault(invocation.program(), List.of());
        for (String argument : invocation.arguments()) {
            if (looked++ > MAX_LOOKED) {
                break;
            }
            add(parts, invocation.program() + " " + argument);
            add(parts, invocation.program() + " " + previous + " " + argument);
            previous = argument;
            String beginning = argument.substring(0, Math.min(argument.length(), MAX_ARGUMENT));
            for (Shape shape : forms) {
                if (shape.pattern().matcher(beginning).find()) {
                    parts.add(shape.part());
                }
            }
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
