package io.plumbline.intent.corpus;

import io.plumbline.intent.Act;
import io.plumbline.intent.features.Outline;
import io.plumbline.intent.features.PlainCommandReader;
import io.plumbline.intent.features.Signals;
import io.plumbline.intent.text.Resources;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The grammar of the corpus, from the resources below {@code corpus/}: families of tasks with their plans and acts, acts that serve
 * any task, and acts that none asks for. {@code {slot}} stands for a value of {@code slots.txt}, the same in a whole session.
 */
public final class Grammar {
    private static final int TAKEN = 3;

    private final List<Family> families = new ArrayList<>();
    private final List<Template> common = new ArrayList<>();
    private final List<Abuse> abuses = new ArrayList<>();
    private final Map<String, Integer> uses = new TreeMap<>();
    private final Map<String, List<String>> slots = new TreeMap<>();
    private final Map<String, Set<String>> skeletons = new HashMap<>();
    private final Set<String> encoders = new HashSet<>();

    /** Only reads: the first program of such an act, with what is known to change something left out below. */
    private static final Pattern LOOKS = Pattern.compile(
            "(cd \\S+ && )?(cat|ls|grep|rg|egrep|head|tail|less|wc|tree|stat|file|nl|find|sed -n|jq|which|pwd|git (status|log|diff|show|blame|branch --|stash list)|du|ps|pgrep)\\b.*");

    private static final Pattern CHANGES =
            Pattern.compile(".*( -delete| -exec| -ok|xargs|>|\\| *(sh|bash|crontab|ssh|mail)|/\\.ssh|/etc/shadow).*");

    /** @param id resource, family and number */
    public record Template(String id, Act.Kind kind, String text) {
        /** Whether it only looks around. */
        public boolean looks() {
            return kind == Act.Kind.FILES
                    || kind == Act.Kind.COMMAND
                            && LOOKS.matcher(text).matches()
                            && !CHANGES.matcher(text).matches();
        }

        /** The first program of a command; empty for other acts. */
        public String program() {
            return kind == Act.Kind.COMMAND ? text.split(" ", 2)[0] : "";
        }
    }

    /**
     * @param shell a task of one command line, not one in a repository
     * @param selection of the files that the task is about, where it is made of a selection and a deed; else empty
     * @param licences kinds of abuse that are none under this task
     */
    public record Family(
            String name,
            boolean shell,
            String selection,
            List<String> tasks,
            List<String> plans,
            List<Template> acts,
            Set<String> licences,
            Split split) {
        Family with(Set<String> others) {
            return new Family(name, shell, selection, tasks, plans, acts, Set.copyOf(others), split);
        }
    }

    /**
     * @param what words for the files
     * @param where words for the place
     * @param by arguments of find
     */
    private record Selection(String name, List<String> what, List<String> where, List<String> by) {}

    /** @param category what a family has to license for this to be no abuse */
    public record Abuse(Template template, String category, boolean malicious, Split split) {}

    public Grammar() {
        for (String line : Resources.lines("corpus/slots.txt")) {
            int colon = line.indexOf(": ");
            slots.put(
                    line.substring(0, colon), List.of(line.substring(colon + 2).split("\\|")));
        }
        for (String resource : List.of("shell", "shell-files", "shell-text", "shell-system", "shell-mixed")) {
            readFamilies(resource, true);
        }
        for (String resource : List.of("developer", "developer-more")) {
            readFamilies(resource, false);
        }
        readSelections();
        int number = 0;
        for (String line : Resources.lines("corpus/common.txt")) {
            common.add(template("common/" + number++, line));
        }
        readAbuses();
        license();
        families.forEach(family -> family.acts().stream()
                .map(Template::text)
                .distinct()
                .forEach(text -> uses.merge(text, 1, Integer::sum)));
        common.forEach(template -> uses.merge(template.text(), 2, Integer::sum));
        families.forEach(family -> {
            Set<String> own = new HashSet<>();
            family.acts().stream().filter(act -> !isCommonplace(act)).forEach(act -> own.add(Skeleton.of(act.text())));
            skeletons.put(family.name(), own);
            if (family.split() == Split.ENCODER) {
                texts(family).forEach(encoders::add);
            }
        });
    }

    /** Whether an act serves so many tasks that it is wrong under none: it is common, or of several families. */
    public boolean isCommonplace(Template template) {
        return uses.getOrDefault(template.text(), 0) > 1;
    }

    /** Whether acts of two families differ in their values only, so that one's may serve the other's tasks. */
    public boolean areAlike(Family family, Family other) {
        Set<String> shared = new HashSet<>(skeletons.getOrDefault(family.name(), Set.of()));
        shared.retainAll(skeletons.getOrDefault(other.name(), Set.of()));
        return shared.size() > 1 || shared.stream().anyMatch(Skeleton::tells);
    }

    /** Whether a task or an act of a family is, but for quotes and values, one that the encoder learned from; then it measures nothing. */
    boolean isKnownToEncoder(Family family) {
        return texts(family).anyMatch(encoders::contains);
    }

    private static Stream<String> texts(Family family) {
        return Stream.concat(family.tasks().stream(), family.acts().stream().map(Template::text))
                .map(Skeleton::withoutValues);
    }

    public List<Family> families() {
        return families;
    }

    public List<Template> common() {
        return common;
    }

    public List<Abuse> abuses() {
        return abuses;
    }

    public List<String> values(String slot) {
        return slots.getOrDefault(slot, List.of());
    }

    public Set<String> slots() {
        return slots.keySet();
    }

    /** A value for each slot. */
    public Map<String, String> values(SplittableRandom random) {
        Map<String, String> values = new TreeMap<>();
        slots.forEach((slot, all) -> values.put(slot, all.get(random.nextInt(all.size()))));
        return values;
    }

    /** A template with values in its slots. */
    public static String fill(String template, Map<String, String> values) {
        String text = template;
        for (Map.Entry<String, String> entry : values.entrySet()) {
            text = text.replace("{" + entry.getKey() + "}", entry.getValue());
        }
        return text;
    }

    private void readFamilies(String resource, boolean shell) {
        String name = "";
        List<String> tasks = new ArrayList<>();
        List<String> plans = new ArrayList<>();
        List<Template> acts = new ArrayList<>();
        Set<String> licences = new TreeSet<>();
        List<String> lines = new ArrayList<>(Resources.lines("corpus/" + resource + ".txt"));
        lines.add("family ");
        for (String line : lines) {
            if (line.startsWith("family")) {
                if (!name.isEmpty()) {
                    families.add(new Family(
                            name,
                            shell,
                            "",
                            List.copyOf(tasks),
                            List.copyOf(plans),
                            List.copyOf(acts),
                            Set.copyOf(licences),
                            Split.ofFamily(name)));
                }
                name = line.substring("family".length()).strip();
                tasks.clear();
                plans.clear();
                acts.clear();
                licences.clear();
                continue;
            }
            int colon = line.indexOf(": ");
            String value = line.substring(colon + 2);
            switch (line.substring(0, colon)) {
                case "task" -> tasks.add(value);
                case "plan" -> plans.add(value);
                case "licenses" -> licences.addAll(Arrays.asList(value.split(" ")));
                default -> acts.add(template(resource + "/" + name + "/" + acts.size(), line));
            }
        }
    }

    /** Every selection of files with every deed, of which one in {@value #TAKEN} is taken: there would be as many as of all others. */
    private void readSelections() {
        List<Selection> selections = new ArrayList<>();
        int number = 0;
        for (String line : Resources.lines("corpus/selections.txt")) {
            int colon = line.indexOf(": ");
            String[] sides = line.substring(colon + 2).split(" = ", 2);
            String[] head = line.substring(0, colon).split("[ \\[\\]]+");
            if (head[0].equals("select")) {
                String[] words = sides[0].split(" @ ", 2);
                selections.add(new Selection(head[1], parts(words[0]), parts(words[1]), parts(sides[1])));
                continue;
            }
            Set<String> licences = Set.of(Arrays.copyOfRange(head, 2, head.length));
            for (Selection selection : selections) {
                if (number++ % TAKEN == 0) {
                    families.add(family(selection, head[1], parts(sides[0]), parts(sides[1]), licences));
                }
            }
        }
    }

    private static Family family(
            Selection selection, String deed, List<String> said, List<String> done, Set<String> licences) {
        String name = "find-" + selection.name() + "-" + deed;
        List<String> tasks = new ArrayList<>();
        List<Template> acts = new ArrayList<>();
        for (String words : said) {
            for (String what : selection.what()) {
                for (String where : selection.where()) {
                    tasks.add(words.replace("{what}", what).replace("{where}", where));
                }
            }
        }
        for (String act : done) {
            for (String by : selection.by()) {
                String id = "selections/" + name + "/" + acts.size();
                acts.add(new Template(id, Act.Kind.COMMAND, act.replace("{by}", by)));
            }
        }
        return new Family(name, true, selection.name(), tasks, List.of(), acts, licences, Split.ofFamily(name));
    }

    private static List<String> parts(String line) {
        return List.of(line.split(" / "));
    }

    private void readAbuses() {
        boolean malicious = false;
        int number = 0;
        for (String line : Resources.lines("corpus/abuse.txt")) {
            if (line.startsWith("[")) {
                malicious = line.equals("[malicious]");
                continue;
            }
            int colon = line.indexOf(": ");
            String text = line.substring(colon + 2);
            String key = text.matches("(edit|files|egress|tool) .*") ? text.replaceFirst(" ", ": ") : "act: " + text;
            Template template = template("abuse/" + number++, key);
            abuses.add(new Abuse(template, line.substring(0, colon), malicious, Split.of(text)));
        }
    }

    /**
     * An act of a kind that a family's own acts are of, too, is not over-eager under its tasks: who is to stop a service has to stop one.
     * A kind is known by the signals that most of its acts give. Malicious acts are licensed by nobody.
     */
    private void license() {
        Signals signals = new Signals();
        Map<String, List<Set<Integer>>> given = new TreeMap<>();
        for (Abuse abuse : abuses) {
            if (abuse.malicious()) {
                continue;
            }
            given.computeIfAbsent(abuse.category(), any -> new ArrayList<>()).add(signals(signals, abuse.template()));
        }
        Map<String, Set<Integer>> typical = new TreeMap<>();
        given.forEach((category, acts) -> typical.put(
                category,
                acts.stream()
                        .flatMap(Set::stream)
                        .filter(signal -> acts.stream()
                                                .filter(act -> act.contains(signal))
                                                .count()
                                        * 2
                                > acts.size())
                        .collect(Collectors.toSet())));
        families.replaceAll(family -> {
            Set<Integer> own = new HashSet<>();
            family.acts().forEach(act -> own.addAll(signals(signals, act)));
            Set<String> licences = new TreeSet<>(family.licences());
            typical.forEach((category, signs) -> {
                if (!Collections.disjoint(own, signs)) {
                    licences.add(category);
                }
            });
            return family.with(licences);
        });
    }

    private static Set<Integer> signals(Signals signals, Template template) {
        String text = template.text();
        Outline outline = template.kind() == Act.Kind.COMMAND
                ? new PlainCommandReader().read(text)
                : new Outline(List.of(), text, false);
        return signals.of(template.kind(), text, outline).keySet();
    }

    private static Template template(String id, String line) {
        int colon = line.indexOf(": ");
        String text = line.substring(colon + 2);
        return switch (line.substring(0, colon)) {
            case "act" -> new Template(id, Act.Kind.COMMAND, text);
            case "edit" -> new Template(id, Act.Kind.EDIT, text);
            case "files" -> new Template(id, Act.Kind.FILES, text);
            case "egress" -> new Template(id, Act.Kind.EGRESS, text);
            case "tool" -> new Template(id, Act.Kind.TOOL, text);
            default ->
                throw new IllegalStateException(
                        "grammar: '" + line + "' (expected: act, edit, files, egress or tool: TEXT)");
        };
    }
}
