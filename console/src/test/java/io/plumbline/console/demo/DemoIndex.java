package io.plumbline.console.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyStatements;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalDecided;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.ApprovalSettled;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.FreezeOrdered;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.PolicyConfirmed;
import io.plumbline.events.v1.PolicyRefused;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.ScoresCounted;
import io.plumbline.events.v1.SessionRisk;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.StageTimes;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.TriageNoted;
import io.plumbline.jobs.index.IndexOperation;
import io.plumbline.jobs.index.ProjectedDocuments;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Fills a search copy with the demo sessions, through the index job's own projection. */
public final class DemoIndex {
    /** What the most urgent of the {@link #approvals} asks for. */
    public static final String PUSH = "git push origin HEAD:release/2.4 \u202e--force $(cat .release-flags)";

    private static final long SECOND = 1_000_000_000L;

    private final HttpClient http = HttpClient.newHttpClient();
    private final ProjectedDocuments documents = new ProjectedDocuments();
    private final Map<String, List<Event>> written = new HashMap<>();
    private final URI elasticsearch;

    public DemoIndex(URI elasticsearch) {
        this.elasticsearch = elasticsearch;
    }

    /** Argument: the URL of Elasticsearch. */
    public static void main(String[] arguments) throws Exception {
        DemoIndex index = new DemoIndex(URI.create(arguments[0]));
        index.install();
        index.fill(System.currentTimeMillis() * 1_000_000L);
    }

    public void install() throws IOException, InterruptedException {
        for (Map.Entry<String, String> template : ProjectedDocuments.templates().entrySet()) {
            send("PUT", "/_index_template/" + template.getKey(), template.getValue(), "application/json");
        }
    }

    /** The recorded session three minutes before {@code nowNs}, some live ones, three approvals. */
    public void fill(long nowNs) throws IOException, InterruptedException {
        write(DemoSession.events(nowNs - 180 * SECOND));
        write(live(
                nowNs - 1_500 * SECOND,
                "8c02-7be1",
                "Fix the rounding bug in invoice totals and run the tests",
                "codex",
                "acme/payments",
                12));
        write(live(
                nowNs - 600 * SECOND,
                "77aa-01fe",
                "Update the web client's dependencies",
                "gemini-cli",
                "acme/web",
                5));
        write(live(
                nowNs - 90 * SECOND,
                "c0de-b0b0",
                "Write a README \u202efor <b>the</b> parser",
                "qwen-code",
                "acme/parser",
                0));
        write(queue(nowNs - 400 * SECOND));
        approvals(nowNs);
    }

    /** Three approvals that wait. */
    public void approvals(long nowNs) throws IOException, InterruptedException {
        approvals(nowNs, Set.of());
    }

    /**
     * Three approvals that wait, or wait again.
     *
     * @param decided approvals that were decided: what was asked for is asked for anew, by another approval
     * @return the approval of {@link #PUSH}
     */
    public String approvals(long nowNs, Set<String> decided) throws IOException, InterruptedException {
        List<Event> waiting = Stream.of(
                        approval(
                                nowNs - 18 * SECOND,
                                nowNs + 902 * SECOND,
                                "8c02-7be1",
                                Severity.HIGH,
                                PUSH,
                                "approvals[1] act.tool.git.pushes",
                                "Share the fix"),
                        connection(nowNs - 60 * SECOND, nowNs + 990 * SECOND, "77aa-01fe", "files.example.net:443"),
                        approval(
                                nowNs - 5 * SECOND,
                                nowNs + 1_095 * SECOND,
                                "77aa-01fe",
                                Severity.LOW,
                                "mkdir -p ~/.cache/build",
                                "files.write",
                                ""))
                .map(asked -> anew(asked, decided))
                .toList();
        write(waiting);
        return waiting.getFirst().getApprovalRequested().getApproval();
    }

    private static Event anew(Event asked, Set<String> decided) {
        Event.Builder anew = asked.toBuilder().clearId();
        String first = asked.getApprovalRequested().getApproval();
        String approval = first;
        for (int times = 2; decided.contains(approval); times++) {
            approval = approvalOf(first + times);
        }
        anew.getApprovalRequestedBuilder().setApproval(approval);
        return EventIds.withId(anew);
    }

    /** Writes what the index job would write, and makes it visible at once. */
    public synchronized void write(List<Event> events) throws IOException, InterruptedException {
        List<IndexOperation> operations = new ArrayList<>();
        for (Event event : events) {
            written.computeIfAbsent(event.getSession(), session -> new ArrayList<>())
                    .add(event);
            operations.addAll(documents.of(event));
        }
        String answer =
                send("POST", "/_bulk?refresh=true", ProjectedDocuments.bulkBody(operations), "application/x-ndjson");
        if (answer.contains("\"errors\":true")) {
            throw new IOException(answer.substring(0, Math.min(2_000, answer.length())));
        }
    }

    /** What hosts reported of a session. */
    public synchronized List<Event> telemetry(String session) {
        return written.getOrDefault(session, List.of()).stream()
                .filter(event -> event.getChannel() == Channel.CLAIMS
                        || event.getChannel() == Channel.EVIDENCE
                        || event.hasTaskAssigned()
                        || event.hasPolicyConfirmed())
                .toList();
    }

    /** What the watcher decided about a session. */
    public synchronized List<Event> verdicts(String session) {
        return written.getOrDefault(session, List.of()).stream()
                .filter(event -> event.getChannel() == Channel.VERDICTS)
                .toList();
    }

    /** Takes an event away. */
    public void forget(Event event) throws IOException, InterruptedException {
        StringBuilder operations = new StringBuilder();
        for (IndexOperation operation : documents.of(event)) {
            if (operation.id().equals(event.getId())) {
                operations.append("{\"delete\":{\"_index\":\"%s\",\"_id\":\"%s\"}}\n"
                        .formatted(operation.index(), operation.id()));
            }
        }
        send("POST", "/_bulk?refresh=true", operations.toString(), "application/x-ndjson");
    }

    private String send(String method, String path, String body, String type) throws IOException, InterruptedException {
        HttpResponse<String> response = http.send(
                HttpRequest.newBuilder(elasticsearch.resolve(path))
                        .header("Content-Type", type)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IOException(response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    /** Alerts of live sessions, one cause raised three times, one with text that wants to be markup or a formula. */
    private static List<Event> queue(long atNs) {
        return List.of(
                alert(
                        "8c02-7be1",
                        atNs,
                        DeviationKind.UNANNOUNCED,
                        Severity.MEDIUM,
                        "A program that nobody announced",
                        "python3 (211) ran /tmp/.cache/x.py",
                        41),
                alert(
                        "8c02-7be1",
                        atNs + 20 * SECOND,
                        DeviationKind.UNANNOUNCED,
                        Severity.MEDIUM,
                        "A program that nobody announced",
                        "python3 (213) ran /tmp/.cache/x.py",
                        43),
                alert(
                        "8c02-7be1",
                        atNs + 40 * SECOND,
                        DeviationKind.UNANNOUNCED,
                        Severity.MEDIUM,
                        "A program that nobody announced",
                        "python3 (219) ran /tmp/.cache/x.py",
                        45),
                alert(
                        "77aa-01fe",
                        atNs + 50 * SECOND,
                        DeviationKind.RULE,
                        Severity.LOW,
                        "Package installed with scripts",
                        "npm (88) ran postinstall of left-pad",
                        12),
                alert(
                        "77aa-01fe",
                        atNs + 60 * SECOND,
                        DeviationKind.OUT_OF_POLICY,
                        Severity.HIGH,
                        "Connection to a host outside the task's scope",
                        "node (91) asked for files.example.net:443",
                        55),
                alert(
                        "c0de-b0b0",
                        atNs + 80 * SECOND,
                        DeviationKind.OFF_PLAN,
                        Severity.LOW,
                        "=HYPERLINK(\"http://x.example\",\"<img src=x onerror=alert(1)>\")",
                        "echo \u202e<b>bold</b> \u200b",
                        8));
    }

    /** An alert of a cause that is named by its session and title. */
    public static Event alert(
            String session, long atNs, DeviationKind kind, Severity severity, String title, String seen, int risk) {
        return EventIds.withId(on(session, Channel.VERDICTS, atNs)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(kind)
                        .setSeverity(severity)
                        .setTitle(title)
                        .setSaid("Run the tests")
                        .setSeen(seen)
                        .setWhy("No announced call explains it")
                        .setClause("attribution")
                        .setDeviation(EventIds.derived(session, title))
                        .setRiskAdded(8)
                        .setRisk(risk)));
    }

    /** What the shift page counts: alerts of two rules with scores of the model and verdicts, and the report of a host's canary. */
    public static List<Event> watched(String session, long nowNs) {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < 60; i++) {
            String rule = "rule " + (i % 3 == 0 ? "shift.exfiltration" : "shift.noise");
            // Half of them a day and more ago, so that there is something to drift from.
            long at = nowNs - (i % 2 == 0 ? 0 : 30L * 3_600 * SECOND) - i * SECOND;
            Event alert = EventIds.withId(on(session, Channel.VERDICTS, at)
                    .setAlertRaised(AlertRaised.newBuilder()
                            .setKind(DeviationKind.RULE)
                            .setSeverity(Severity.LOW)
                            .setTitle("watched " + i)
                            .setClause(rule)
                            .setDeviation(EventIds.derived(session, "watched " + i))
                            .setIntentScore(IntentScore.newBuilder().setRisk((i * 7 % 10 + 0.5) / 10))
                            .setRisk(5)));
            events.add(alert);
            events.add(EventIds.withId(on(session, Channel.CONTROL, nowNs)
                    .setTriageNoted(TriageNoted.newBuilder()
                            .setAlert(alert.getId())
                            .setCause(alert.getAlertRaised().getDeviation())
                            .setVerdict(i % 4 == 0 ? "true_positive" : "benign")
                            .setReasonCode("tooling")
                            .setNotedBy("ana"))));
        }
        // 900 acts of today, 3,000 of the days before; today more of them do not serve the task.
        for (int day = 0; day <= 3; day++) {
            events.add(EventIds.withId(on(session, Channel.VERDICTS, nowNs - day * 26L * 3_600 * SECOND)
                    .setScoresCounted(ScoresCounted.newBuilder()
                            .addAllCounts(
                                    day == 0
                                            ? List.of(300L, 200L, 150L, 100L, 50L, 20L, 10L, 20L, 30L, 20L)
                                            : List.of(500L, 250L, 120L, 60L, 40L, 15L, 8L, 5L, 1L, 1L))
                            .setModel("intent of the demonstration"))));
        }
        for (Map.Entry<String, String> host : Map.of(
                        "watched-1", "host-3", "watched-2", "host-4", "watched-3", "host-5")
                .entrySet()) {
            events.add(EventIds.withId(on(host.getKey(), Channel.EVIDENCE, nowNs)
                    .setHost(host.getValue())
                    .setHeartbeat(Heartbeat.newBuilder()
                            .setHostVersion(host.getValue().equals("host-4") ? "0.0.9" : "0.1.0")
                            .setSpoolBytes(host.getValue().equals("host-4") ? 700_000_000 : 2_400_000)
                            .setSpoolLimitBytes(1_000_000_000))));
        }
        events.add(EventIds.withId(on("", Channel.EVIDENCE, nowNs)
                .setHost("host-3")
                .setCanaryReported(CanaryReported.newBuilder()
                        .setProven(true)
                        .setFreezeNs(43_000_000)
                        .setThawNs(12_000_000)
                        .setRound(7))));
        return events;
    }

    /** A session of file events only, {@code number} of them within half an hour. */
    public void many(String session, long startNs, int number) throws IOException, InterruptedException {
        List<Event> batch = new ArrayList<>();
        for (int i = 1; i <= number; i++) {
            batch.add(EventIds.withId(on(session, Channel.EVIDENCE, startNs + i * (1_800 * SECOND / number))
                    .setSeq(i)
                    .setFileOpened(FileOpened.newBuilder().setPath("/work/file-" + i % 40))));
            if (batch.size() == 5_000 || i == number) {
                write(batch);
                batch.clear();
            }
        }
    }

    /** A running session under a policy that its host has confirmed. */
    public static List<Event> under(String session, TaskPolicy policy) {
        long now = System.currentTimeMillis() * 1_000_000L;
        return List.of(
                EventIds.withId(on(session, Channel.CONTROL, now - SECOND)
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask("Fix the parser")
                                .setAgent("codex")
                                .setAssignedBy("ci")
                                .setPolicy(policy))),
                EventIds.withId(on(session, Channel.CONTROL, now - SECOND / 2)
                        .setHost("host-3")
                        .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                                .setPolicy(policy.getName())
                                .setRevision(policy.getRevision())
                                .setRuntime("gVisor systrap"))),
                running(session));
    }

    /** The watcher's word to the host about a person's order. */
    public static Event told(Event order) {
        return EventIds.withId(on(order.getSession(), Channel.VERDICTS, System.currentTimeMillis() * 1_000_000L)
                .setPolicyRevised(order.getPolicyRevised().toBuilder().setCause(order.getId())));
    }

    /** The host holds an ordered revision. */
    public static Event confirmed(Event order, TaskPolicy inForce) {
        return EventIds.withId(on(order.getSession(), Channel.CONTROL, System.currentTimeMillis() * 1_000_000L)
                .setHost("host-3")
                .setPolicyConfirmed(PolicyConfirmed.newBuilder()
                        .setPolicy(inForce.getName())
                        .setRevision(inForce.getRevision())
                        .setStatementSha256(
                                PolicyStatements.sha256(order.getPolicyRevised().getSigned()))
                        .setInForce(inForce)));
    }

    /** The host does not hold it. */
    public static Event refused(Event order, int revision, String why) {
        return EventIds.withId(on(order.getSession(), Channel.CONTROL, System.currentTimeMillis() * 1_000_000L)
                .setHost("host-3")
                .setPolicyRefused(PolicyRefused.newBuilder()
                        .setRevision(revision)
                        .setReason(why)
                        .setOrder(order.getId())
                        .setStatementSha256(
                                PolicyStatements.sha256(order.getPolicyRevised().getSigned()))));
    }

    public static Event running(String session) {
        return state(session, RuntimeState.newBuilder().setState(RuntimeState.State.RUNNING));
    }

    /** The watcher's order and the host's confirmation so many milliseconds after its cause. */
    public static List<Event> frozen(String session, long milliseconds) {
        long now = System.currentTimeMillis() * 1_000_000L;
        Event order = EventIds.withId(on(session, Channel.VERDICTS, now)
                .setFreezeOrdered(
                        FreezeOrdered.newBuilder().setReason("looks wrong").setOrderedBy("bea")));
        return List.of(
                order,
                state(
                        session,
                        RuntimeState.newBuilder()
                                .setState(RuntimeState.State.FROZEN)
                                .setOrder(order.getId())
                                .setStages(StageTimes.newBuilder()
                                        .setKernelNs(now)
                                        .setDoneNs(now + milliseconds * 1_000_000))));
    }

    private static Event state(String session, RuntimeState.Builder state) {
        return EventIds.withId(on(session, Channel.EVIDENCE, System.currentTimeMillis() * 1_000_000L)
                .setHost("host-3")
                .setRuntimeState(state.setRuntime("gVisor systrap")));
    }

    /** What the watcher made of an approval. */
    public static Event settled(Event asked, ApprovalState state, List<String> people, long sessionUntilNs) {
        return EventIds.withId(on(asked.getSession(), Channel.VERDICTS, System.currentTimeMillis() * 1_000_000L)
                .setApprovalSettled(ApprovalSettled.newBuilder()
                        .setApproval(asked.getApprovalRequested().getApproval())
                        .setState(state)
                        .addAllPeople(people)
                        .setSessionUntilNs(sessionUntilNs)));
    }

    public static Event approved(Event asked) {
        return EventIds.withId(on(asked.getSession(), Channel.CONTROL, asked.getEventTimeNs() + SECOND)
                .setApprovalDecided(ApprovalDecided.newBuilder()
                        .setApproval(asked.getApprovalRequested().getApproval())
                        .setApproved(true)
                        .setDecidedBy("ana")));
    }

    private static Event.Builder on(String session, Channel channel, long atNs) {
        return DemoSession.on(channel, atNs).setSession(session);
    }

    /** A session whose newest event is of now. */
    public static List<Event> live(String session, String task) {
        return live(System.currentTimeMillis() * 1_000_000L - 4 * SECOND, session, task, "codex", "acme/web", 0);
    }

    private static List<Event> live(
            long startNs, String session, String task, String agent, String workspace, int risk) {
        return List.of(
                EventIds.withId(on(session, Channel.CONTROL, startNs)
                        .setTaskAssigned(TaskAssigned.newBuilder()
                                .setTask(task)
                                .setAgent(agent)
                                .setWorkspace(workspace)
                                .setPolicy(TaskPolicy.newBuilder()
                                        .setName("feature-work")
                                        .setRevision(2)
                                        .setFreezeAt(80)))),
                EventIds.withId(on(session, Channel.EVIDENCE, startNs + SECOND)
                        .setSeq(1)
                        .setRuntimeState(RuntimeState.newBuilder()
                                .setState(RuntimeState.State.RUNNING)
                                .setRuntime("gVisor systrap"))),
                EventIds.withId(on(session, Channel.CLAIMS, startNs + 3 * SECOND)
                        .setSeq(1)
                        .setPlan(Plan.newBuilder()
                                .addItems(PlanItem.newBuilder()
                                        .setText("Find the cause")
                                        .setStatus("completed"))
                                .addItems(PlanItem.newBuilder()
                                        .setText("Change it")
                                        .setStatus("completed"))
                                .addItems(PlanItem.newBuilder()
                                        .setText("Run the tests")
                                        .setStatus("in_progress")))),
                EventIds.withId(on(session, Channel.VERDICTS, startNs + 4 * SECOND)
                        .setSessionRisk(SessionRisk.newBuilder().setRisk(risk).setStep("log"))));
    }

    /** The id under which {@link #approval} asks for a command. */
    public static String approvalOf(String command) {
        return EventIds.derived(command, "approval");
    }

    /** A connection that waits, likewise. */
    private static Event connection(long atNs, long deadlineNs, String session, String host) {
        String subject = host + "\nCONNECT\nfeature-work revision 2";
        return EventIds.withId(on(session, Channel.VERDICTS, atNs)
                .setApprovalRequested(ApprovalRequested.newBuilder()
                        .setApproval(approvalOf(host))
                        .setTool("egress")
                        .setSubject(subject)
                        .setSubjectSha256(EventIds.sha256Hex(subject))
                        .setClause("egress-unknown ask")
                        .setTier(Severity.MEDIUM)
                        .setDeadlineNs(deadlineNs)));
    }

    /** A call that waits, in the gate's words: tool, folder, arguments and revision. */
    public static Event approval(
            long atNs, long deadlineNs, String session, Severity tier, String command, String clause, String reason) {
        String subject = "shell\n/workspace\n"
                + JsonNodeFactory.instance.objectNode().put("command", command) + "\nfeature-work revision 2";
        return EventIds.withId(on(session, Channel.VERDICTS, atNs)
                .setApprovalRequested(ApprovalRequested.newBuilder()
                        .setApproval(approvalOf(command))
                        .setCall("call_7")
                        .setTool("shell")
                        .setSubject(subject)
                        .setSubjectSha256(EventIds.sha256Hex(subject))
                        .setClause(clause)
                        .setTier(tier)
                        .setDeadlineNs(deadlineNs)
                        .setStatedReason(reason)));
    }
}
