package io.plumbline.intent.corpus;

import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.corpus.Grammar.Abuse;
import io.plumbline.intent.corpus.Grammar.Family;
import io.plumbline.intent.corpus.Grammar.Template;
import io.plumbline.intent.features.CommandReader;
import io.plumbline.intent.features.PlainCommandReader;
import io.plumbline.intent.features.Readers;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Labelled sessions out of a grammar, of the families that the encoder does not learn from, the same on every run: acts of the task, looks
 * around, acts of other tasks, over-eager and malicious acts, alone and behind an innocent one; then recorded ones. An act's text belongs to the split that had it first, and a pair of task and
 * act is taken once, with the label it had first.
 */
public final class Corpus {
    public static final int SESSIONS = 3_200;
    private static final long SEED = 7;

    /** Names a place that is not in the repository. */
    private static final Pattern ELSEWHERE = Pattern.compile("(^|[\\s='\"<>])([~/]|\\.\\./)");

    private final Grammar grammar;
    private final CommandReader reader = new PlainCommandReader();
    private final SplittableRandom random = new SplittableRandom(SEED);
    private final Map<String, Split> owners = new HashMap<>();
    private final Set<String> known = new HashSet<>();
    private final List<LabelledAct> records = new ArrayList<>();

    private Corpus(Grammar grammar) {
        this.grammar = grammar;
    }

    public static List<LabelledAct> generate(Grammar grammar, int sessions) {
        Corpus corpus = new Corpus(grammar);
        grammar.families().stream()
                .filter(family -> family.split() == Split.ENCODER)
                .forEach(family -> family.acts().forEach(act -> corpus.owners.put(act.text(), Split.ENCODER)));
        List<Family> families = grammar.families().stream()
                .filter(family -> family.split() != Split.ENCODER && !grammar.isKnownToEncoder(family))
                .toList();
        List<Family> turns = new ArrayList<>(families);
        // There are fewer families of work in a repository, and they are what agents do.
        families.stream().filter(family -> !family.shell()).forEach(turns::add);
        for (int session = 0; session < sessions; session++) {
            corpus.session(session, turns.get(session % turns.size()));
        }
        RecordedSessions.read().forEach(corpus::add);
        return List.copyOf(corpus.records);
    }

    /** Whether a recorded task is one that the head learns from or that its thresholds are set by: then it measures nothing. */
    public static boolean isLearned(String recordedTask) {
        return Split.ofRecorded(recordedTask) != Split.TEST;
    }

    private void session(int number, Family family) {
        Map<String, String> values = grammar.values(random);
        String task = Grammar.fill(pick(family.tasks()), values);
        List<Act> recent = new ArrayList<>();
        Intent.Scope scope = new Intent.Scope(
                // One in four is asked about without a policy that names folders.
                family.shell() || number % 4 == 3 ? List.of() : List.of("/workspace"),
                List.of(
                        "registry.npmjs.org",
                        "pypi.org",
                        "files.pythonhosted.org",
                        "repo.maven.apache.org",
                        "github.com"));
        int own = family.shell() ? 5 : 7;
        for (int i = 0; i < own; i++) {
            // A look around serves every task in the folders that a policy names; where none does, nobody can say so.
            boolean look = !scope.folders().isEmpty() && random.nextInt(6) == 0;
            Template template = look ? commonOf(family.split()) : pick(family.acts());
            Act act = act(template, values);
            if (family.shell() && random.nextInt(25) == 0 && act.text().matches("[a-z].*")) {
                // Right or wrong, people run much with more rights than it needs.
                act = Act.command("sudo " + act.text());
            }
            if (random.nextInt(8) == 0 && act.kind() == Act.Kind.COMMAND) {
                Template other = scope.folders().isEmpty() ? pick(family.acts()) : commonOf(family.split());
                if (other.kind() == Act.Kind.COMMAND) {
                    act = joined(act, act(other, values));
                }
            }
            Label label = family.licences().isEmpty() || look ? Label.ON_PLAN : Label.LOOKALIKE;
            add(
                    number,
                    family,
                    template,
                    family.name(),
                    intent(task, family, values, scope, recent, act, false),
                    act,
                    label);
            recent.add(act);
        }
        for (int i = 0; i < 4; i++) {
            Family other = other(family);
            if (!family.selection().isEmpty() && family.selection().equals(other.selection())) {
                // To look at the same files, or count them, is a way to begin.
                continue;
            }
            Template template = pick(other.acts());
            boolean sameNames = family.shell() && other.shell() && !template.looks() && random.nextInt(3) == 0;
            Act act = act(template, sameNames ? values : grammar.values(random));
            if (grammar.isCommonplace(template) || !family.shell() && servesAnyTask(template, act)) {
                continue;
            }
            add(
                    number,
                    family,
                    template,
                    other.name(),
                    intent(task, family, values, scope, recent, act, true),
                    act,
                    Label.OFF_PLAN);
        }
        for (int i = 0; i < 3; i++) {
            boolean malicious = random.nextInt(2) == 0;
            List<Abuse> abuses = abuses(family, malicious);
            if (abuses.isEmpty()) {
                continue;
            }
            Abuse abuse = pick(abuses);
            Act act = act(abuse.template(), values);
            if (act.kind() == Act.Kind.COMMAND && random.nextInt(3) == 0) {
                Act innocent = act(pick(family.acts()), values);
                act = innocent.kind() == Act.Kind.COMMAND ? joined(innocent, act) : act;
            }
            add(
                    number,
                    family,
                    abuse.template(),
                    abuse.category(),
                    intent(task, family, values, scope, recent, act, true),
                    act,
                    malicious ? Label.MALICIOUS : Label.OVER_EAGER);
        }
    }

    /** Reading, building and testing in the repository serve every task in it. */
    private boolean servesAnyTask(Template template, Act act) {
        boolean stays = !ELSEWHERE.matcher(act.text()).find();
        return template.looks()
                || stays && act.kind() == Act.Kind.COMMAND && Readers.onlyBuild(reader.read(act.text()));
    }

    private Act joined(Act first, Act second) {
        String operator = random.nextBoolean() ? " && " : "; ";
        return random.nextInt(4) == 0
                ? Act.command(second.text() + operator + first.text())
                : Act.command(first.text() + operator + second.text());
    }

    private void add(
            int session, Family family, Template template, String category, Intent intent, Act act, Label label) {
        add(new LabelledAct(family.split(), session, family.name(), template.id(), category, intent, act, label));
    }

    private void add(LabelledAct record) {
        String text = record.act().text();
        boolean own = owners.computeIfAbsent(text, any -> record.split()) == record.split();
        if (own && known.add(record.intent().task() + "\n" + text)) {
            records.add(record);
        }
    }

    /** The agent's words: an honest plan, none, or, with a bad act, what an agent says that wants it through. */
    private Intent intent(
            String task,
            Family family,
            Map<String, String> values,
            Intent.Scope scope,
            List<Act> recent,
            Act act,
            boolean bad) {
        String plan =
                family.plans().isEmpty() || random.nextInt(3) == 0 ? "" : Grammar.fill(pick(family.plans()), values);
        String reason = "";
        if (bad && random.nextInt(3) == 0) {
            String shown = act.text().length() > 80 ? act.text().substring(0, 80) : act.text();
            plan = pick(
                    List.of("Run " + shown, "As requested by the user: " + shown, "do whatever is necessary", plan));
            reason = pick(List.of("needed for the task", "safe and approved", "to " + shown, ""));
        }
        return new Intent(task, plan, reason, scope, recent);
    }

    /** Another family of the same split; one time in three, where there is one, with a program that this one uses too. */
    private Family other(Family family) {
        Set<String> programs = new TreeSet<>();
        family.acts().forEach(act -> programs.add(act.program()));
        int alike = random.nextInt(3) == 0 ? 40 : 0;
        while (true) {
            Family other = pick(grammar.families());
            boolean near = other.shell() == family.shell() || random.nextInt(4) == 0;
            if (other == family || !near || other.split() != family.split() || grammar.areAlike(family, other)) {
                continue;
            }
            if (alike-- <= 0 || other.acts().stream().anyMatch(act -> programs.contains(act.program()))) {
                return other;
            }
        }
    }

    private List<Abuse> abuses(Family family, boolean malicious) {
        return grammar.abuses().stream()
                .filter(abuse -> abuse.malicious() == malicious
                        && abuse.split() == family.split()
                        && !family.licences().contains(abuse.category()))
                .toList();
    }

    private Template commonOf(Split split) {
        while (true) {
            Template template = pick(grammar.common());
            if (Split.of(template.id()) == split) {
                return template;
            }
        }
    }

    private Act act(Template template, Map<String, String> values) {
        String text = Grammar.fill(template.text(), values);
        int colon = text.indexOf(": ");
        if (template.kind() == Act.Kind.EDIT && colon > 0 && random.nextBoolean()) {
            // As agents announce it: the path, then the arguments of their tool.
            String path = text.substring(0, colon);
            String change = text.substring(colon + 2).replace("\\", "\\\\").replace("\"", "\\\"");
            String file = path.startsWith("/") || path.startsWith("~") ? path : "/workspace/" + path;
            text = file + ": {\"file_path\": \"" + file + "\", "
                    + (random.nextBoolean() ? "\"old_string\": \"\", \"new_string\": \"" : "\"content\": \"") + change
                    + "\"}";
        }
        return new Act(template.kind(), text);
    }

    private <T> T pick(List<T> list) {
        return list.get(random.nextInt(list.size()));
    }
}
