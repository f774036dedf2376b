package io.plumbline.console.session;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.Density;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.text.VisibleText;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The data of the {@code soc-timeline} element. Times are milliseconds after {@code start}, which is milliseconds since the epoch.
 * Every label went through {@link VisibleText} and is drawn with textContent.
 *
 * <p>Shape: {@code {start, end, said:[{id,t,label,tone,mono}], processes:[{id,from,to,label,tone,depth}],
 * files:[{id,t,label,tone}], egress:[{id,from,to,label,tone}], gates:[{id,t,label,tone,call}], risk:[{t,v}], freezeAt, marks:[{t,label}],
 * deviations:[t], density:{from, step, processes:[n], files:[n], egress:[n]}}}; tones: plain, quiet, call, ok, bad. Items carry the
 * announced {@code call} that they are attributed to; what an alert rests on and no call explains is {@code unexplained}. Gates are
 * everything that was judged at a moment: answers of the gate, approvals, alerts, revisions of the policy. Density is there when not
 * every event is.
 */
public final class TimelineModel {
    private static final int LABEL = 60;

    private TimelineModel() {}

    public static ObjectNode of(SessionRecord session) {
        Model model = new Model(session);
        model.said();
        model.processes();
        model.files();
        model.egress();
        model.judged();
        model.density();
        return model.finish();
    }

    private static final class Model {
        private final SessionRecord session;
        private final long startNs;
        private final long endNs;
        private final ObjectNode root = JsonNodeFactory.instance.objectNode();
        private final Set<String> evidence = new HashSet<>();
        private final Set<String> deviatingCalls = new HashSet<>();
        private final Map<String, String> callOfEvidence = new HashMap<>();
        private final Map<String, String> callOfApproval = new HashMap<>();
        private final Map<String, List<Announced>> announced = new HashMap<>();

        /** A path that a call names, while the call is under way. */
        private record Announced(String call, String path, long fromNs, long toNs) {
            boolean names(TimelineEvent event) {
                String used = event.text("/file/path");
                return event.atNs() >= fromNs
                        && event.atNs() <= toNs
                        && (used.equals(path) || (!path.startsWith("/") && used.endsWith("/" + path)));
            }
        }

        Model(SessionRecord session) {
            this.session = session;
            long[] bounds = Stream.of(session.claims(), session.processes(), session.files(), session.network())
                    .flatMap(List::stream)
                    // Later triage and notes would squeeze what they are about into a corner.
                    .filter(event ->
                            !event.channel().equals("control") || event.action().equals("task-assigned"))
                    .mapToLong(TimelineEvent::atNs)
                    .filter(at -> at > 0)
                    .sorted()
                    .toArray();
            // A piece that is read closer must not move the axis.
            this.startNs = session.density().map(Density::firstNs).orElse(bounds.length == 0 ? 0 : bounds[0]);
            this.endNs =
                    session.density().map(Density::lastNs).orElse(bounds.length == 0 ? 0 : bounds[bounds.length - 1]);
            session.alerts()
                    .forEach(alert -> alert.evidence().forEach(event -> callOfEvidence.put(event, alert.call())));
            session.alerts().forEach(alert -> {
                evidence.addAll(alert.evidence());
                if (!alert.call().isEmpty()) {
                    deviatingCalls.add(alert.call());
                }
            });
            announce();
        }

        /** A call is under way until its result is told; one without a result until the next one. */
        private void announce() {
            Map<String, Long> ends = new HashMap<>();
            List<TimelineEvent> calls = new ArrayList<>();
            for (TimelineEvent event : session.claims()) {
                if (event.action().equals("tool-call")) {
                    calls.add(event);
                } else if (event.action().equals("tool-result")) {
                    ends.putIfAbsent(event.text("/plumbline/call/id"), event.atNs());
                }
            }
            for (int i = 0; i < calls.size(); i++) {
                TimelineEvent call = calls.get(i);
                String id = call.text("/plumbline/call/id");
                long next = i + 1 < calls.size() ? calls.get(i + 1).atNs() : Long.MAX_VALUE;
                long end = ends.getOrDefault(id, next);
                call.texts("/plumbline/call/paths").stream()
                        .filter(path -> !path.isEmpty())
                        .forEach(path -> announced
                                .computeIfAbsent(fileName(path), name -> new ArrayList<>())
                                .add(new Announced(id, path, call.atNs(), end)));
            }
        }

        private static String fileName(String path) {
            return path.substring(path.lastIndexOf('/') + 1);
        }

        private double t(long nanoseconds) {
            return Math.round((nanoseconds - startNs) / 1_000.0) / 1_000.0;
        }

        void said() {
            ArrayNode said = root.putArray("said");
            // Hooks and telemetry both tell of the same prompt.
            Set<String> prompts = new HashSet<>();
            List<String> planned = List.of();
            for (TimelineEvent event : session.claims()) {
                switch (event.action()) {
                    case "prompt" -> {
                        if (prompts.add(event.text("/message"))) {
                            said(said, event, "task: " + event.text("/message"), "plain", false);
                        }
                    }
                    case "plan" -> {
                        List<String> steps = texts(event, "text");
                        said(said, event, plan(event, planned, steps), "plain", false);
                        if (!event.flag("/plumbline/plan/incremental")) {
                            planned = steps;
                        }
                    }
                    case "message" -> {
                        if (!event.text("/plumbline/message/role").equals("user")) {
                            said(said, event, "“" + event.text("/message") + "”", "plain", false);
                        }
                    }
                    case "tool-call" -> {
                        boolean bad = deviatingCalls.contains(event.text("/plumbline/call/id"));
                        said(said, event, Contradiction.command(event), bad ? "bad" : "plain", true);
                    }
                    case "tool-result" ->
                        said(
                                said,
                                event,
                                "told: " + event.text("/plumbline/call/outcome") + " “" + event.text("/message") + "”",
                                evidence.contains(event.id()) ? "bad" : "plain",
                                false);
                    default -> {
                        // Not something the agent says about its work.
                    }
                }
            }
        }

        /** What a plan says, or what it changes of the one before. */
        private static String plan(TimelineEvent event, List<String> before, List<String> steps) {
            List<String> statuses = texts(event, "status");
            if (event.flag("/plumbline/plan/incremental") && steps.size() == 1) {
                return "plan: “" + steps.getFirst() + "” " + statuses.getFirst();
            }
            if (before.isEmpty()) {
                return "plan: " + steps(steps.size());
            }
            return before.equals(steps)
                    ? "plan: " + statuses.stream().filter("completed"::equals).count() + " of " + steps.size() + " done"
                    : "plan changed: " + steps(steps.size());
        }

        private static List<String> texts(TimelineEvent event, String field) {
            return StreamSupport.stream(
                            event.document().at("/plumbline/plan/items").spliterator(), false)
                    .map(item -> item.path(field).asText(""))
                    .toList();
        }

        private static String steps(int count) {
            return count == 1 ? "1 step" : count + " steps";
        }

        private void said(ArrayNode said, TimelineEvent event, String label, String tone, boolean mono) {
            said.addObject()
                    .put("id", event.id())
                    .put("t", t(event.atNs()))
                    .put("label", VisibleText.line(label, LABEL))
                    .put("tone", tone)
                    .put("mono", mono)
                    .put("call", event.text("/plumbline/call/id"));
        }

        void processes() {
            ArrayNode processes = root.putArray("processes");
            for (ProcessTree.Node node : session.tree().processes().values()) {
                ObjectNode bar = processes
                        .addObject()
                        .put("id", node.last().event())
                        .put("from", t(node.startNs()))
                        .put("label", VisibleText.line(node.label(), LABEL))
                        .put("depth", depth(node))
                        .put(
                                "tone",
                                node.deviating()
                                        ? "bad"
                                        : node.call().isPresent() ? "call" : node.first() ? "plain" : "quiet")
                        .put("call", node.call().orElse(""))
                        .put("unexplained", node.deviating() && node.call().isEmpty());
                node.endNs().ifPresent(end -> bar.put("to", t(end)));
            }
        }

        private int depth(ProcessTree.Node node) {
            int depth = 0;
            Optional<ProcessTree.Node> at = Optional.of(node);
            Set<String> passed = new HashSet<>();
            while (at.isPresent() && passed.add(at.get().entity())) {
                depth++;
                at = at.get().parent().map(parent -> session.tree().processes().get(parent));
            }
            return depth - 1;
        }

        void files() {
            ArrayNode files = root.putArray("files");
            for (TimelineEvent event : session.files()) {
                boolean bad = evidence.contains(event.id());
                boolean changed = event.action().equals("file-changed");
                String call = call(event);
                ObjectNode dot = files.addObject()
                        .put("id", event.id())
                        .put("t", t(event.atNs()))
                        .put("tone", bad ? "bad" : changed ? "plain" : "quiet")
                        .put("call", call)
                        .put("unexplained", bad && call.isEmpty());
                if (bad) {
                    dot.put("label", VisibleText.line(event.text("/file/path"), LABEL));
                }
            }
        }

        void egress() {
            ArrayNode egress = root.putArray("egress");
            Map<Long, ObjectNode> connections = new HashMap<>();
            for (TimelineEvent event : session.network()) {
                long connection = event.number("/plumbline/egress/connection");
                switch (event.action()) {
                    case "egress-requested" -> {
                        ObjectNode bar = bar(egress, event, destination(event), "quiet");
                        if (event.flag("/plumbline/egress/held")) {
                            bar.put("tone", "held").put("label", destination(event) + " · held at the barrier");
                        }
                        connections.put(connection, bar);
                    }
                    case "egress-answered" -> {
                        ObjectNode bar = connections.get(connection);
                        if (bar != null && !event.flag("/plumbline/egress/allowed")) {
                            bar.put("tone", "bad");
                        }
                    }
                    case "egress-decided" -> {
                        ObjectNode bar = connections.get(connection);
                        if (bar == null) {
                            bar = bar(egress, event, destination(event), "quiet");
                            connections.put(connection, bar);
                        }
                        boolean allowed = event.flag("/plumbline/egress/allowed");
                        if (evidence.contains(event.id())) {
                            bar.put("unexplained", call(event).isEmpty());
                        }
                        bar.put("to", t(event.atNs()))
                                .put("tone", allowed ? "ok" : "bad")
                                .put(
                                        "label",
                                        destination(event) + (allowed ? " · allowed" : " · refused") + bytes(event));
                    }
                    case "connected" -> {
                        if (evidence.contains(event.id())) {
                            bar(egress, event, VisibleText.line(address(event), LABEL), "bad");
                        }
                    }
                    default -> {
                        // Listening inside the sandbox is in the tab of its own.
                    }
                }
            }
        }

        private static String bytes(TimelineEvent event) {
            long out = event.number("/source/bytes");
            long in = event.number("/destination/bytes");
            return out + in == 0 ? "" : String.format(Locale.ROOT, " · %,d B out, %,d B in", out, in);
        }

        private static String address(TimelineEvent event) {
            return event.text("/destination/address") + ":" + event.number("/destination/port");
        }

        private static String destination(TimelineEvent event) {
            return VisibleText.line(event.text("/destination/domain") + ":" + event.number("/destination/port"), LABEL);
        }

        private ObjectNode bar(ArrayNode target, TimelineEvent event, String label, String tone) {
            String call = call(event);
            return target.addObject()
                    .put("id", event.id())
                    .put("from", t(event.atNs()))
                    .put("label", label)
                    .put("tone", tone)
                    .put("call", call)
                    .put("unexplained", evidence.contains(event.id()) && call.isEmpty());
        }

        /**
         * The announced call that an event is attributed to: by an alert, else by its process, else because it names the file; what an alert
         * rests on is explained by no name.
         */
        private String call(TimelineEvent event) {
            String told = callOfEvidence.getOrDefault(event.id(), "");
            if (!told.isEmpty()) {
                return told;
            }
            ProcessTree.Node node = session.tree().processes().get(event.text("/process/entity_id"));
            Optional<String> running = Optional.ofNullable(node).flatMap(ProcessTree.Node::call);
            if (running.isPresent() || evidence.contains(event.id())) {
                return running.orElse("");
            }
            return announced.getOrDefault(fileName(event.text("/file/path")), List.of()).stream()
                    .filter(path -> path.names(event))
                    .reduce((first, last) -> last)
                    .map(Announced::call)
                    .orElse("");
        }

        void density() {
            session.density().ifPresent(density -> {
                ObjectNode target = root.putObject("density");
                target.put("from", density.fromMs() - startNs / 1_000_000.0).put("step", density.stepMs());
                density.processes().forEach(target.putArray("processes")::add);
                density.files().forEach(target.putArray("files")::add);
                density.network().forEach(target.putArray("egress")::add);
            });
        }

        void judged() {
            ArrayNode gates = root.putArray("gates");
            ArrayNode risk = root.putArray("risk");
            ArrayNode marks = root.putArray("marks");
            for (TimelineEvent event : session.claims()) {
                switch (event.action()) {
                    case "gate-answered" -> {
                        String decision = event.text("/plumbline/gate/decision");
                        gates.addObject()
                                .put("id", event.id())
                                .put("t", t(event.atNs()))
                                .put("label", "gate: " + decision)
                                .put("call", event.text("/plumbline/call/id"))
                                .put("tone", decision.equals("allow") ? "quiet" : "bad");
                    }
                    case "approval-requested" -> {
                        callOfApproval.put(event.text("/plumbline/approval/id"), event.text("/plumbline/call/id"));
                        gate(gates, event, "asked: " + event.text("/plumbline/approval/tier"), "quiet");
                    }
                    case "approval-decided" -> {
                        boolean approved = event.flag("/plumbline/approval/approved");
                        gate(
                                gates,
                                event,
                                (approved ? "approved by " : "denied by ") + event.text("/user/name"),
                                approved ? "quiet" : "bad");
                    }
                    case "approval-settled" -> {
                        String state = event.text("/plumbline/approval/state");
                        if (!state.equals("approved") && !state.equals("denied")) {
                            gate(gates, event, "approval: " + state.replace('_', ' '), "quiet");
                        }
                    }
                    case "policy-confirmed" ->
                        gate(gates, event, "policy r" + event.number("/plumbline/policy/revision"), "quiet");
                    case "policy-refused" ->
                        gate(gates, event, "policy r" + event.number("/plumbline/policy/revision") + " refused", "bad");
                    case "session-risk" ->
                        risk.addObject().put("t", t(event.atNs())).put("v", event.number("/plumbline/risk/total"));
                    case "runtime-state" -> {
                        String state = event.text("/plumbline/runtime/state");
                        if (!state.equals("created") && !(state.equals("running") && marks.isEmpty())) {
                            marks.addObject()
                                    .put("id", event.id())
                                    .put("t", t(event.atNs()))
                                    .put("state", state)
                                    .put(
                                            "label",
                                            state.equals("frozen")
                                                    ? "❄ " + session.summary().risk()
                                                    : state);
                        }
                    }
                    default -> {
                        // Not a judgement.
                    }
                }
            }
            for (AlertRow alert : session.alerts()) {
                gates.addObject()
                        .put("id", alert.id())
                        .put(
                                "t",
                                t(alert.at().getEpochSecond() * 1_000_000_000L
                                        + alert.at().getNano()))
                        .put("label", VisibleText.line(alert.title(), LABEL))
                        .put("tone", "bad")
                        .put("call", alert.call());
            }
            root.put("freezeAt", session.summary().freezeAt());
        }

        private void gate(ArrayNode gates, TimelineEvent event, String label, String tone) {
            gates.addObject()
                    .put("id", event.id())
                    .put("t", t(event.atNs()))
                    .put("label", VisibleText.line(label, LABEL))
                    .put("tone", tone)
                    .put("call", callOfApproval.getOrDefault(event.text("/plumbline/approval/id"), ""));
        }

        ObjectNode finish() {
            SessionSummary summary = session.summary();
            root.put("start", startNs / 1_000_000.0);
            root.put("end", t(endNs));
            root.put("live", !summary.isOver() && !summary.state().equals("frozen"));
            ArrayNode deviations = root.putArray("deviations");
            session.alerts().stream()
                    .map(AlertRow::at)
                    .forEach(at -> deviations.add(t(at.getEpochSecond() * 1_000_000_000L + at.getNano())));
            return root;
        }
    }
}
