package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Aside;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.ListItem;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.UnorderedList;
import io.plumbline.console.masking.Masking;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.session.CollectedEvidence;
import io.plumbline.console.session.ProcessTree;
import io.plumbline.console.session.SessionRecord;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.Words;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** The side of the session page: what is selected, the process tree, the plan, how complete the evidence is, triage, orders. */
class SessionSide extends Aside {
    private static final long serialVersionUID = 1;

    private static final int MAX_TREE = 60;
    private static final int MAX_ORDERS = 12;

    /** Of a hash; the button beside it copies all of it. */
    private static final int HASH_SHOWN = 8;

    /** Takes a decision about an alert's cause; an empty word asks for which. */
    interface Triage {
        void decide(AlertRow alert, String word);
    }

    private final transient Triage triage;
    private final transient Person person;
    private final Div chain = new Div();
    private String fate = "";

    /** @param check shows in what it is given how the log's records of the session are bound to each other */
    SessionSide(Triage triage, Person person, Consumer<Div> check) {
        this.triage = triage;
        Div checked = new Div();
        chain.setId("chain");
        chain.add(checked, Parts.button("check the log now", "check-chain", "small", () -> check.accept(checked)));
        this.person = person;
        addClassName("side");
        getElement().setAttribute("aria-label", "Selected, process tree, evidence");
    }

    /** What became of this person's last decision. */
    void tell(String sentence) {
        fate = sentence;
    }

    void show(SessionRecord session, Optional<String> at, Optional<AlertRow> alert) {
        removeAll();
        Optional<TimelineEvent> subject = at.flatMap(session::event)
                .or(() -> alert.flatMap(row -> session.call(row.call())))
                // Who looks at an event that is not read must not be told of another one.
                .or(() -> at.isPresent() && alert.isEmpty()
                        ? Optional.empty()
                        : session.worstFirst().stream().findFirst().flatMap(row -> session.call(row.call())));
        subject.ifPresent(event -> selected(session, event));
        add(Parts.heading("Process tree"), tree(session));
        plan(session.summary());
        evidence(session);
        alert.or(() -> session.worstFirst().stream().findFirst()).ifPresent(this::decide);
        orders(session);
    }

    private void selected(SessionRecord session, TimelineEvent event) {
        boolean call = event.action().equals("tool-call");
        H2 heading = new H2();
        heading.add(Parts.said(
                "Selected: "
                        + (call
                                ? "call " + event.text("/plumbline/call/id")
                                : event.action().replace('-', ' ')),
                60));
        DescriptionList facts = Parts.facts();
        facts.setId("selected");
        if (call) {
            call(session, event, facts);
        } else {
            Parts.fact(facts, "time", Parts.text(Parts.clock(event.at()), "mono"));
            facts(event, facts);
        }
        add(heading, facts);
    }

    private static void call(SessionRecord session, TimelineEvent event, DescriptionList facts) {
        String id = event.text("/plumbline/call/id");
        Parts.fact(
                facts,
                "announced",
                Parts.said(Parts.clock(event.at()) + " · " + event.text("/plumbline/call/source"), 60, "mono"));
        Parts.fact(facts, "tool", Parts.said(event.text("/plumbline/call/tool"), 60));
        Optional<TimelineEvent> gate = session.claims().stream()
                .filter(answer -> answer.action().equals("gate-answered")
                        && answer.text("/plumbline/call/id").equals(id))
                .reduce((first, last) -> last);
        Parts.fact(
                facts,
                "gate",
                gate.map(answer -> Parts.said(
                                answer.text("/plumbline/gate/decision") + " · answered in "
                                        + milliseconds(Duration.between(event.at(), answer.at())),
                                80))
                        .orElseGet(() -> Parts.text("not asked", "mut")));
        Optional<ProcessTree.Node> ran = session.tree().processes().values().stream()
                .filter(node -> node.call().filter(id::equals).isPresent())
                .findFirst();
        boolean denied = gate.map(
                        answer -> answer.text("/plumbline/gate/decision").equals("deny"))
                .orElse(false);
        ran.ifPresent(node -> Parts.fact(
                facts,
                denied ? "ran anyway" : "ran",
                Parts.text(
                        "kernel exec at " + Parts.clock(Instant.ofEpochSecond(0, node.startNs())),
                        denied ? "bad" : "plain")));
        if (ran.isEmpty()) {
            Parts.fact(facts, "ran", Parts.text("no process seen", "mut"));
        }
        Parts.fact(facts, "command", Parts.said(event.text("/plumbline/call/command"), 600, "mono"));
        String reason = event.text("/plumbline/call/stated_reason");
        if (!reason.isEmpty()) {
            Parts.fact(facts, "reason", Parts.said("“" + reason + "”", 300));
        }
        session.claims().stream()
                .filter(result -> result.action().equals("tool-result")
                        && result.text("/plumbline/call/id").equals(id))
                .findFirst()
                .ifPresent(result -> Parts.fact(
                        facts,
                        "result",
                        Parts.said(
                                result.text("/plumbline/call/outcome") + " · “" + result.text("/message") + "”", 300)));
    }

    private static String milliseconds(Duration duration) {
        return Math.max(0, duration.toMillis()) + " ms";
    }

    private static final List<Map.Entry<String, String>> FACTS = List.of(
            Map.entry("process", "/process/executable"),
            Map.entry("thread", "/process/thread/name"),
            Map.entry("pid", "/process/pid"),
            Map.entry("command", "/process/command_line"),
            Map.entry("sha256", "/process/hash/sha256"),
            Map.entry("exit code", "/process/exit_code"),
            Map.entry("file", "/file/path"),
            Map.entry("operation", "/plumbline/operation"),
            Map.entry("to", "/plumbline/new_path"),
            Map.entry("host", "/destination/domain"),
            Map.entry("address", "/destination/address"),
            Map.entry("port", "/destination/port"),
            Map.entry("method", "/http/request/method"),
            Map.entry("url", "/url/full"),
            Map.entry("verdict", "/plumbline/egress/reason"),
            Map.entry("gate", "/plumbline/gate/decision"),
            Map.entry("state", "/plumbline/runtime/state"),
            Map.entry("mechanism", "/plumbline/runtime/mechanism"),
            Map.entry("reason", "/event/reason"),
            Map.entry("by", "/user/name"),
            Map.entry("text", "/message"),
            Map.entry("outcome", "/event/outcome"),
            Map.entry("errno", "/error/code"),
            Map.entry("event", "/event/id"));

    /** What people take elsewhere. */
    private static final Set<String> COPIED = Set.of("sha256", "event");

    private static void facts(TimelineEvent event, DescriptionList facts) {
        for (Map.Entry<String, String> fact : FACTS) {
            String told = event.text(fact.getValue());
            String value = fact.getKey().equals("url") ? Masking.withoutQuery(told) : told;
            if (!value.isEmpty()) {
                Parts.fact(
                        facts,
                        fact.getKey(),
                        COPIED.contains(fact.getKey()) ? Parts.copyable(value, 600) : Parts.said(value, 600, "mono"));
            }
        }
    }

    private static Div tree(SessionRecord session) {
        Div tree = new Div();
        tree.addClassName("tree");
        tree.setId("process-tree");
        boolean frozen = session.summary().state().equals("frozen");
        int[] left = {MAX_TREE};
        List<ProcessTree.Node> roots = session.tree().roots();
        for (ProcessTree.Node root : roots) {
            branch(session.tree(), root, "", "", frozen, tree, left);
        }
        if (roots.isEmpty()) {
            tree.add(Parts.text("no process was seen", "note"));
        }
        if (left[0] <= 0) {
            tree.add(new Div(Parts.text("… more on the timeline", "note")));
        }
        return tree;
    }

    private static void branch(
            ProcessTree tree,
            ProcessTree.Node node,
            String prefix,
            String indent,
            boolean frozen,
            Div target,
            int[] left) {
        if (left[0]-- <= 0) {
            return;
        }
        Div line = new Div();
        line.add(Parts.text(prefix, "note"));
        line.add(Parts.said(node.label(), 40, node.deviating() ? "u" : "plain"));
        line.add(Parts.said(
                " " + node.pid() + node.call().map(call -> " · " + call).orElse(""), 40, "note"));
        if (frozen && node.endNs().isEmpty() && node.deviating()) {
            line.add(Parts.text(" ❄"));
        }
        line.setTitle(VisibleText.line(node.last().commandLine(), 400));
        target.add(line);
        List<ProcessTree.Node> children = tree.children(node);
        List<ProcessTree.Node> own = children.stream()
                .filter(child -> child.call().isPresent() || child.deviating() || hasCall(tree, child))
                .toList();
        List<ProcessTree.Node> quiet =
                children.stream().filter(child -> !own.contains(child)).toList();
        // The agent's own helpers are many and rarely the point.
        int shownQuiet = quiet.size() <= 4 ? quiet.size() : 2;
        int lines = shownQuiet + (quiet.size() > shownQuiet ? 1 : 0) + own.size();
        int drawn = 0;
        for (ProcessTree.Node child : quiet.subList(0, shownQuiet)) {
            drawn++;
            branch(
                    tree,
                    child,
                    indent + (drawn == lines ? "└ " : "├ "),
                    indent + (drawn == lines ? "  " : "│ "),
                    frozen,
                    target,
                    left);
        }
        if (quiet.size() > shownQuiet) {
            drawn++;
            target.add(new Div(Parts.text(
                    indent + (drawn == lines ? "└ " : "├ ") + (quiet.size() - shownQuiet) + " more of the agent's own",
                    "note")));
        }
        for (ProcessTree.Node child : own) {
            drawn++;
            branch(
                    tree,
                    child,
                    indent + (drawn == lines ? "└ " : "├ "),
                    indent + (drawn == lines ? "  " : "│ "),
                    frozen,
                    target,
                    left);
        }
    }

    private static boolean hasCall(ProcessTree tree, ProcessTree.Node node) {
        return tree.children(node).stream()
                .anyMatch(child -> child.call().isPresent() || child.deviating() || hasCall(tree, child));
    }

    private void plan(SessionSummary session) {
        add(Parts.heading("Plan"));
        if (session.plan().isEmpty()) {
            add(Parts.text("none announced", "mut"));
            return;
        }
        UnorderedList plan = new UnorderedList();
        plan.addClassName("plan");
        plan.setId("plan");
        session.plan().stream()
                .limit(20)
                .forEach(item ->
                        plan.add(new ListItem(Parts.said(item.status(), 20, "status"), Parts.said(item.text(), 160))));
        add(plan);
    }

    private void evidence(SessionRecord session) {
        SessionSummary summary = session.summary();
        DescriptionList facts = Parts.facts();
        facts.setId("evidence");
        Parts.fact(
                facts,
                "events",
                "%,d · %,d claims · %,d seen".formatted(session.eventCount(), summary.claims(), summary.evidence()));
        Parts.fact(
                facts,
                "gaps",
                summary.missing() == 0 ? Parts.text("none") : Parts.text(summary.missing() + " events missing", "bad"));
        Parts.fact(
                facts,
                "dropped",
                summary.dropped() == 0
                        ? Parts.text("none")
                        : Parts.text(summary.dropped() + " dropped by the runtime", "bad"));
        Parts.fact(facts, "chain", chain);
        List<CollectedEvidence> collected = CollectedEvidence.of(session);
        if (collected.isEmpty()) {
            Parts.fact(facts, "collected", Parts.text("nothing: no freeze or kill was ordered", "mut"));
        }
        for (CollectedEvidence evidence : collected) {
            Parts.fact(facts, "on " + evidence.act(), kept(evidence));
        }
        if (!summary.mechanism().isEmpty()) {
            Parts.fact(facts, "mechanism", Parts.said(summary.mechanism(), 60));
        }
        add(Parts.heading("Evidence"), facts);
    }

    private static Div kept(CollectedEvidence evidence) {
        Div kept = new Div(Parts.said(evidence.sentence(), 300));
        evidence.pieces().stream()
                .filter(piece -> !piece.sha256().isEmpty())
                .forEach(piece -> kept.add(new Div(
                        Parts.said(piece.kind(), 60, "mut"),
                        Parts.text(" "),
                        Parts.copyable(piece.sha256(), HASH_SHOWN + 1))));
        return kept;
    }

    private void decide(AlertRow alert) {
        Div acts = new Div(
                decision(alert, "True positive…", "true_positive", "1"),
                decision(alert, "Benign…", "benign", "2"),
                decision(alert, "By policy…", "expected_by_policy", "3"),
                decision(alert, "Assign to me", Words.ACKNOWLEDGED, "A"));
        acts.addClassName("acts");
        Div about = new Div(
                Parts.said(alert.title(), 120),
                Parts.said(
                        " · " + alert.status().replace('_', ' ')
                                + (alert.notedBy().isEmpty() ? "" : " · " + alert.notedBy()),
                        80,
                        "mut"));
        about.getStyle().set("margin-bottom", "6px");
        Div told = new Div(fate);
        told.setId("decision-status");
        told.getElement().setAttribute("role", "status");
        add(Parts.heading("Decide"), about, acts, told);
    }

    private NativeButton decision(AlertRow alert, String label, String word, String key) {
        NativeButton button = Parts.button(
                label,
                "triage-" + word.replace('_', '-'),
                word.equals(Words.ACKNOWLEDGED) ? "primary" : "",
                () -> triage.decide(alert, word));
        button.add(ApprovalsView.key(key));
        return Parts.permitted(button, person, Permission.TRIAGE);
    }

    private void orders(SessionRecord session) {
        List<TimelineEvent> orders = session.claims().stream()
                .filter(event -> event.channel().equals("control"))
                .filter(event -> switch (event.action()) {
                    case "freeze-ordered",
                            "thaw-ordered",
                            "kill-ordered",
                            "triage-noted",
                            "approval-decided",
                            "policy-revised" -> true;
                    default -> false;
                })
                .toList();
        add(Parts.heading("Orders and notes"));
        if (orders.isEmpty()) {
            add(Parts.text("none", "mut"));
        }
        orders.reversed().stream().limit(MAX_ORDERS).forEach(event -> {
            String what = event.action().equals("triage-noted")
                    ? event.text("/plumbline/triage/verdict").replace('_', ' ')
                    : event.action().replace('-', ' ');
            String why = event.text("/event/reason");
            add(new Div(
                    Parts.text(Parts.clock(event.at()).substring(0, 8) + " ", "mono", "mut"),
                    Parts.said(
                            event.text("/user/name") + " · " + what + (why.isEmpty() ? "" : " · “" + why + "”"), 240)));
        });
    }
}
