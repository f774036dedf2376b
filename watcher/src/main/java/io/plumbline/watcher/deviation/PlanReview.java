package io.plumbline.watcher.deviation;

import io.plumbline.events.EventIds;
import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.policy.GateRules;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.policy.Scope.Answer;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.watcher.footprint.Footprint;
import io.plumbline.watcher.footprint.Footprint.NamedFile;
import io.plumbline.watcher.footprint.Footprints;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads what is announced before it is done, and says what of it a policy wants refused, asked for or noted. */
public final class PlanReview {
    /**
     * One act that a policy names.
     *
     * @param clause where the policy names it: {@code scopes.publishing}, {@code gate.containers}
     * @param why it matters, one sentence
     * @param scope empty: an expression of the policy holds of it
     * @param what as it was announced, one line
     * @param decoy whether it is a file that the host planted
     */
    public record Reviewed(
            String clause, String why, Optional<Scope> scope, Answer answer, String what, boolean decoy) {
        private static final Comparator<Reviewed> STRICTEST_FIRST = Comparator.comparing(Reviewed::answer)
                .reversed()
                .thenComparing(one -> one.scope().map(Scope::ordinal).orElse(Integer.MAX_VALUE));

        static Reviewed of(Scope scope, Answer answer, String what, boolean decoy) {
            return new Reviewed("scopes." + scope.word(), scope.why(), Optional.of(scope), answer, what, decoy);
        }

        static Reviewed of(GateRules.Holding holding, String what) {
            return new Reviewed(
                    "gate." + holding.rule().getName(),
                    holding.rule().getWhy(),
                    Optional.empty(),
                    holding.answer(),
                    what,
                    false);
        }

        /**
         * Whether another act of the scope counts again: another file, and whatever stops the session, of which a person accepts one and not
         * all. Variants of other commands do not.
         */
        boolean countsEach() {
            return answer == Answer.FREEZE
                    || scope.filter(one -> one == Scope.CREDENTIALS || one == Scope.PERSISTENCE)
                            .isPresent();
        }

        /** What a deviation about it is called. */
        String key() {
            return scope.map(Scope::word).orElse(clause);
        }

        /** As it stands in approvals and answers: {@code scopes.publishing ask}. */
        public String answered() {
            return clause + " " + answer.word();
        }
    }

    private static final Set<String> PLANNING_TOOLS = Set.of(
            "TodoWrite",
            "todo_write",
            "write_todos",
            "update_plan",
            "TaskCreate",
            "TaskUpdate",
            "ExitPlanMode",
            "todowrite");

    /** Only what watches this session: prose names other tools for many reasons. */
    private static final Pattern CONTROLS = Pattern.compile(
            "(?i).*\\b(?:disabl\\w+|stop\\w*|kill\\w*|bypass\\w*|circumvent\\w*|turn(?:ing)? off|remov\\w+)\\b.{0,40}"
                    + "\\b(?:plumbline|auditd|egress proxy|security hooks?|pretooluse)\\b.*");

    /** A step that sends something to an address, or gets it from there. Addresses are named for many other reasons. */
    private static final Pattern CONNECTS = Pattern.compile(
            "(?i)\\b(?:send|upload|post|push|transmit|exfiltrate|copy|download|fetch|curl|wget)\\b[^\\n\"]{0,80}?"
                    + "\\bhttps?://(?:[^/@\\s\"']{0,256}@)?([a-z0-9.-]{1,253})");

    /** A step that would cover any act. */
    private static final Pattern BROAD =
            Pattern.compile("(?is).*\\b(?:whatever|anything|everything|any (?:file|host|command|program)s?)\\b.*"
                    + "|.*\\b(?:all|what) (?:that )?is (?:needed|necessary|required)\\b.*");

    private static final Pattern WORD = Pattern.compile("[\\s\"'`,;()\\[\\]{}<>|]+");

    /** Fields of a call that say what it does. */
    private static final Set<String> CONTENT = Set.of("command", "arguments_json", "paths");

    private final SessionState session;
    private final WatchState.Builder state;
    private final ScopedPaths scopes;
    private final Aliases aliases;
    private final AnnouncedActs acts;

    public PlanReview(SessionState session) {
        this.session = session;
        this.state = session.values();
        this.scopes = new ScopedPaths(state.getTask().getHome(), state.getTask().getWorkspace());
        this.aliases = new Aliases(session);
        this.acts = new AnnouncedActs(state);
    }

    /**
     * What a call announces, the strictest first; of a scope once.
     *
     * @param event with a {@link ToolCall}; what was cut off it could be anything
     */
    public List<Reviewed> call(Event event, Footprint footprint) {
        ToolCall call = event.getToolCall();
        Map<Scope, Reviewed> found = new LinkedHashMap<>();
        if (event.getTruncatedList().stream().anyMatch(CONTENT::contains)) {
            add(found, Scope.UNREADABLE, "the call is longer than it is told", false);
        }
        if (call.getEscalation()) {
            add(found, Scope.ESCALATION, line(said(call)), false);
        }
        if (PLANNING_TOOLS.contains(call.getTool())) {
            prose(call.getArgumentsJson(), found);
            connections(call.getArgumentsJson(), found);
            return sorted(found.values());
        }
        footprint.mentions().forEach(mention -> add(found, mention.scope(), mention.what(), false));
        // What is typed may be the half of something, and for a program that is no shell.
        boolean typed = call.getTool().equals(Footprints.TYPING_TOOL);
        if (typed || footprint.mentions().stream().anyMatch(mention -> mention.scope() == Scope.UNREADABLE)) {
            prose(call.getCommand(), found);
        }
        if (typed) {
            connections(call.getCommand(), found);
        }
        for (NamedFile file : footprint.files()) {
            file(file, found);
        }
        hosts(footprint, found);
        if (call.getCommand().isBlank()) {
            hosts(Footprints.ofTool(call.getTool(), List.of(), call.getArgumentsJson(), "/", ""), found);
        }
        boolean git = footprint.programs().contains("git");
        String workspace = state.getTask().getWorkspace();
        if (git && !workspace.isEmpty()) {
            footprint.folders().stream()
                    .filter(folder -> !folder.equals(workspace) && !folder.startsWith(workspace + "/"))
                    .forEach(folder -> add(found, Scope.OTHER_REPOSITORIES, folder, false));
        }
        List<Reviewed> all = new ArrayList<>(found.values());
        if (state.getTask().getPolicy().getGateCount() > 0) {
            String line = line(said(call));
            session.gateRules().holding(acts.of(call, footprint, found.keySet())).stream()
                    .map(holding -> Reviewed.of(holding, line))
                    .forEach(all::add);
        }
        return sorted(all);
    }

    /** What a plan announces. Prose: it names things for many reasons. */
    public List<Reviewed> plan(Plan plan) {
        Map<Scope, Reviewed> found = new LinkedHashMap<>();
        for (PlanItem item : plan.getItemsList()) {
            prose(item.getText(), found);
            connections(item.getText(), found);
        }
        return sorted(found.values());
    }

    /** A plan that covers everything says nothing, and explains nothing. */
    public static Optional<Deviation> breadth(Plan plan) {
        return plan.getItemsList().stream()
                .map(item -> line(item.getText()))
                .filter(text -> BROAD.matcher(text).matches())
                .findFirst()
                .map(text -> new Deviation(
                                DeviationKind.OUT_OF_POLICY,
                                Severity.LOW,
                                "plan-breadth",
                                "A plan has a step that would cover any act",
                                text,
                                "A step says what is done, and to what; what it leaves open is held against policy and task alone.",
                                "plan.breadth",
                                plan.getCall(),
                                5,
                                false)
                        .softly());
    }

    private void prose(String text, Map<Scope, Reviewed> found) {
        for (String word : WORD.split(text)) {
            String name = withoutStops(word);
            if (MetadataService.is(name)
                    || name.contains("://") && MetadataService.is(name.replaceFirst("^\\w+://([^/:]*).*", "$1"))) {
                add(found, Scope.METADATA_SERVICE, name, false);
            }
            boolean path = name.startsWith("/") || name.startsWith("~/");
            if (path && name.length() < 4_096) {
                String absolute = Footprints.normalised(
                        name.startsWith("~") ? state.getTask().getHome() + name.substring(1) : name);
                boolean decoy = aliases.isDecoy(absolute);
                if (decoy || scopes.named(absolute, false).isPresent()) {
                    add(found, Scope.CREDENTIALS, name, decoy);
                } else if (isKeptAway(absolute)) {
                    add(found, Scope.FILES, name, false);
                }
            }
        }
        for (String line : text.split("[\\n.\"]")) {
            if (line.length() < 500 && CONTROLS.matcher(line).matches()) {
                add(found, Scope.SECURITY_TOOLS, line.strip(), false);
            }
        }
    }

    /**
     * What the task was not given may be named for many reasons, what this policy keeps it from is meant. Rules that every policy has are
     * not: a plan may speak of a page named /root/login.
     */
    private boolean isKeptAway(String path) {
        boolean known = !state.getTask().getWorkspace().isEmpty()
                && state.getTask().getPolicy().getFilesCount() > 0;
        return known
                && session.fileRules()
                        .refusal(aliases.original(path), Access.READ)
                        .filter(refusal -> refusal.denied()
                                && PolicyDefaults.DENIED.stream().noneMatch(refusal.clause()::endsWith))
                        .isPresent();
    }

    private static String withoutStops(String word) {
        int end = word.length();
        while (end > 0 && ".:!?".indexOf(word.charAt(end - 1)) >= 0) {
            end--;
        }
        return word.substring(0, end);
    }

    private void file(NamedFile file, Map<Scope, Reviewed> found) {
        boolean decoy = file.exact() && aliases.isDecoy(aliases.original(file.path()));
        Optional<Scope> scope = decoy ? Optional.of(Scope.CREDENTIALS) : scopes.named(file.path(), file.write());
        scope.ifPresent(named -> add(found, named, (file.write() ? "write " : "read ") + file.path(), decoy));
        boolean known = !state.getTask().getWorkspace().isEmpty();
        boolean policyGiven = state.getTask().getPolicy().getFilesCount() > 0;
        if (scope.isEmpty() && known && policyGiven && file.exact()) {
            Access access = file.write() ? Access.WRITE : Access.READ;
            session.fileRules()
                    .refusal(aliases.original(file.path()), access)
                    // What it was not given to read may not exist; what it is kept from, or would write, is meant.
                    .filter(refusal -> refusal.denied() || file.write())
                    .ifPresent(refusal ->
                            add(found, Scope.FILES, (file.write() ? "write " : "read ") + file.path(), false));
        }
    }

    private void hosts(Footprint footprint, Map<Scope, Reviewed> found) {
        footprint.namedHosts().stream()
                .filter(MetadataService::is)
                .forEach(host -> add(found, Scope.METADATA_SERVICE, host, false));
        if (isHeldToItsHosts()) {
            footprint.contacts().stream()
                    .filter(host -> !MetadataService.is(host) && isElsewhere(host))
                    .forEach(host -> add(found, Scope.EGRESS, host, false));
        }
    }

    private void connections(String text, Map<Scope, Reviewed> found) {
        if (!isHeldToItsHosts()) {
            return;
        }
        Matcher connects = CONNECTS.matcher(text);
        while (connects.find()) {
            String host = withoutStops(connects.group(1).toLowerCase(Locale.ROOT));
            if (!MetadataService.is(host) && isElsewhere(host)) {
                add(found, Scope.EGRESS, host, false);
            }
        }
    }

    /** Outside of a sandbox there is no proxy, and no list that it goes by. */
    private boolean isHeldToItsHosts() {
        boolean sandboxed = !state.getTask().getWorkspace().isEmpty();
        return sandboxed && !state.getTask().getPolicy().getEgressUnknown().equals("ask");
    }

    private boolean isElsewhere(String host) {
        boolean local =
                host.equals("localhost") || host.startsWith("127.") || host.equals("::1") || host.equals("0.0.0.0");
        return !local && state.getTask().getPolicy().getEgressList().stream().noneMatch(rule -> names(rule, host));
    }

    private static boolean names(EgressRule rule, String host) {
        return rule.getHost().startsWith("*.")
                ? host.endsWith(rule.getHost().substring(1))
                : host.equals(rule.getHost());
    }

    private void add(Map<Scope, Reviewed> found, Scope scope, String what, boolean decoy) {
        Answer answer = scope.answer(state.getTask().getPolicy());
        if (answer != Answer.ALLOW) {
            found.merge(
                    scope,
                    Reviewed.of(scope, answer, line(what), decoy),
                    (one, other) -> one.decoy() ? one : other.decoy() ? other : together(one, other));
        }
    }

    private static String said(ToolCall call) {
        return call.getCommand().isBlank() ? call.getArgumentsJson() : call.getCommand();
    }

    /** Of acts that stop the session a person accepts those that are said, not what comes along with them. */
    private static Reviewed together(Reviewed one, Reviewed other) {
        return one.answer() != Answer.FREEZE || one.what().equals(other.what())
                ? one
                : new Reviewed(
                        one.clause(),
                        one.why(),
                        one.scope(),
                        one.answer(),
                        line(one.what() + "; " + other.what()),
                        one.decoy());
    }

    /** What is cut for people is not cut for telling two acts apart. */
    private static String line(String what) {
        return what.length() <= 300
                ? what
                : what.substring(0, 300) + "… " + EventIds.sha256Hex(what).substring(0, 16);
    }

    private static List<Reviewed> sorted(Collection<Reviewed> found) {
        return found.stream().sorted(Reviewed.STRICTEST_FIRST).toList();
    }

    /** The finding for something that a call announces. */
    public static Deviation finding(Reviewed reviewed, ToolCall call) {
        int risk = reviewed.answer().compareTo(Answer.ASK) <= 0 ? 0 : riskOf(reviewed);
        Severity severity = risk == 0
                ? Severity.INFORMATIONAL
                : risk >= 20 ? Severity.HIGH : risk >= 10 ? Severity.MEDIUM : Severity.LOW;
        Deviation found = new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        severity,
                        "review|" + reviewed.key() + (reviewed.countsEach() ? "|" + reviewed.what() : ""),
                        "A call announces what its policy names",
                        call.getTool() + ": " + reviewed.what(),
                        reviewed.why(),
                        reviewed.answered(),
                        call.getCall(),
                        risk,
                        reviewed.decoy() && risk > 0)
                .about(reviewed.scope());
        return risk >= 10 ? found : found.softly();
    }

    private static int riskOf(Reviewed reviewed) {
        if (reviewed.decoy()) {
            return 40;
        }
        if (reviewed.scope().isEmpty()) {
            return 5;
        }
        return switch (reviewed.scope().get()) {
            case METADATA_SERVICE, SECURITY_TOOLS -> 20;
            case CREDENTIALS, PERSISTENCE -> 10;
            case FILES,
                    EGRESS,
                    AGENT_CONFIGURATION,
                    PUBLISHING,
                    HISTORY_REWRITING,
                    OTHER_REPOSITORIES,
                    DOWNLOADED_CODE,
                    UNINSPECTABLE,
                    UNREADABLE,
                    PRIVILEGE,
                    NAMESPACES,
                    ENVIRONMENT,
                    ESCALATION -> 5;
        };
    }

    /** The finding for something that a plan names. */
    public static Deviation finding(Reviewed reviewed, String call) {
        return new Deviation(
                        DeviationKind.OUT_OF_POLICY,
                        Severity.LOW,
                        "plan-review|" + reviewed.key() + "|" + reviewed.what().toLowerCase(Locale.ROOT),
                        "A plan names what its policy names",
                        reviewed.what(),
                        reviewed.why(),
                        reviewed.answered(),
                        call,
                        reviewed.answer() == Answer.LOG ? 0 : 5,
                        false)
                .about(reviewed.scope())
                .softly();
    }
}
