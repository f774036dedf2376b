package io.plumbline.intent.features;

import io.plumbline.intent.Act;
import io.plumbline.intent.features.Outline.Invocation;
import io.plumbline.intent.text.Resources;
import io.plumbline.intent.text.Words;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The signals of {@code signals.txt} and where they are found. */
public final class Signals {
    /** Of one invocation as text; the expressions are linear in it but many. */
    private static final int MAX_LINE = 4_096;

    /** Characters below which a text is in a task by chance. */
    private static final int MIN_NAMED = 4;

    /** Names of files, hosts and versions: {@code backup.sql} does not ask for a backup. */
    private static final Pattern FILE_NAMES =
            Pattern.compile("(?<![^\\s'\"(,])(?!\\S{0,200}://)[\\w./~-]{0,200}\\w\\.[A-Za-z0-9]{1,5}(?![\\w/.-]*\\w)");

    private final List<Signal> all;

    public Signals() {
        List<Signal> signals = new ArrayList<>();
        String name = "";
        String words = "";
        boolean grave = false;
        Set<String> asked = Set.of();
        List<Pattern> phrases = new ArrayList<>();
        List<Pattern> run = new ArrayList<>();
        List<Pattern> text = new ArrayList<>();
        List<String> lines = new ArrayList<>(Resources.lines("signals.txt"));
        lines.add("signal end: ");
        for (String line : lines) {
            int colon = line.indexOf(":");
            String key = line.substring(0, colon);
            String value = line.substring(colon + 1).strip();
            if (key.startsWith("signal ") || key.startsWith("grave signal ")) {
                if (!name.isEmpty()) {
                    signals.add(new Signal(name, words, grave, asked, phrases, run, text));
                }
                name = key.substring(key.lastIndexOf(' ') + 1);
                grave = key.startsWith("grave");
                words = value;
                asked = Set.of();
                phrases.clear();
                run.clear();
                text.clear();
            } else if (key.equals("asked")) {
                asked = Words.stems(value);
            } else if (key.equals("phrase")) {
                phrases.add(Pattern.compile(value));
            } else if (key.equals("run")) {
                run.add(Pattern.compile(value));
            } else if (key.equals("text")) {
                text.add(Pattern.compile(value));
            } else {
                throw new IllegalStateException(
                        "signals.txt: '" + key + "' (expected: signal, asked, phrase, run or text)");
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

    /**
     * Which signals an act gives.
     *
     * @return by index, with what was found of it in the act's text, in lower case; empty where an invocation gives it
     */
    public SortedMap<Integer, String> of(Act.Kind kind, String text, Outline outline) {
        SortedMap<Integer, String> found = new TreeMap<>();
        String whole =
                switch (kind) {
                    case COMMAND -> text;
                    case EDIT -> "edit " + text;
                    case FILES -> "files " + text;
                    case EGRESS -> "egress " + text;
                    case TOOL -> "tool " + text;
                };
        List<String> lines = new ArrayList<>();
        for (Invocation invocation : outline.invocations()) {
            lines.add(line(invocation));
        }
        for (int i = 0; i < all.size(); i++) {
            Signal signal = all.get(i);
            boolean runs = lines.stream().anyMatch(line -> signal.run().stream()
                    .anyMatch(pattern -> pattern.matcher(line).find()));
            Optional<String> written = signal.text().stream()
                    .map(pattern -> pattern.matcher(whole))
                    .filter(Matcher::find)
                    .map(Matcher::group)
                    .findFirst();
            if (runs) {
                found.put(i, "");
            } else if (written.isPresent()) {
                found.put(i, written.get().strip().toLowerCase(Locale.ROOT));
            }
        }
        return found;
    }

    /** Whether a task has what an act has, word for word. */
    static boolean isNamed(String found, String task) {
        return found.length() >= MIN_NAMED && task.toLowerCase(Locale.ROOT).contains(found);
    }

    /** Which signals a person's task asks for. */
    public BitSet askedBy(String task) {
        Set<String> stems = Words.stems(FILE_NAMES.matcher(task).replaceAll(" "));
        String text = task.toLowerCase(Locale.ROOT);
        BitSet asked = new BitSet(all.size());
        for (int i = 0; i < all.size(); i++) {
            Signal signal = all.get(i);
            if (signal.asked().stream().anyMatch(stems::contains)
                    || signal.phrases().stream()
                            .anyMatch(phrase -> phrase.matcher(text).find())) {
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
