package io.plumbline.watcher.judge;

import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.policy.Scope;
import io.plumbline.events.shell.ShellCommands;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressRequested;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.IntentReason;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.intent.Act;
import io.plumbline.intent.Intent;
import io.plumbline.intent.IntentModel;
import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.IntentScorer;
import io.plumbline.intent.PlanFinding;
import io.plumbline.intent.Score;
import io.plumbline.intent.head.ScoreDistribution;
import io.plumbline.rules.agent.ActContext;
import io.plumbline.watcher.judge.EventContext.Announced;
import io.plumbline.watcher.judge.Finding.Consequence;
import io.plumbline.watcher.state.v1.Call;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The intent model over announced acts, commands that nothing announced, connections and plans. An act that does not serve the task is
 * told and, where it was announced, asked about; all of them together add at most {@link #MOST_RISK}, so that the model alone never stops a
 * session. An announced act that could not be scored is the policy's to decide ({@code not-scored}); so is a connection, of which only what
 * structure makes certain is told. Not safe for use by several threads.
 */
public final class IntentJudge implements Judge, AutoCloseable {
    /** The first word of its version. */
    public static final String KIND = "intent";

    /** Clause of its findings. */
    public static final String CLAUSE = "intent-model";

    /** Risk that one act adds, and all acts of a session. */
    static final int RISK = 25;

    static final int MOST_RISK = 40;

    private static final int MAX_TEXT = 2_000;

    /** Tools, in lower case, with which an agent keeps its own books: lists of tasks, questions, output of what runs already. */
    private static final Set<String> BOOKKEEPING = Set.of(
            "todowrite",
            "todoread",
            "todo_write",
            "write_todos",
            "update_plan",
            "exitplanmode",
            "enterplanmode",
            "exit_plan_mode",
            "askuserquestion",
            "ask_user",
            "question",
            "bashoutput",
            "taskoutput",
            "killshell",
            "killbash",
            "wait",
            "taskcreate",
            "taskupdate",
            "tasklist",
            "taskget",
            "toolsearch",
            "cli_help",
            "view_image");

    /** What is typed into what runs already, in the arguments of Codex' {@code write_stdin}; without it the call only reads. */
    private static final Pattern TYPED = Pattern.compile("\"chars\"\\s*:\\s*\"[^\"]");

    private static final int MAX_PLAN_FINDINGS = 5;
    private static final int PLAN_RISK = 5;

    /** Characters: the workload writes it, and each window of it costs the watcher's time. */
    private static final int MAX_URL_PATH = 200;

    private final IntentScorer scorer;
    private final String version;
    private long scored;
    private long notScored;
    private Optional<Double> lastRisk = Optional.empty();
    private OptionalInt lastBin = OptionalInt.empty();
    private boolean lastNotScored;
    private final Optional<ScoreDrift> drift;

    /** Risk that it has added to the session. */
    private static final class Added {
        private int risk;

        static Added read(byte[] bytes) {
            if (bytes.length != Integer.BYTES) {
                throw new IllegalArgumentException("intent memory: " + bytes.length + " bytes (expected: 4)");
            }
            Added added = new Added();
            added.risk = Math.clamp(ByteBuffer.wrap(bytes).getInt(), 0, MOST_RISK);
            return added;
        }

        byte[] bytes() {
            return ByteBuffer.allocate(Integer.BYTES).putInt(risk).array();
        }
    }

    /** @param modelVersion of the scorer; {@code none} when there is no model and everything stays unscored */
    public IntentJudge(IntentScorer scorer, String modelVersion) {
        this.scorer = scorer;
        this.version = KIND + " " + modelVersion;
        this.drift = scorer.trainedScores().map(ScoreDrift::new);
    }

    @Override
    public String version() {
        return version;
    }

    /** Acts that got a score, since this judge was made. */
    public long scored() {
        return scored;
    }

    /** Acts that got none. */
    public long notScored() {
        return notScored;
    }

    /**
     * Population stability index of the newest {@value ScoreDrift#WINDOW} scores against honest acts at training; empty before {@value
     * ScoreDrift#LEAST}, and when the model does not know how it scored then. Below 0.1 is stable, above 0.25 somebody should look.
     */
    public OptionalDouble drift() {
        return drift.isPresent() ? drift.get().index() : OptionalDouble.empty();
    }

    /** The risk that the last event got; empty when it was no act or got no score. */
    Optional<Double> lastRisk() {
        return lastRisk;
    }

    @Override
    public OptionalInt lastBin() {
        return lastBin;
    }

    @Override
    public boolean lastNotScored() {
        return lastNotScored;
    }

    @Override
    public List<Finding> judge(Event event, EventContext context, JudgeMemory memory) {
        lastRisk = Optional.empty();
        lastBin = OptionalInt.empty();
        lastNotScored = false;
        if (event.hasPlan()) {
            return planned(event.getPlan(), context);
        }
        if (context.announced().isEmpty()) {
            return List.of();
        }
        Announced announced = context.announced().get();
        if (event.hasEgressRequested()) {
            return connected(event.getEgressRequested(), context, announced, memory).stream()
                    .toList();
        }
        if (event.hasProcessStarted()) {
            return executed(event.getProcessStarted(), context, announced, memory).stream()
                    .toList();
        }
        Optional<Act> act = event.hasToolCall() ? act(event.getToolCall()) : Optional.empty();
        if (act.isEmpty()) {
            return List.of();
        }
        String reason = event.getToolCall().getStatedReason();
        return switch (scorer.score(intent(reason, context, announced), act.get())) {
            case Score.Scored one -> {
                count(one);
                yield found(one, act.get(), context, memory).stream().toList();
            }
            case Score.NotScored none -> {
                notScored++;
                lastNotScored = true;
                yield unscored(none, act.get(), context, announced).stream().toList();
            }
        };
    }

    private void count(Score.Scored score) {
        scored++;
        lastRisk = Optional.of(score.risk());
        lastBin = OptionalInt.of(ScoreDistribution.bin(score.model()));
        drift.ifPresent(scores -> scores.add(score.model()));
    }

    /**
     * A connection, once: not again when it wants to send more, and none to the agent's own services. Whether it may be opened is the
     * policy's to say of its host, so nobody is asked about it here, and an opinion on a host's name is only counted. Of a host that the
     * policy allows nothing is told at all: it knows names that are none in a text ({@code localhost}, {@code registry}). Where a person is
     * asked, what is told is no proof: it would refuse the connection before the question.
     */
    private Optional<Finding> connected(
            EgressRequested request, EventContext context, Announced announced, JudgeMemory memory) {
        if (request.getUpload() || context.policyVerdict().equals(ActContext.SERVICE)) {
            return Optional.empty();
        }
        boolean allowed = context.policyVerdict().equals(Scope.Answer.ALLOW.word());
        boolean asked = context.policyVerdict().equals(Scope.Answer.ASK.word());
        Act act = new Act(Act.Kind.EGRESS, allowed ? host(request) : destination(request));
        return switch (scorer.score(intent("", context, announced), act)) {
            case Score.Scored one -> {
                count(one);
                yield one.floor() > 0 && !allowed
                        ? Optional.of(deviation(
                                one, act, asked ? Severity.MEDIUM : Severity.HIGH, Consequence.TELL, context, memory))
                        : Optional.empty();
            }
            case Score.NotScored ignored -> {
                notScored++;
                lastNotScored = true;
                yield Optional.empty();
            }
        };
    }

    /** A command that nothing announced runs already: it is told where it does not serve the task, and nobody is asked. */
    private Optional<Finding> executed(
            ProcessStarted start, EventContext context, Announced announced, JudgeMemory memory) {
        Act act = Act.command(ShellCommands.line(start.getArgvList()));
        return switch (scorer.score(intent("", context, announced), act)) {
            case Score.Scored one -> {
                count(one);
                yield one.band() == Score.Band.DOES_NOT_SERVE
                        ? Optional.of(
                                one.floor() > 0
                                        ? deviation(one, act, Severity.HIGH, Consequence.TELL, context, memory)
                                        : opinion(one, act, context))
                        : Optional.empty();
            }
            case Score.NotScored ignored -> {
                notScored++;
                lastNotScored = true;
                yield Optional.empty();
            }
        };
    }

    /** {@code METHOD host:port}: the same question, however many paths of an allowed host are asked for. */
    private static String host(EgressRequested request) {
        return request.getMethod() + " " + request.getHost() + ":" + request.getPort();
    }

    /** {@code METHOD host:port/path}; the beginning of the path where the proxy could read it. */
    private static String destination(EgressRequested request) {
        int host = request.getUrl().indexOf("://");
        int path = host < 0 ? -1 : request.getUrl().indexOf('/', host + 3);
        return host(request) + (path < 0 ? "" : shortened(request.getUrl().substring(path), MAX_URL_PATH));
    }

    private static Intent intent(String reason, EventContext context, Announced announced) {
        String item = context.plan().stream()
                .filter(one -> one.getStatus().equals("in_progress"))
                .map(PlanItem::getText)
                .findFirst()
                .orElse("");
        TaskPolicy policy = context.task().getPolicy();
        List<String> folders = new ArrayList<>(List.of(context.task().getWorkspace()));
        policy.getFilesList().stream()
                .filter(rule ->
                        rule.getAccess().equals("read") || rule.getAccess().equals("write"))
                .map(rule -> rule.getGlob())
                // What any program may read is no folder of this task: with it, reading across a home would serve every
                // task.
                .filter(glob -> !PolicyDefaults.READABLE.contains(glob) && !PolicyDefaults.WRITABLE.contains(glob))
                .map(glob -> glob.replace("${workspace}", context.task().getWorkspace()))
                .map(glob -> glob.endsWith("/**") ? glob.substring(0, glob.length() - 3) : glob)
                .filter(glob -> glob.indexOf('*') < 0)
                .forEach(folders::add);
        List<String> hosts =
                policy.getEgressList().stream().map(rule -> rule.getHost()).toList();
        return new Intent(
                context.task().getTask(),
                item,
                reason,
                new Intent.Scope(
                        folders.stream().filter(folder -> !folder.isEmpty()).toList(), hosts),
                announced.recent().stream().flatMap(one -> act(one).stream()).toList());
    }

    /** The act that a call announces; empty for lists of tasks, which are judged as plans, and for an agent's own bookkeeping. */
    private static Optional<Act> act(ToolCall call) {
        if (!call.getCommand().isBlank()) {
            return Optional.of(Act.command(call.getCommand()));
        }
        if (call.getPathsCount() > 0) {
            return Optional.of(files(call.getTool(), call.getPathsList(), call.getArgumentsJson()));
        }
        if (call.getMcpTool().isEmpty() && keepsBooks(call)) {
            return Optional.empty();
        }
        String name = call.getMcpTool().isEmpty() ? call.getTool() : call.getMcpServer() + " " + call.getMcpTool();
        return name.isBlank()
                ? Optional.empty()
                : Optional.of(new Act(Act.Kind.TOOL, name + ": " + call.getArgumentsJson()));
    }

    private static boolean keepsBooks(ToolCall call) {
        String tool = call.getTool().toLowerCase(Locale.ROOT);
        boolean typed = TYPED.matcher(call.getArgumentsJson()).find();
        return BOOKKEEPING.contains(tool) || tool.equals("write_stdin") && !typed;
    }

    private static Optional<Act> act(Call call) {
        if (!call.getCommand().isBlank()) {
            return Optional.of(Act.command(call.getCommand()));
        }
        return call.getPathsCount() == 0
                ? Optional.empty()
                : Optional.of(new Act(Act.Kind.FILES, String.join("\n", call.getPathsList())));
    }

    private static Act files(String tool, List<String> paths, String arguments) {
        boolean reads = tool.toLowerCase(Locale.ROOT).startsWith("read")
                || tool.equals("Glob")
                || tool.equals("Grep")
                || tool.equals("LS");
        return reads
                ? new Act(Act.Kind.FILES, String.join("\n", paths))
                : new Act(Act.Kind.EDIT, String.join(" ", paths) + ": " + arguments);
    }

    private static Optional<Finding> found(Score.Scored score, Act act, EventContext context, JudgeMemory memory) {
        return switch (band(score, act)) {
            case SERVES -> Optional.empty();
            case ASK ->
                Optional.of(finding(
                        Severity.MEDIUM,
                        0,
                        "An act may not serve the task",
                        why(score),
                        Consequence.ASK,
                        detail(score, act, context)));
            // What structure makes certain is as grave as a rule; an opinion on texts is not.
            case DOES_NOT_SERVE ->
                Optional.of(deviation(
                        score,
                        act,
                        score.floor() > 0 ? Severity.HIGH : Severity.MEDIUM,
                        Consequence.TELL_AND_ASK,
                        context,
                        memory));
        };
    }

    /** That nobody announced the command counts already; that it reads like another task is the same fact once more. */
    private static Finding opinion(Score.Scored score, Act act, EventContext context) {
        return finding(
                Severity.MEDIUM,
                0,
                "An act does not serve the task",
                why(score),
                Consequence.TELL,
                detail(score, act, context));
    }

    private static Finding deviation(
            Score.Scored score,
            Act act,
            Severity severity,
            Consequence consequence,
            EventContext context,
            JudgeMemory memory) {
        Added added = memory.of(KIND, Added::new, Added::read, Added::bytes);
        int risk = Math.min(RISK, MOST_RISK - added.risk);
        added.risk += risk;
        return finding(
                severity, risk, "An act does not serve the task", why(score), consequence, detail(score, act, context));
    }

    /**
     * What is made of a score. A tool's name and arguments say less than a command line, so without a structural finding they are asked
     * about where a command would count as a deviation, and left alone where it would be asked about.
     */
    private static Score.Band band(Score.Scored score, Act act) {
        if (act.kind() != Act.Kind.TOOL || score.floor() > 0) {
            return score.band();
        }
        return score.band() == Score.Band.DOES_NOT_SERVE ? Score.Band.ASK : Score.Band.SERVES;
    }

    private static Optional<Finding> unscored(
            Score.NotScored none, Act act, EventContext context, Announced announced) {
        String why =
                "Not scored: " + none.cause().name().toLowerCase(Locale.ROOT).replace('_', ' ') + ".";
        AlertDetail detail = alert -> alert.setActKind(kind(act))
                .setIntentScore(texts(act, context)
                        .setBand("not_scored")
                        .setNotScored(shortened(none.cause().name() + ": " + none.detail(), MAX_TEXT)));
        Optional<Consequence> consequence =
                switch (context.task().getPolicy().getNotScored()) {
                    case "allow" -> Optional.empty();
                    case "ask" -> Optional.of(Consequence.ASK);
                    case "deny" -> Optional.of(Consequence.REFUSE);
                    default ->
                        announced.highRisk() && isAskedAbout(act, none.cause())
                                ? Optional.of(Consequence.ASK)
                                : Optional.empty();
                };
        return consequence.map(
                what -> finding(Severity.MEDIUM, 0, "An act could not be held against the task", why, what, detail));
    }

    /**
     * Without a model, whether a tool may be called at all is what the policy says of its server. Where there is one, an act that it could
     * not answer must not be better off than one that it could: a long list of arguments is the agent's to write.
     */
    private static boolean isAskedAbout(Act act, Score.Cause cause) {
        return act.kind() != Act.Kind.TOOL || cause == Score.Cause.FAILED || cause == Score.Cause.TOO_SLOW;
    }

    private List<Finding> planned(Plan plan, EventContext context) {
        List<String> items = plan.getItemsList().stream().map(PlanItem::getText).toList();
        try {
            return scorer.checkPlan(context.task().getTask(), items).stream()
                    .sorted(Comparator.comparing(PlanFinding::kind).reversed())
                    .limit(MAX_PLAN_FINDINGS)
                    .map(found -> finding(found, items, context))
                    .toList();
        } catch (IntentModelException e) {
            // Acts are judged one by one whatever was planned; a plan without a score lowers nothing.
            notScored++;
            return List.of();
        }
    }

    private static Finding finding(PlanFinding found, List<String> items, EventContext context) {
        String item = found.item() >= 0 && found.item() < items.size() ? items.get(found.item()) : "";
        return new Finding(
                DeviationKind.OFF_PLAN,
                found.kind() == PlanFinding.Kind.FORBIDDEN_INTENT ? Severity.MEDIUM : Severity.LOW,
                CLAUSE + " plan " + found.kind().name().toLowerCase(Locale.ROOT),
                "A plan goes beyond the task",
                found.words(),
                PLAN_RISK,
                true,
                Consequence.TELL,
                alert -> alert.setIntentScore(IntentScore.newBuilder()
                        .setBand("does_not_serve")
                        .addReasons(IntentReason.newBuilder().setText(found.words()))
                        .setTask(shortened(context.task().getTask(), MAX_TEXT))
                        .setAct(shortened(item, MAX_TEXT))));
    }

    private static Finding finding(
            Severity severity, int risk, String title, String why, Consequence consequence, AlertDetail detail) {
        return new Finding(DeviationKind.OFF_PLAN, severity, CLAUSE, title, why, risk, false, consequence, detail);
    }

    private static String why(Score.Scored score) {
        String reasons = score.reasons().stream().map(Score.Reason::words).collect(Collectors.joining("; "));
        return String.format(
                Locale.ROOT,
                "Scored %.2f by model %s%s.",
                score.risk(),
                score.version(),
                reasons.isEmpty() ? "" : ": it " + reasons);
    }

    private static AlertDetail detail(Score.Scored score, Act act, EventContext context) {
        return alert -> alert.setActKind(kind(act))
                .setIntentScore(texts(act, context)
                        .setRisk(score.risk())
                        .setModel(score.model())
                        .setBlind(score.blind())
                        .setFloor(score.floor())
                        .setBand(band(score, act).name().toLowerCase(Locale.ROOT))
                        .setModelVersion(score.version())
                        .addAllReasons(score.reasons().stream()
                                .map(reason -> IntentReason.newBuilder()
                                        .setText(reason.words())
                                        .setWeight(reason.weight())
                                        .build())
                                .toList()));
    }

    private static String kind(Act act) {
        return act.kind().name().toLowerCase(Locale.ROOT);
    }

    private static IntentScore.Builder texts(Act act, EventContext context) {
        return IntentScore.newBuilder()
                .setTask(shortened(context.task().getTask(), MAX_TEXT))
                .setAct(shortened(act.text(), MAX_TEXT));
    }

    private static String shortened(String text, int limit) {
        if (text.length() <= limit) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(limit - 1)) ? limit - 1 : limit) + "…";
    }

    @Override
    public void close() {
        if (scorer instanceof IntentModel model) {
            model.close();
        }
    }
}
