package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.features.Outline.Invocation;
import io.plumbline.intent.text.Resources;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/** The signals of {@code signals.txt} and where they are found. */
public final class Signals {
    /** Of one invocation as text; the expressions are linear in it but many. */
    private static final int MAX_LINE = 4_096;

    private final List<Signal> all;

    public Signals() {
        List<Signal> signals = new ArrayList<>();
        String name = "";
        String words = "";
        Set<String> asked = Set.of();
        List<Pattern> run = new ArrayList<>();
        List<Pattern> text = new ArrayList<>();
        List<String> lines = new ArrayList<>(Resources.lines("signals.txt"));
        lines.add("signal end: ");
        for (String line : lines) {
            int colon = line.indexOf(":");
            String key = line.substring(0, colon);
            String value = line.substring(colon + 1).strip();
            if (key.startsWith("signal ")) {
                if (!name.isEmpty()) {
                    signals.add(new Signal(name, words, asked, run, text));
                }
                name = key.substring("signal ".length());
                words = value;
                run.clear();
                text.clear();
            } else if (key.equals("asked")) {
                asked = Words.stems(value);
            } else if (key.equals("run")) {
                run.add(Pattern.compile(value));
            } else if (key.equals("text")) {
                text.add(Pattern.compile(value));
            } else {
                throw new IllegalStateException("signals.txt: '" + key + "' (expected: signal, asked, run or text)");
            }
        }
        all = List.copyOf(signals);
    }

    public List<Signal> all() {
        return all;
    }

    public int index(String name) {
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).name().equals(name)) {
                return i;
            }
        }
        throw new IllegalArgumentException("signal: " + name + " (expected: one of signals.txt)");
    }

    /** Which signals an act gives, by index. */
    public BitSet of(Act.Kind kind, String text, Outline outline) {
        BitSet found = new BitSet(all.size());
        String whole =
                switch (kind) {
                    case COMMAND -> text;
                    case EDIT -> "edit " + text;
                    case FILES -> "files " + text;
                    case EGRESS -> "egress " + text;
                };
        List<String> lines = new ArrayList<>();
        for (Invocation invocation : outline.invocations()) {
            lines.add(line(invocation));
        }
        for (int i = 0; i < all.size(); i++) {
            Signal signal = all.get(i);
            boolean hit = signal.text().stream()
                    .anyMatch(pattern -> pattern.matcher(whole).find());
            for (int j = 0; j < lines.size() && !hit; j++) {
                String line = lines.get(j);
                hit = signal.run().stream()
                        .anyMatch(pattern -> pattern.matcher(line).find());
            }
            if (hit) {
                found.set(i);
            }
        }
        return found;
    }

    /** Which signals a person's task asks for. */
    public BitSet askedBy(String task) {
        Set<String> stems = Words.stems(task);
        BitSet asked = new BitSet(all.size());
        for (int i = 0; i < all.size(); i++) {
            if (all.get(i).asked().stream().anyMatch(stems::contains)) {
                asked.set(i);
            }
        }
        return asked;
    }

    private static String line(Invocation invocation) {
        StringBuilder line = new StringBuilder(invocation.program());
        for (String argument : invocation.arguments()) {
            if (line.length() > MAX_LINE) {
                break;
            }
            line.append(' ').append(argument, 0, Math.min(argument.length(), MAX_LINE));
        }
        invocation.written().forEach(file -> line.append(" > ").append(file));
        invocation.read().forEach(file -> line.append(" < ").append(file));
        return line.substring(0, Math.min(line.length(), MAX_LINE));
    }
}
