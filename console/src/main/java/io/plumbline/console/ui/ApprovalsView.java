package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.Key;
import com.vaadin.flow.component.KeyModifier;
import com.vaadin.flow.component.Shortcuts;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.notification.Notification;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Agents that wait for a person. A decision is bound to the approval's id and to the hash of the bytes that are on the screen, never
 * to a place in the list.
 */
@Route(value = "approvals", layout = MainLayout.class)
@PageTitle("Plumbline · approvals")
@PermitAll
public class ApprovalsView extends Div {
    private static final long serialVersionUID = 1;

    private final transient LiveView live;
    private final transient Search search;
    private final transient Orders orders;
    private final transient Clock clock;
    private final transient SteadyRows<ApprovalRow> rows = new SteadyRows<>(ApprovalRow::id);
    private final Span waiting = new Span();
    private final NativeButton pill = new NativeButton();
    private final Div entries = new Div();
    private final Div detail = new Div();
    private final transient Map<String, Entry> shown = new HashMap<>();
    private final transient Set<String> decided = new HashSet<>();
    private transient Optional<String> selected = Optional.empty();
    private transient Runnable unsubscribe = () -> {};
    private transient Optional<Span> deadline = Optional.empty();

    private record Entry(NativeButton button, Span left) {}

    public ApprovalsView(LiveView live, Search search, Orders orders, Clock clock) {
        this.live = live;
        this.search = search;
        this.orders = orders;
        this.clock = clock;
        addClassName("approvals");
        Div queue = new Div();
        queue.addClassName("queue");
        Div head = new Div(new H1("Approvals"), waiting);
        head.addClassName("page-head");
        waiting.addClassName("mut");
        pill.addClassName("pill");
        pill.setId("new-rows");
        pill.addClickListener(click -> showNewest());
        entries.setId("approval-list");
        queue.add(head, pill, entries);
        detail.addClassName("detail");
        detail.setId("approval-detail");
        add(queue, detail);
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        rows.update(live.current().approvals());
        showNewest();
        showDetail();
        unsubscribe = live.subscribe(snapshot -> ui.access(() -> show(snapshot)));
        // Deadlines count down although nothing else changes.
        ui.setPollInterval(1_000);
        ui.addPollListener(poll -> tick());
        Shortcuts.addShortcutListener(this, this::approve, Key.KEY_Y, KeyModifier.ALT)
                .listenOn(this);
        Shortcuts.addShortcutListener(this, this::deny, Key.KEY_D, KeyModifier.ALT)
                .listenOn(this);
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
        detach.getUI().setPollInterval(-1);
    }

    private void show(Snapshot snapshot) {
        rows.update(snapshot.approvals());
        Set<String> pending = new HashSet<>();
        snapshot.approvals().forEach(row -> pending.add(row.id()));
        shown.forEach((id, entry) -> entry.button().setClassName("gone", !pending.contains(id)));
        if (rows.rows().isEmpty()) {
            showNewest();
        }
        updateHead();
        if (selected.filter(pending::contains).isEmpty() && selected.isPresent() && !decided.contains(selected.get())) {
            decided.add(selected.get());
            showDetail();
        }
    }

    private void showNewest() {
        entries.removeAll();
        shown.clear();
        for (SteadyRows.Row<ApprovalRow> row : rows.showNewest()) {
            entries.add(entry(row.value()));
        }
        if (selected.filter(shown::containsKey).isEmpty()) {
            selected = rows.rows().stream().findFirst().map(row -> row.value().id());
            showDetail();
        }
        highlight();
        updateHead();
        tick();
    }

    private NativeButton entry(ApprovalRow approval) {
        NativeButton button = new NativeButton();
        button.addClassName("entry");
        button.getElement().setAttribute("type", "button");
        button.setId("approval-" + approval.id());
        Span left = Parts.text("", "mono", "tier", approval.tier());
        Span title = new Span(
                Parts.text(Parts.tierMark(approval.tier()) + approval.tier(), "tier", approval.tier()),
                Parts.said(" · " + approval.tool() + " · " + approval.clause(), 60));
        button.add(
                title,
                left,
                Parts.said(approval.subject(), 70, "mono", "mut"),
                Parts.said(approval.agent(), 20, "mut"));
        button.addClickListener(click -> {
            selected = Optional.of(approval.id());
            highlight();
            showDetail();
        });
        shown.put(approval.id(), new Entry(button, left));
        return button;
    }

    private void highlight() {
        shown.forEach((id, entry) ->
                entry.button().setClassName("on", selected.filter(id::equals).isPresent()));
    }

    private void updateHead() {
        long number = rows.rows().stream()
                .filter(row -> row.value().isPending(clock.instant())
                        && !decided.contains(row.value().id()))
                .count();
        waiting.setText(number == 1 ? "1 agent is waiting" : number + " agents are waiting");
        pill.setVisible(rows.waiting() > 0);
        pill.setText(rows.waiting() + (rows.waiting() == 1 ? " new approval" : " new approvals"));
    }

    private void tick() {
        Instant now = clock.instant();
        for (SteadyRows.Row<ApprovalRow> row : rows.rows()) {
            Entry entry = shown.get(row.value().id());
            if (entry != null) {
                entry.left().setText(left(row.value(), now));
            }
        }
        deadline.ifPresent(chip -> chosen().ifPresent(row -> chip.setText(deadlineText(row, now))));
    }

    private static String left(ApprovalRow approval, Instant now) {
        return approval.deadline()
                .map(end -> now.isBefore(end) ? Parts.countdown(Duration.between(now, end)) : "timed out")
                .orElse("");
    }

    private static String deadlineText(ApprovalRow approval, Instant now) {
        return approval.deadline()
                .map(end -> now.isBefore(end)
                        ? "deadline in " + Parts.countdown(Duration.between(now, end)) + ", then denied"
                        : "timed out: denied")
                .orElse("no deadline");
    }

    private Optional<ApprovalRow> chosen() {
        return selected.flatMap(id -> rows.rows().stream()
                .map(SteadyRows.Row::value)
                .filter(row -> row.id().equals(id))
                .findFirst());
    }

    private void showDetail() {
        detail.removeAll();
        deadline = Optional.empty();
        Optional<ApprovalRow> row = chosen();
        if (row.isEmpty()) {
            Div empty = new Div("No agent waits for a decision.");
            empty.addClassName("empty");
            detail.add(empty);
            return;
        }
        ApprovalRow approval = row.get();
        Instant now = clock.instant();
        Span left = Parts.chip(deadlineText(approval, now));
        deadline = Optional.of(left);
        H2 title = new H2(VisibleText.line(approval.tool().isEmpty() ? "Approval" : approval.tool(), 60));
        title.getStyle().set("font-size", "17px");
        Div head = new Div(
                title,
                Parts.chip(
                        Parts.tierMark(approval.tier()) + approval.tier(),
                        approval.tierNumber() >= 4 ? "bad" : approval.tierNumber() == 3 ? "warn" : "plain"),
                left);
        head.addClassName("acts");
        RouterLink session = new RouterLink();
        session.setRoute(SessionView.class, new RouteParameters("id", approval.session()));
        session.setText("session " + VisibleText.line(approval.session(), 40));
        Div context = new Div(
                Parts.said(approval.agent() + " " + approval.agentVersion() + " · ", 60, "mut"),
                session,
                Parts.said(
                        " · policy " + approval.policy() + " r" + approval.policyRevision() + ", clause ", 100, "mut"),
                Parts.said(approval.clause(), 80, "mono", "mut"));
        int bytes = approval.subject().getBytes(StandardCharsets.UTF_8).length;
        Div exactHead = new Div(
                Parts.heading("Exactly this would run"),
                Parts.text(bytes + (bytes == 1 ? " byte" : " bytes") + " · sha256 ", "mut"),
                Parts.text(approval.subjectSha256(), "mono", "mut"));
        exactHead.addClassName("exact-head");
        var exact = Parts.exact(approval.subject());
        exact.setId("subject");
        detail.add(head, context, exactHead, exact, legend(approval.subject()));
        detail.add(Parts.heading("Against the plan"), plan(approval));
        detail.add(Parts.heading("Decide"), buttons(approval, now));
    }

    private static Div legend(String subject) {
        Div legend = new Div();
        legend.addClassName("mut");
        VisibleText.pieces(subject).stream()
                .filter(VisibleText.Piece::escaped)
                .map(VisibleText.Piece::text)
                .distinct()
                .limit(6)
                .forEach(escape -> legend.add(
                        Parts.text(escape, "esc"),
                        Parts.text(" " + VisibleText.explain(escape) + ", shown as code  ")));
        if (Parts.hasSubstitution(subject)) {
            legend.add(Parts.text("$( )", "un"), Parts.text(" cannot be inspected before it runs"));
        }
        return legend;
    }

    private static DescriptionList plan(ApprovalRow approval) {
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "task", Parts.said(approval.task(), 400));
        if (approval.plan().isEmpty()) {
            Parts.fact(facts, "plan", "none announced");
        }
        int number = 0;
        for (SessionSummary.PlanItem item : approval.plan().stream().limit(12).toList()) {
            number++;
            Parts.fact(
                    facts,
                    "step " + number + " of " + approval.plan().size(),
                    Parts.said("“" + item.text() + "” " + item.status(), 200));
        }
        Parts.fact(
                facts,
                "stated reason",
                approval.statedReason().isEmpty()
                        ? Parts.text("none", "mut")
                        : Parts.said("“" + approval.statedReason() + "”", 400));
        if (!approval.call().isEmpty()) {
            Parts.fact(facts, "call", Parts.said(approval.call(), 80, "mono"));
        }
        return facts;
    }

    private Div buttons(ApprovalRow approval, Instant now) {
        Div acts = new Div();
        acts.addClassName("acts");
        if (decided.contains(approval.id()) || !approval.isPending(now)) {
            acts.add(Parts.chip(outcome(approval), "plain"));
            return acts;
        }
        NativeButton approve = Parts.button("Approve once…", "approve", "approve", this::approve);
        approve.add(key("Alt+Y"));
        NativeButton deny = Parts.button("Deny with a reason…", "deny", "deny", this::deny);
        deny.add(key("Alt+D"));
        acts.add(approve, deny);
        return acts;
    }

    private String outcome(ApprovalRow approval) {
        Optional<ApprovalRow> newest = newest(approval.id());
        String state = newest.map(ApprovalRow::state).orElse(approval.state());
        if (state.equals("pending")) {
            return approval.isPending(clock.instant()) ? "decision sent, not confirmed yet" : "timed out";
        }
        return state.replace('_', ' ')
                + newest.map(ApprovalRow::decidedBy)
                        .filter(by -> !by.isEmpty())
                        .map(by -> " by " + by)
                        .orElse("");
    }

    private Optional<ApprovalRow> newest(String id) {
        try {
            return search.approval(id);
        } catch (SearchUnavailableException e) {
            return Optional.empty();
        }
    }

    static Span key(String keys) {
        Span key = new Span();
        key.getElement().appendChild(new Element("kbd").setText(keys));
        return key;
    }

    private void approve() {
        chosen().filter(row -> row.isPending(clock.instant()) && !decided.contains(row.id()))
                .ifPresent(row -> ask(row, true));
    }

    private void deny() {
        chosen().filter(row -> row.isPending(clock.instant()) && !decided.contains(row.id()))
                .ifPresent(row -> ask(row, false));
    }

    private void ask(ApprovalRow approval, boolean approved) {
        new ReasonDialog(
                        approved ? "Approve once" : "Deny",
                        "sha256 "
                                + approval.subjectSha256()
                                        .substring(
                                                0,
                                                Math.min(
                                                        12,
                                                        approval.subjectSha256().length())) + "… · "
                                + VisibleText.line(approval.subject(), 120),
                        approved ? "Approve once" : "Deny",
                        approved ? "confirm-approve" : "confirm-deny",
                        reason -> decide(approval, approved, reason))
                .open();
    }

    private String decide(ApprovalRow approval, boolean approved, String reason) {
        Outcome outcome = orders.decide(
                approval.id(),
                approved,
                reason,
                approval.subjectSha256(),
                SignedIn.current().name());
        return switch (outcome) {
            case Outcome.Accepted accepted -> {
                decided.add(approval.id());
                Notification.show((approved ? "Approval" : "Denial") + " is in the log.");
                showDetail();
                updateHead();
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }
}
