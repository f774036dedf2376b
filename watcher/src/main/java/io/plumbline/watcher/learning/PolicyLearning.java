package io.plumbline.watcher.learning;

import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.PolicyComparison;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateRule;
import io.plumbline.events.v1.PathRule;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.learning.Act.Kind;
import io.plumbline.watcher.learning.ObservedSession.Destination;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Proposes a least-privilege policy from recorded sessions: what they did without raising an alert, generalised, and never wider than the
 * policy above. However often something is repeated it is granted no sooner: what raised an alert is learned only when a person has named
 * the deviation, and named scopes never are.
 */
public final class PolicyLearning {
    /** Sessions of one proposal. */
    public static final int MAX_SESSIONS = 200;

    /** Lines of one list; a policy is read by people. */
    private static final int MAX_LINES = 200;

    private static final int MAX_PATH = 400;
    private static final int MAX_EXPRESSION = 1_900;
    private static final int SHOWN_LEFT_OUT = 100;
    private static final long MEBI = 1L << 20;

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._+@-]{1,100}");
    private static final Pattern HOST = Pattern.compile("[a-z0-9]([a-z0-9.:-]{0,251}[a-z0-9])?");
    private static final Pattern METHOD = Pattern.compile("[A-Z]{1,16}");

    private static final String TOOLS = "learned-tools";
    private static final String PROGRAMS = "learned-programs";
    private static final String HERE = "-here";
    private static final String WIDER = "the policy above does not grant it";

    private final TaskPolicy above;
    private final PolicyLevels levels;
    private final Set<String> mayWiden;
    private final List<ObservedSession> sessions;
    private final Map<Kind, SortedMap<String, Tally>> seen = new EnumMap<>(Kind.class);
    private final TreeMap<LeftOut.Key, Tally> leftOut = new TreeMap<>();
    private final Set<String> suspects = new TreeSet<>();
    private final ProposalDocument document = new ProposalDocument();

    private PolicyLearning(Optional<Level> above, List<ObservedSession> sessions) throws PolicyException {
        this.levels = new PolicyLevels(above, Optional.empty());
        this.above = above.isPresent() ? PolicyParser.parse(above.get().yaml()) : PolicyDefaults.policy();
        // Without a policy above, destinations are bounded by the sessions' own policies alone.
        this.mayWiden = above.isPresent() ? Set.copyOf(this.above.getMayWidenList()) : Set.of("egress");
        this.sessions = sessions;
        for (Kind kind : Kind.values()) {
            seen.put(kind, new TreeMap<>());
        }
    }

    /**
     * @param telemetry of each session in its order, by session; at most {@value #MAX_SESSIONS}
     * @param above the organisation's policy; empty: the defaults
     * @param name of the proposed policy, as policies are named
     * @param judges whose alerts count like the watcher's own; rules most of all
     * @param included ids of deviations that a person says were right, as in {@code AlertRaised.deviation}
     * @throws PolicyException when the policy above is none
     * @throws IllegalArgumentException when there are too many sessions, or nothing may be learned of any
     */
    public static Proposal of(
            SortedMap<String, List<Event>> telemetry,
            Optional<Level> above,
            String name,
            List<Judge> judges,
            Set<String> included)
            throws PolicyException {
        if (telemetry.isEmpty() || telemetry.size() > MAX_SESSIONS) {
            throw new IllegalArgumentException(telemetry.size() + " sessions (expected: 1 to " + MAX_SESSIONS + ")");
        }
        List<ObservedSession> fit = new ArrayList<>();
        Map<String, String> unfit = new TreeMap<>();
        telemetry.forEach((session, events) -> {
            ObservedSession observed = ObservedSession.of(session, events, judges, included);
            observed.unfit().ifPresentOrElse(why -> unfit.put(session, why), () -> fit.add(observed));
        });
        if (fit.isEmpty()) {
            throw new IllegalArgumentException(
                    "sessions " + unfit + " (expected: one of which something may be learned)");
        }
        PolicyLearning learning = new PolicyLearning(above, fit);
        unfit.forEach((session, why) ->
                learning.leftOut.computeIfAbsent(new LeftOut.Key("session " + session, why), any -> new Tally()));
        return learning.proposal(name);
    }

    private Proposal proposal(String name) throws PolicyException {
        for (ObservedSession session : sessions) {
            session.acts().forEach((act, tally) -> seen(act.kind())
                    .computeIfAbsent(act.value(), any -> new Tally())
                    .add(tally));
            session.leftOut().forEach((key, tally) -> leftOut.computeIfAbsent(key, any -> new Tally())
                    .add(tally));
            suspects.addAll(session.suspectValues());
        }
        document.comment("Proposed from " + sessions.size()
                        + " recorded sessions. Nothing is in force until a person has read, signed and placed it.")
                .comment("A line's evidence: sessions, acts, and the ids of the first events.")
                .line("name: " + ProposalDocument.quoted(name))
                .line("grants: replace");
        files();
        egress();
        tools();
        scopes();
        gate();
        limits();
        tellLeftOut();
        String yaml = document.yaml();
        return new Proposal(
                yaml,
                levels.task(yaml),
                document.lines(),
                leftOut.entrySet().stream()
                        .map(entry -> new LeftOut(
                                entry.getKey().what(),
                                entry.getKey().why(),
                                entry.getValue().evidence()))
                        .toList());
    }

    private SortedMap<String, Tally> seen(Kind kind) {
        return seen.getOrDefault(kind, new TreeMap<>());
    }

    // ---------------------------------------------------------------------------------------------------- files

    private void files() {
        List<String> writeGlobs = globs(List.of(above), "write").toList();
        List<String> readGlobs = Stream.concat(globs(List.of(above), "read"), writeGlobs.stream())
                .toList();
        Map<String, Tally> writes = patterns(Kind.WRITE, writeGlobs, mayWiden.contains("files.write"));
        seen(Kind.STATE).forEach((glob, tally) -> {
            if (writeGlobs.contains(glob)) {
                writes.computeIfAbsent(glob, any -> new Tally()).add(tally);
            } else {
                leaveOut(glob, WIDER, tally);
            }
        });
        Map<String, Tally> reads = patterns(Kind.READ, readGlobs, mayWiden.contains("files.read"));
        reads.keySet().removeIf(read -> writes.keySet().stream().anyMatch(write -> FileRules.covers(write, read)));
        document.line("files:");
        for (String access : List.of("deny", "protect")) {
            list("  ", access, restrictions(access), ProposalDocument::quoted);
        }
        items("  ", "files.read", "read", limited(reads), ProposalDocument::quoted);
        items("  ", "files.write", "write", limited(writes), ProposalDocument::quoted);
    }

    private Map<String, Tally> patterns(Kind kind, List<String> globs, boolean widen) {
        Map<String, Tally> plain = new TreeMap<>();
        seen(kind).forEach((path, tally) -> {
            if (isPlain(path)) {
                plain.put(path, tally);
            } else {
                leaveOut(path, "its name has wildcards or control characters, or is too long", tally);
            }
        });
        return new PathPatterns(kind == Kind.WRITE, globs, widen, suspects)
                .of(plain, path -> leaveOut(path, WIDER, plain.getOrDefault(path, new Tally())));
    }

    private static boolean isPlain(String path) {
        String rest = path.startsWith("${workspace}") ? path.substring("${workspace}".length()) : path;
        boolean absolute = rest.startsWith("/") || !rest.equals(path) || path.equals("~") || path.startsWith("~/");
        return absolute
                && path.length() <= MAX_PATH
                && rest.chars()
                        .noneMatch(c -> c == '*'
                                || c == '?'
                                || c == '$'
                                || Character.isISOControl(c)
                                || Character.getType(c) == Character.FORMAT
                                || Character.getType(c) == Character.SURROGATE)
                && !rest.contains("/../")
                && !rest.endsWith("/..");
    }

    /** What the sessions' own policies keep away, and the one above does not. */
    private List<String> restrictions(String access) {
        List<String> known = globs(List.of(above), access).toList();
        return globs(policies(), access)
                .filter(glob -> !known.contains(glob))
                .distinct()
                .sorted()
                .limit(MAX_LINES)
                .toList();
    }

    private List<TaskPolicy> policies() {
        return sessions.stream().flatMap(session -> session.policies().stream()).toList();
    }

    private static Stream<String> globs(Collection<TaskPolicy> policies, String access) {
        return policies.stream()
                .flatMap(policy -> policy.getFilesList().stream())
                .filter(rule -> rule.getAccess().equals(access))
                .map(PathRule::getGlob);
    }

    // --------------------------------------------------------------------------------------------------- egress

    private void egress() {
        Map<String, Tally> hosts = new TreeMap<>();
        Map<String, EgressRule> rules = new TreeMap<>();
        seen(Kind.HOST).forEach((name, tally) -> {
            Optional<EgressRule> rule = rule(name);
            if (suspects.contains(name)) {
                leaveOut(name, "it raised an alert in another session", tally);
            } else if (rule.isEmpty()) {
                leaveOut(name, "it is no plain name of a host", tally);
            } else if (!mayWiden.contains("egress")
                    && above.getEgressList().stream().noneMatch(upper -> PolicyComparison.covers(upper, rule.get()))) {
                leaveOut(name, WIDER, tally);
            } else {
                hosts.put(name, tally);
                rules.put(name, rule.get());
            }
        });
        Map<String, Tally> kept = limited(hosts);
        items("", "egress", "egress", kept, name -> Optional.ofNullable(rules.get(name))
                .map(PolicyLearning::written)
                .orElse(""));
    }

    /** The rule that allowed it, for this host alone and no more than was used. */
    private Optional<EgressRule> rule(String name) {
        int colon = name.lastIndexOf(':');
        String host = name.substring(0, colon);
        if (!HOST.matcher(host).matches()) {
            return Optional.empty();
        }
        Destination used = sessions.stream()
                .map(session -> Optional.ofNullable(session.destinations().get(name)))
                .flatMap(Optional::stream)
                .reduce(Destination::and)
                .orElse(new Destination(Optional.empty(), Set.of(), true));
        EgressRule before = used.rule().orElse(EgressRule.getDefaultInstance());
        EgressRule.Builder rule = before.toBuilder().setHost(host).setPort(Integer.parseInt(name.substring(colon + 1)));
        if (!before.getService().isEmpty()) {
            return Optional.of(rule.build());
        }
        Set<String> methods = used.methods();
        if (before.getMethodsCount() == 0
                && !used.opaque()
                && !methods.isEmpty()
                && methods.stream().allMatch(method -> METHOD.matcher(method).matches())) {
            rule.addAllMethods(methods);
        }
        long most = sessions.stream()
                .mapToLong(session -> session.bytesOut().getOrDefault(name, 0L))
                .max()
                .orElse(0);
        long budget = generous(most, MEBI);
        long limit = before.getMaxOutBytes();
        return Optional.of(rule.setMaxOutBytes(limit == 0 ? budget : Math.min(limit, budget))
                .build());
    }

    private static String written(EgressRule rule) {
        List<String> fields = new ArrayList<>();
        fields.add("host: " + ProposalDocument.quoted(rule.getHost()));
        fields.add("port: " + rule.getPort());
        if (!rule.getService().isEmpty()) {
            fields.add("service: " + ProposalDocument.quoted(rule.getService()));
        }
        addList(fields, "methods", rule.getMethodsList());
        addList(fields, "paths", rule.getPathsList());
        addFlag(fields, "terminate", rule.getTerminate());
        addFlag(fields, "plain", rule.getPlain());
        addFlag(fields, "allow-private", rule.getAllowPrivate());
        if (rule.getMaxOutBytes() > 0) {
            fields.add("max-out: " + bytes(rule.getMaxOutBytes()));
        }
        if (rule.hasCredential()) {
            fields.add("credential: {name: "
                    + ProposalDocument.quoted(rule.getCredential().getName()) + ", header: "
                    + ProposalDocument.quoted(rule.getCredential().getHeader()) + ", env: "
                    + ProposalDocument.quoted(rule.getCredential().getEnv()) + "}");
        }
        return "{" + String.join(", ", fields) + "}";
    }

    private static void addList(List<String> fields, String key, List<String> values) {
        if (!values.isEmpty()) {
            fields.add(key + ": ["
                    + String.join(
                            ", ", values.stream().map(ProposalDocument::quoted).toList()) + "]");
        }
    }

    private static void addFlag(List<String> fields, String key, boolean value) {
        if (value) {
            fields.add(key + ": true");
        }
    }

    // ------------------------------------------------------------------------------------- tools, scopes, limits

    private void tools() {
        document.line("tools:");
        list("  ", "ask", difference(TaskPolicy::getToolsAskList), ProposalDocument::quoted);
        list("  ", "deny", difference(TaskPolicy::getToolsDenyList), ProposalDocument::quoted);
    }

    private List<String> difference(Function<TaskPolicy, List<String>> values) {
        Set<String> more = new LinkedHashSet<>();
        policies().forEach(policy -> more.addAll(values.apply(policy)));
        values.apply(above).forEach(more::remove);
        return more.stream().sorted().limit(MAX_LINES).toList();
    }

    /** The strictest answer of all the policies; what no session needed is asked. */
    private void scopes() {
        Map<String, String> answers = new TreeMap<>();
        for (Scope scope : Scope.values()) {
            Scope.Answer strictest = policies().stream()
                    .map(scope::answer)
                    .max(Comparator.naturalOrder())
                    .orElse(scope.byDefault());
            if (scope == Scope.UNINSPECTABLE && sessions.stream().noneMatch(ObservedSession::uninspectable)) {
                strictest = strictest.compareTo(Scope.Answer.ASK) < 0 ? Scope.Answer.ASK : strictest;
            }
            if (strictest.compareTo(scope.answer(above)) > 0) {
                answers.put(scope.word(), strictest.word());
            }
        }
        document.line(answers.isEmpty() ? "scopes: {}" : "scopes:");
        answers.forEach((scope, answer) -> document.line("  " + scope + ": " + answer));
    }

    /** What the sessions' own policies ask about or refuse stays so; what no session used is asked for. */
    private void gate() {
        document.line("gate:");
        Set<String> names = new TreeSet<>(
                above.getGateList().stream().map(GateRule::getName).toList());
        names.addAll(List.of(TOOLS, PROGRAMS, TOOLS + HERE, PROGRAMS + HERE));
        policies().stream()
                .flatMap(policy -> policy.getGateList().stream())
                .distinct()
                .filter(rule -> !above.getGateList().contains(rule))
                // Learned before: worked out again from what these sessions used.
                .filter(rule ->
                        !rule.getName().startsWith(TOOLS) && !rule.getName().startsWith(PROGRAMS))
                .sorted(Comparator.comparing(GateRule::getName).thenComparing(GateRule::getWhen))
                .forEach(rule -> document.line("  - name: " + ProposalDocument.quoted(unused(rule.getName(), names)))
                        .line("    when: " + ProposalDocument.quoted(rule.getWhen()))
                        .line("    answer: " + rule.getAnswer())
                        .line("    why: " + ProposalDocument.quoted(rule.getWhy())));
        asked(TOOLS, Kind.TOOL, "No session that this was learned from used this tool.", "!(act.tool in [", "])");
        asked(
                PROGRAMS,
                Kind.PROGRAM,
                "No session that this was learned from ran this program.",
                "act.programs.exists(p, !(p in [",
                "]))");
    }

    private static String unused(String name, Set<String> names) {
        String free = name;
        for (int i = 2; !names.add(free); i++) {
            free = name + "-" + i;
        }
        return free;
    }

    private void asked(String name, Kind kind, String why, String begin, String end) {
        List<String> names = new ArrayList<>();
        Tally all = new Tally();
        int length = begin.length() + end.length();
        List<Map.Entry<String, Tally>> mostUsed = seen(kind).entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, Tally> entry) ->
                                entry.getValue().acts())
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
        for (Map.Entry<String, Tally> entry : mostUsed) {
            String word = '"' + entry.getKey() + '"';
            if (!NAME.matcher(entry.getKey()).matches()) {
                leaveOut(
                        entry.getKey(),
                        "it is no plain name of a " + kind.name().toLowerCase(Locale.ROOT),
                        entry.getValue());
            } else if (length + word.length() + 2 > MAX_EXPRESSION) {
                leaveOut(entry.getKey(), "there is no room for it in an expression", entry.getValue());
            } else {
                length += word.length() + 2;
                names.add(word);
                all.add(entry.getValue());
            }
        }
        names.sort(Comparator.naturalOrder());
        String expression = begin + String.join(", ", names) + end;
        String free =
                above.getGateList().stream().anyMatch(rule -> rule.getName().equals(name)) ? name + HERE : name;
        document.item("  ", "gate." + free, expression, "name: " + free, all.evidence())
                .line("    when: " + ProposalDocument.quoted(expression))
                .line("    answer: ask")
                .line("    why: " + ProposalDocument.quoted(why));
    }

    private void limits() {
        Evidence evidence = new Evidence(sessions.size(), sessions.size(), List.of());
        document.line("limits:");
        limit("wall-clock", generous(most(ObservedSession::seconds), 300), above.getWallClockSeconds(), "s", evidence);
        limit("processes", generous(most(ObservedSession::mostProcesses), 64), above.getProcesses(), "", evidence);
        limit("egress", generous(most(ObservedSession::totalOut), MEBI), above.getEgressBytes(), "B", evidence);
        limit("ingress", generous(most(ObservedSession::totalIn), MEBI), above.getIngressBytes(), "B", evidence);
    }

    private void limit(String name, long proposed, long limitAbove, String unit, Evidence evidence) {
        long value = limitAbove == 0 ? proposed : Math.min(proposed, limitAbove);
        document.value("  ", "limits." + name, name, unit.equals("B") ? bytes(value) : value + unit, evidence);
    }

    private long most(ToLongFunction<ObservedSession> value) {
        return sessions.stream().mapToLong(value).max().orElse(0);
    }

    /** Twice as much as was used, as a power of two, and at least {@code least}. */
    private static long generous(long used, long least) {
        long twice = Math.clamp(used, 0, 1L << 38) * 2;
        long power = Long.highestOneBit(Math.max(1, twice));
        return Math.max(least, power < twice ? power * 2 : power);
    }

    private static String bytes(long bytes) {
        return bytes % MEBI == 0 ? bytes / MEBI + "MiB" : bytes + "B";
    }

    // ---------------------------------------------------------------------------------------------------- lists

    private void list(String indentation, String name, List<String> values, Function<String, String> written) {
        if (values.isEmpty()) {
            document.line(indentation + name + ": []");
            return;
        }
        document.line(indentation + name + ":  # of the sessions' own policies");
        values.forEach(value -> document.line(indentation + "  - " + written.apply(value)));
    }

    private void items(
            String indentation, String key, String name, Map<String, Tally> values, Function<String, String> written) {
        if (values.isEmpty()) {
            document.line(indentation + name + ": []");
            return;
        }
        document.line(indentation + name + ":");
        values.forEach((value, tally) ->
                document.item(indentation + "  ", key, value, written.apply(value), tally.evidence()));
    }

    /** The most used ones, in the order of their names. */
    private Map<String, Tally> limited(Map<String, Tally> values) {
        Map<String, Tally> kept = new TreeMap<>();
        values.entrySet().stream()
                .sorted(Comparator.comparingLong((Map.Entry<String, Tally> entry) ->
                                entry.getValue().acts())
                        .reversed()
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(entry -> {
                    if (kept.size() < MAX_LINES) {
                        kept.put(entry.getKey(), entry.getValue());
                    } else {
                        leaveOut(entry.getKey(), "there is no room for more than " + MAX_LINES, entry.getValue());
                    }
                });
        return kept;
    }

    private void leaveOut(String what, String why, Tally tally) {
        LeftOut.Key key = new LeftOut.Key(leftOut.size() < LeftOut.MAX ? what : "", why);
        leftOut.computeIfAbsent(key, any -> new Tally()).add(tally);
    }

    private void tellLeftOut() {
        if (leftOut.isEmpty()) {
            return;
        }
        document.comment("Seen and not granted:");
        leftOut.entrySet().stream()
                .limit(SHOWN_LEFT_OUT)
                .forEach(entry -> document.comment("  "
                        + (entry.getKey().what().isEmpty()
                                ? "others"
                                : entry.getKey().what()) + ": "
                        + entry.getKey().why() + " ("
                        + ProposalDocument.evidence(entry.getValue().evidence()) + ")"));
        if (leftOut.size() > SHOWN_LEFT_OUT) {
            document.comment("  and " + (leftOut.size() - SHOWN_LEFT_OUT) + " more");
        }
    }
}
