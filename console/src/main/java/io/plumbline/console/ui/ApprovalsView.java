package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.notification.Notification;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.approvals.Asked;
import io.plumbline.console.approvals.FatigueGuard;
import io.plumbline.console.approvals.Footprint;
import io.plumbline.console.approvals.WordDiff;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.orders.ApprovalAnswer;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.report.PeriodFigures;
import io.plumbline.console.search.AlertRow;
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
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Agents that wait for a person. A decision is bound to the approval's id and to the hash of the bytes that are on the screen, never
 * to a place in the list.
 */
@Route(value = "approvals", layout = MainLayout.class)
@PageTitle("Plumbline · approvals")
@PermitAll
public class ApprovalsView extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(ApprovalsView.class);

    /** From this tier on the beginning of the hash has to be typed: high. */
    private static final int TYPED_TIER = 4;

    /** Share of common words from which an earlier approval is worth a comparison. */
    private static final double SIMILAR = 0.4;

    private static final int SIMILAR_READ = 100;

    private static final String NOT_KNOWN = "not known: the search copy does not answer";

    /** Of the session, looked through for what was found about the call. */
    private static final int MAX_ALERTS = 200;

    private final transient LiveView live;
    private final transient Search search;
    private final transient Orders orders;
    private final transient FatigueGuard guard;
    private final transient Clock clock;
    private final transient Person person = SignedIn.person();
    private final Div fatigue = new Div();
    private transient Instant shownAt = Instant.EPOCH;
    private transient Optional<FatigueGuard.Pause> pause = Optional.empty();
    private transient List<NativeButton> approveButtons = List.of();
    private final transient SteadyRows<ApprovalRow> rows = new SteadyRows<>(ApprovalRow::id);
    private final Span waiting = new Span();
    private final NativeButton pill = new NativeButton();
    private final Div entries = new Div();
    private final Div answered = new Div();
    private final Div detail = new Div();
    private final transient Map<String, Entry> shown = new HashMap<>();
    private final transient Set<String> decided = new HashSet<>();
    private final transient Set<String> settled = new HashSet<>();
    private transient Optional<String> selected = Optional.empty();
    private transient Runnable unsubscribe = () -> {};
    private transient AtomicBoolean attached = new AtomicBoolean();
    private transient Optional<Span> deadline = Optional.empty();
    private transient List<String> shownPeople = List.of();

    private record Entry(NativeButton button, Span left, Span second, Span age) {}

    private enum Scope {
        ONCE,
        SESSION
    }

    public ApprovalsView(LiveView live, Search search, Orders orders, FatigueGuard guard, Clock clock) {
        this.guard = guard;
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
        answered.setId("answered");
        answered.addClassName("answered");
        queue.add(head, pill, entries, answered);
        detail.addClassName("detail");
        detail.setId("approval-detail");
        fatigue.setId("fatigue");
        fatigue.addClassName("fatigue");
        fatigue.getElement().setAttribute("role", "status");
        Keys keys = new Keys()
                .on("j", "next", () -> step(1))
                .on("k", "previous", () -> step(-1))
                .on("y", "approve once", () -> approve(Scope.ONCE))
                .on("s", "approve for the session", () -> approve(Scope.SESSION))
                .on("d", "deny with a reason", this::deny)
                .on("f", "freeze the session", this::freeze)
                .on("n", "show new ones", this::showNewest);
        add(keys, queue, detail);
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        rows.update(live.current().approvals());
        showNewest();
        showDetail();
        unsubscribe = live.subscribe(snapshot -> ui.access(() -> show(snapshot)));
        Thread.ofVirtual().name("answered").start(() -> tellAnswered(ui));
        // Deadlines count down although nothing else changes. Pushed and not asked for by the browser: what a browser
        // asks for counts as somebody who is there, and the session of an open page would never end for want of one.
        AtomicBoolean here = new AtomicBoolean(true);
        attached = here;
        Thread.ofVirtual().name("deadlines").start(() -> countDown(ui, here));
    }

    /** As it was when the page was opened. */
    private void tellAnswered(UI ui) {
        try {
            Instant now = clock.instant();
            PeriodFigures today = search.period(now.minus(Duration.ofDays(1)), now);
            long people = today.approvers().values().stream()
                    .mapToLong(Long::longValue)
                    .sum();
            String told = people == 0
                    ? "Nobody answered one in 24 hours"
                    : "Answered in 24 hours · " + people
                            + today.toDecision()
                                    .map(median -> " · median " + Parts.brief(median))
                                    .orElse("")
                            + today.accepted()
                                    .map(share -> " · accepted " + Math.round(share * 100) + " %")
                                    .orElse("");
            ui.access(() -> answered.setText(told));
        } catch (SearchUnavailableException | UIDetachedException e) {
            LOG.debug("what was answered is not told", e);
        }
    }

    private void countDown(UI ui, AtomicBoolean here) {
        try {
            while (here.get()) {
                Thread.sleep(Duration.ofSeconds(1));
                ui.access(this::tick);
            }
        } catch (UIDetachedException e) {
            LOG.debug("the approvals were left", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
        attached.set(false);
    }

    private void show(Snapshot snapshot) {
        rows.update(snapshot.approvals());
        Set<String> pending = new HashSet<>();
        for (ApprovalRow row : snapshot.approvals()) {
            pending.add(row.id());
            if (row.approvedBy().contains(person.name())) {
                // It counts and waits for somebody else; who gave it may still deny.
                decided.remove(row.id());
            }
        }
        shown.forEach((id, entry) -> entry.button().setClassName("gone", !pending.contains(id)));
        if (rows.rows().isEmpty()) {
            showNewest();
        }
        updateHead();
        tick();
        if (!shownPeople.equals(chosen().map(ApprovalRow::approvedBy).orElse(List.of()))) {
            showDetail();
        }
        // Once, also when the decision was this person's own: what became of it is known now.
        selected.filter(id -> !pending.contains(id) && settled.add(id)).ifPresent(id -> {
            decided.add(id);
            showDetail();
        });
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
        Asked asked = Asked.of(approval.tool(), approval.subject());
        NativeButton button = new NativeButton();
        button.addClassName("entry");
        button.getElement().setAttribute("type", "button");
        button.setId("approval-" + approval.id());
        Span left = Parts.text("", "mono", "tier", approval.tier());
        Span title = new Span(
                Parts.text(Parts.tierMark(approval.tier()) + approval.tier(), "tier", approval.tier()),
                Parts.said(" · " + asked.title(approval.tool()), 60));
        Span second = Parts.text(" · needs a second person", "warn-text");
        title.add(second);
        if (approval.degraded()) {
            title.add(Parts.text(" "), Parts.degraded());
        }
        Span age = Parts.text("", "mut");
        button.add(title, left, Parts.said(asked.act(), 70, "mono", "mut"), age);
        button.addClickListener(click -> choose(approval.id()));
        shown.put(approval.id(), new Entry(button, left, second, age));
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
        waiting.setText(
                !live.current().isRead()
                        ? "not known"
                        : number == 1 ? "1 agent is waiting" : number + " agents are waiting");
        pill.setVisible(rows.waiting() > 0);
        pill.setText(rows.waiting() + (rows.waiting() == 1 ? " new approval" : " new approvals") + " — press n");
    }

    private void tick() {
        Instant now = clock.instant();
        for (SteadyRows.Row<ApprovalRow> row : rows.rows()) {
            Entry entry = shown.get(row.value().id());
            if (entry != null) {
                entry.left().setText(left(row.value(), now));
                entry.second().setVisible(row.value().needsSecond());
                entry.age()
                        .setText(VisibleText.line(row.value().agent(), 20) + " · "
                                + Parts.age(Optional.of(row.value().at()), now));
            }
        }
        openApproving(now);
        deadline.ifPresent(chip -> chosen().ifPresent(row -> chip.setText(deadlineText(row, now))));
    }

    private static String left(ApprovalRow approval, Instant now) {
        return approval.deadline()
                .map(end -> now.isBefore(end) ? Parts.countdown(Duration.between(now, end)) : "timed out")
                .orElse("");
    }

    private static String deadlineText(ApprovalRow approval, Instant now) {
        return "asked " + Parts.age(Optional.of(approval.at()), now) + " ago · "
                + approval.deadline()
                        .map(end -> now.isBefore(end)
                                ? "deadline in " + Parts.countdown(Duration.between(now, end)) + ", then denied"
                                : "timed out: denied")
                        .orElse("no deadline");
    }

    private void step(int by) {
        List<String> ids = rows.rows().stream().map(row -> row.value().id()).toList();
        if (!ids.isEmpty()) {
            int at = selected.map(ids::indexOf).orElse(-1);
            choose(ids.get(Math.clamp(at + by, 0, ids.size() - 1)));
        }
    }

    private void choose(String id) {
        selected = Optional.of(id);
        highlight();
        showDetail();
    }

    private Optional<ApprovalRow> chosen() {
        return selected.flatMap(id -> rows.rows().stream()
                .map(SteadyRows.Row::value)
                .filter(row -> row.id().equals(id))
                .findFirst());
    }

    /** An approval opens when the pause of the person who looks at it is over. */
    private void openApproving(Instant now) {
        Duration left = pause.map(found -> Duration.between(now, shownAt.plus(found.length())))
                .orElse(Duration.ZERO);
        boolean closed = left.isPositive();
        approveButtons.forEach(button -> button.setEnabled(!closed));
        fatigue.setVisible(pause.isPresent());
        pause.ifPresent(found -> fatigue.setText(found.sentence()
                + (closed ? " Approving opens in " + (left.toSeconds() + 1) + " s." : " Take your time.")));
    }

    private boolean mayApprove() {
        return pause.map(found -> !clock.instant().isBefore(shownAt.plus(found.length())))
                .orElse(true);
    }

    private void showDetail() {
        detail.removeAll();
        shownAt = clock.instant();
        pause = guard.pause(person.name(), shownAt);
        approveButtons = List.of();
        deadline = Optional.empty();
        Optional<ApprovalRow> row = chosen();
        shownPeople = row.map(ApprovalRow::approvedBy).orElse(List.of());
        if (row.isEmpty()) {
            Div empty = new Div(live.current().emptiness("No agent waits for a decision."));
            empty.addClassName("empty");
            detail.add(empty);
            return;
        }
        ApprovalRow approval = row.get();
        Instant now = clock.instant();
        Span left = Parts.chip(deadlineText(approval, now));
        deadline = Optional.of(left);
        Asked asked = Asked.of(approval.tool(), approval.subject());
        H2 title = new H2(VisibleText.line(asked.title(approval.tool()), 80));
        title.getStyle().set("font-size", "17px");
        Div head = new Div(
                title,
                Parts.chip(
                        Parts.tierMark(approval.tier())
                                + approval.tier()
                                + (approval.tierNumber() >= TYPED_TIER ? " · typed confirmation" : ""),
                        approval.tierNumber() >= TYPED_TIER ? "bad" : approval.tierNumber() == 3 ? "warn" : "plain"),
                left);
        if (approval.degraded()) {
            head.add(Parts.degraded());
        }
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
                Parts.copyable(approval.subjectSha256(), 64));
        exactHead.addClassName("exact-head");
        var exact = Parts.exact(approval.subject());
        exact.setId("subject");
        detail.add(head, context, exactHead, exact, legend(approval.subject()));
        people(approval).ifPresent(detail::add);
        detail.add(fatigue, buttons(approval, now));
        detail.add(Parts.heading("Against the plan"), plan(approval));
        detail.add(Parts.heading("Expected footprint"), footprint(approval, asked.footprint()));
        similar(approval);
        openApproving(now);
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

    /** How the watcher's model finds the call beside the plan; what cannot be read is not told as nothing. */
    private Span fits(ApprovalRow approval) {
        Optional<AlertRow> offPlan;
        try {
            offPlan = approval.call().isEmpty()
                    ? Optional.empty()
                    : search.alerts(Optional.of(approval.session()), MAX_ALERTS).stream()
                            .filter(alert -> alert.kind().equals("off_plan")
                                    && alert.call().equals(approval.call()))
                            .findFirst();
        } catch (SearchUnavailableException e) {
            LOG.debug("what was found about call {} could not be read", approval.call(), e);
            return Parts.text(NOT_KNOWN, "warn-text");
        }
        return offPlan.map(alert -> Parts.said(alert.why().isEmpty() ? alert.title() : alert.why(), 300, "bad"))
                .orElseGet(() -> Parts.text("nothing says that it is off the plan", "mut"));
    }

    private DescriptionList plan(ApprovalRow approval) {
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
        Parts.fact(facts, "fits", fits(approval));
        if (!approval.call().isEmpty()) {
            Parts.fact(facts, "call", Parts.said(approval.call(), 80, "mono"));
        }
        return facts;
    }

    private static DescriptionList footprint(ApprovalRow approval, Footprint footprint) {
        DescriptionList facts = Parts.facts();
        facts.setId("footprint");
        if (!approval.expected().isEmpty()) {
            Parts.fact(facts, "by the watcher", Parts.said(approval.expected(), 400, "mono"));
        }
        Parts.fact(facts, "programs", words(footprint.programs()));
        Parts.fact(facts, "files", words(footprint.files()));
        Parts.fact(facts, "hosts", words(footprint.hosts()));
        List<String> unknown = Stream.concat(footprint.unknown().stream(), approval.uninspectable().stream())
                .distinct()
                .toList();
        if (!unknown.isEmpty()) {
            Parts.fact(facts, "cannot be told", Parts.said(String.join("; ", unknown), 600, "warn-text"));
        }
        return facts;
    }

    private static Span words(List<String> words) {
        return words.isEmpty() ? Parts.text("none named", "mut") : Parts.said(String.join(", ", words), 400, "mono");
    }

    /** What was decided about the last similar text that this tool was to run. */
    private void similar(ApprovalRow approval) {
        Optional<ApprovalRow> last;
        try {
            last = search.decidedApprovals(approval.tool(), SIMILAR_READ).stream()
                    .filter(row -> !row.id().equals(approval.id()))
                    .filter(row -> WordDiff.similarity(row.subject(), approval.subject()) >= SIMILAR)
                    .max(Comparator.comparing(ApprovalRow::at));
        } catch (SearchUnavailableException e) {
            LOG.debug("approvals like {} could not be read", approval.id(), e);
            detail.add(Parts.heading("Last similar approval"), Parts.text(NOT_KNOWN, "warn-text"));
            return;
        }
        if (last.isEmpty()) {
            detail.add(Parts.heading("Last similar approval"), Parts.text("none", "mut"));
            return;
        }
        ApprovalRow row = last.get();
        Pre difference = new Pre();
        difference.setId("similar");
        difference.addClassName("subject");
        for (WordDiff.Piece piece :
                WordDiff.of(row.subject(), approval.subject()).pieces()) {
            Span part = new Span();
            switch (piece.kind()) {
                case SAME -> {}
                case REMOVED -> part.addClassName("removed");
                case ADDED -> part.addClassName("added");
            }
            // As in the exact bytes: letters that imitate others differ here too.
            VisibleText.pieces(piece.text())
                    .forEach(text -> part.add(text.escaped() ? Parts.text(text.text(), "esc") : new Span(text.text())));
            difference.add(part);
        }
        detail.add(
                Parts.heading("Last similar approval, " + Parts.age(Optional.of(row.at()), clock.instant()) + " ago, "
                        + row.state()
                        + (row.decidedBy().isEmpty() ? "" : " by " + VisibleText.line(row.decidedBy(), 40))),
                difference);
    }

    private void freeze() {
        chosen().filter(row -> Parts.permitted(person, Permission.FREEZE)).ifPresent(row -> new ReasonDialog(
                        "Freeze the session",
                        "No instruction of session " + VisibleText.line(row.session(), 40)
                                + " runs any more until somebody thaws it.",
                        "Freeze the session",
                        "confirm-freeze",
                        reason -> switch (orders.order(Orders.Act.FREEZE, row.session(), reason, person)) {
                            case Outcome.Accepted accepted -> {
                                Notification.show("Freeze requested.");
                                live.poke();
                                yield "";
                            }
                            case Outcome.Refused refused -> refused.explanation();
                        })
                .open());
    }

    private Div buttons(ApprovalRow approval, Instant now) {
        Div acts = new Div();
        acts.addClassName("acts");
        if (decided.contains(approval.id()) || !approval.isPending(now)) {
            acts.add(Parts.chip(outcome(approval), "plain"));
            return acts;
        }
        if (approval.approvedBy().contains(person.name())) {
            acts.add(Parts.chip("approved by you; another person has to approve as well", "warn"));
        } else {
            List<NativeButton> approving = approving(approval);
            approving.forEach(button -> acts.add(Parts.permitted(button, person, Permission.DECIDE_APPROVALS)));
            // Those are opened when the pause is over.
            approveButtons = person.may(Permission.DECIDE_APPROVALS) ? approving : List.of();
        }
        NativeButton deny = Parts.button("Deny with a reason…", "deny", "deny", this::deny);
        deny.add(key("d"));
        NativeButton freeze = Parts.button("Freeze session…", "freeze", "", this::freeze);
        freeze.add(key("f"));
        acts.add(
                Parts.permitted(deny, person, Permission.DECIDE_APPROVALS),
                Parts.permitted(freeze, person, Permission.FREEZE));
        return acts;
    }

    private List<NativeButton> approving(ApprovalRow approval) {
        NativeButton once = Parts.button("Approve once…", "approve", "approve", () -> approve(Scope.ONCE));
        once.add(key("y"));
        if (approval.sessionSeconds() == 0) {
            return List.of(once);
        }
        NativeButton session =
                Parts.button("Approve for session…", "approve-session", "", () -> approve(Scope.SESSION));
        session.add(key("s"));
        return List.of(once, session);
    }

    /** Who has to approve, and who has; empty where one person is enough. */
    private static Optional<Div> people(ApprovalRow approval) {
        if (approval.peopleNeeded() < 2) {
            return Optional.empty();
        }
        Div people = new Div();
        people.setId("people");
        people.addClassName("fatigue");
        people.add(Parts.text("Two different people have to approve. "));
        if (approval.needsSecond()) {
            people.add(
                    Parts.said(String.join(", ", approval.approvedBy()), 100),
                    Parts.text(
                            approval.wantedSeconds() > 0
                                    ? " has approved for "
                                            + Parts.brief(Duration.ofSeconds(approval.wantedSeconds()))
                                            + "; for longer than once both have to want it."
                                    : " has approved once; the other person is still missing."));
        } else {
            people.add(Parts.text("Nobody has yet."));
        }
        return Optional.of(people);
    }

    private String outcome(ApprovalRow approval) {
        Optional<ApprovalRow> newest = newest(approval.id());
        String state = newest.map(ApprovalRow::state).orElse(approval.state());
        if (state.equals("pending")) {
            return approval.isPending(clock.instant()) ? "decision sent, not confirmed yet" : "timed out";
        }
        return spoken(state)
                + newest.map(ApprovalRow::decidedBy)
                        .filter(by -> !by.isEmpty())
                        .map(by -> " by " + VisibleText.line(by, 100))
                        .orElse("")
                + newest.flatMap(ApprovalRow::sessionUntil)
                        .map(until -> " · the same bytes until " + Parts.moment(until, clock.instant()))
                        .orElse("");
    }

    /** What became of it, in words. */
    private static String spoken(String state) {
        return switch (state) {
            case "approved" -> "approved";
            case "denied" -> "denied";
            case "timed_out" -> "timed out: denied, since nobody decided in time";
            case "reviewer_failed" -> "denied: the decision was about other bytes or named nobody";
            case "superseded" -> "denied: what was asked does not stand any more";
            default -> VisibleText.line(state.replace('_', ' '), 60);
        };
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

    private void approve(Scope scope) {
        if (!mayApprove() || !Parts.permitted(person, Permission.DECIDE_APPROVALS)) {
            return;
        }
        waiting()
                .filter(row -> !row.approvedBy().contains(person.name()))
                .filter(row -> scope == Scope.ONCE || row.sessionSeconds() > 0)
                .ifPresent(row -> askToApprove(row, scope));
    }

    private void deny() {
        waiting()
                .filter(row -> Parts.permitted(person, Permission.DECIDE_APPROVALS))
                .ifPresent(row -> new ReasonDialog(
                                "Deny",
                                bytes(row),
                                "Deny",
                                "confirm-deny",
                                reason -> decide(row, ApprovalAnswer.denied(reason)))
                        .open());
    }

    /** What is looked at, while an answer still counts. */
    private Optional<ApprovalRow> waiting() {
        return chosen().filter(row -> row.isPending(clock.instant()) && !decided.contains(row.id()));
    }

    private void askToApprove(ApprovalRow approval, Scope scope) {
        String typed = approval.tierNumber() >= TYPED_TIER ? code(approval) : "";
        if (scope == Scope.ONCE) {
            new ReasonDialog(
                            "Approve once",
                            bytes(approval),
                            "Approve once",
                            "confirm-approve",
                            typed,
                            reason -> decide(approval, ApprovalAnswer.once(reason)))
                    .open();
            return;
        }
        Choice lasting = new Choice("lasting", "Holds for", chosen -> {})
                .options(lasting(approval.sessionSeconds()))
                .value(Long.toString(approval.sessionSeconds()));
        Div scoped = new Div(Parts.text("Holds for "), lasting);
        scoped.addClassName("dialog-text");
        new ReasonDialog(
                        "Approve for the session",
                        "These bytes again, under policy "
                                + VisibleText.line(approval.policy() + " r" + approval.policyRevision(), 80)
                                + " and in this session only, while its risk stays below asking. " + bytes(approval),
                        "Approve for the session",
                        "confirm-approve-session",
                        typed,
                        reason -> decide(
                                approval,
                                ApprovalAnswer.forSession(Duration.ofSeconds(Long.parseLong(lasting.value())), reason)))
                .with(scoped)
                .open();
    }

    /** Usual times below the longest, and the longest; by seconds. */
    private static Map<String, String> lasting(long longest) {
        Map<String, String> labels = new LinkedHashMap<>();
        for (long seconds : List.of(300L, 900L, 3_600L, 14_400L, longest)) {
            if (seconds <= longest) {
                labels.put(Long.toString(seconds), Parts.brief(Duration.ofSeconds(seconds)));
            }
        }
        return labels;
    }

    private static String bytes(ApprovalRow approval) {
        return "sha256 "
                + approval.subjectSha256()
                        .substring(0, Math.min(12, approval.subjectSha256().length()))
                + "… · "
                + VisibleText.line(approval.subject(), 160);
    }

    /** The beginning of the hash of what would run. */
    private static String code(ApprovalRow approval) {
        return approval.subjectSha256()
                .substring(0, Math.min(4, approval.subjectSha256().length()));
    }

    private String decide(ApprovalRow approval, ApprovalAnswer answer) {
        return switch (orders.decide(approval.id(), answer, approval.subjectSha256(), person)) {
            case Outcome.Accepted accepted -> {
                decided.add(approval.id());
                guard.decided(person.name(), new FatigueGuard.Decided(shownAt, clock.instant(), answer.approved()));
                Notification.show((answer.approved() ? "Approval" : "Denial") + " is in the log.");
                showDetail();
                updateHead();
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }
}
