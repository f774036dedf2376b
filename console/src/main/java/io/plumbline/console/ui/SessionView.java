package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.HasDynamicTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import com.vaadin.flow.server.Command;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.evidence.EvidenceExport;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.masking.Masking;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.policy.PolicyHistory;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.search.Window;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.session.Contradiction;
import io.plumbline.console.session.SessionRecord;
import io.plumbline.console.session.StatePill;
import io.plumbline.console.session.TimelineModel;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.Fate;
import io.plumbline.console.triage.Words;
import io.plumbline.events.evidence.Verification;
import jakarta.annotation.security.PermitAll;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One session: the answer first (said, done, why it does not fit), then the evidence. {@code /session/{id}?at={event}} opens it at an
 * alert or an event, {@code ?at={time}} at the last event until then; {@code &from={time}&to={time}} is the piece of time that is drawn.
 * Times are those of {@link Instant#parse}.
 */
@Route(value = "session/:id", layout = MainLayout.class)
@PermitAll
public class SessionView extends Div implements BeforeEnterObserver, HasDynamicTitle {
    private static final long serialVersionUID = 1;

    /** Beyond it the search copy's nanoseconds have no room. */
    private static final Instant LATEST_MOMENT = Instant.parse("2262-01-01T00:00:00Z");

    private static final Logger LOG = LoggerFactory.getLogger(SessionView.class);

    // Reading a busy session costs a few thousand documents; its header is cheaper and follows at once.
    private static final Duration SHORTEST_REREAD = Duration.ofSeconds(2);

    /** From the last change of a session's document on: events that it counts are looked for so long. */
    private static final Duration LATEST_EVENTS = Duration.ofMinutes(2);

    private static final int MAX_ALIKE = 5;

    private static final int MAX_FINDINGS = 3;

    /** On either side of a moment that an address names without a piece of time. */
    private static final Duration AROUND = Duration.ofSeconds(15);

    private final transient LiveView live;
    private final transient Search search;
    private final transient Orders orders;
    private final transient EvidenceExport evidence;
    private final transient PolicyActs policyActs;
    private final transient Person person = SignedIn.person();
    private final Div policy = new Div();
    private final Div alike = new Div();
    private final Div policyTold = new Div();
    private final Div head = new Div();
    private final Section why = new Section();
    private final Timeline timeline = new Timeline();
    private final Span range = new Span();
    private final SessionTabs tabs;
    private final SessionSide side;
    private final Div body = new Div();
    private final AtomicBoolean reading = new AtomicBoolean();
    private transient String id = "";
    private transient Optional<String> at = Optional.empty();

    /** Of the address, until the event is known that was the last one then. */
    private transient Optional<Instant> moment = Optional.empty();

    private transient Optional<SessionRecord> shown = Optional.empty();
    private transient Optional<SessionSummary> summary = Optional.empty();
    private transient Optional<Window> window = Optional.empty();

    /** The piece of time that somebody chose to look at. */
    private transient Optional<Window> view = Optional.empty();

    private transient Optional<OrderInFlight> sent = Optional.empty();
    private transient Instant lastRead = Instant.EPOCH;
    private transient Instant lastChange = Instant.now();

    /** Number of the newest reading that was asked for; {@code newestRead} of the newest that is shown. */
    private transient long reads;

    private transient long newestRead;
    private transient boolean stale;

    /** Whether the sessions to compare with are on the page. */
    private transient boolean isCompared;

    /** Whether somebody looks again soon. */
    private transient boolean reminded;

    /** Whether the head is drawn again once an order is overdue. */
    private transient boolean awaiting;

    private transient Runnable unsubscribe = () -> {};

    public SessionView(
            LiveView live, Search search, Orders orders, Masking masking, AuditLog audit, EvidenceExport evidence) {
        this.live = live;
        this.search = search;
        this.orders = orders;
        this.evidence = evidence;
        this.tabs = new SessionTabs(search, masking, audit, person, this::select);
        this.side = new SessionSide(this::triage, person, this::check);
        this.policyActs = new PolicyActs(search, orders, person, this::tellPolicy);
        alike.setId("alike");
        policy.setId("policy");
        policyTold.setId("policy-status");
        policyTold.getElement().setAttribute("role", "status");
        head.addClassNames("page-head", "session-head");
        why.addClassName("why");
        why.setId("why");
        why.getElement().setAttribute("aria-label", "Said, done, why it does not fit");
        timeline.onSelect(this::select);
        timeline.onWindow(this::look);
        Div bar = new Div(new H2("Timeline"));
        bar.addClassName("bar");
        range.addClassName("mono");
        bar.add(
                Parts.button("all", "timeline-fit", "small", timeline::fit),
                Parts.button("deviations", "timeline-deviations", "small", timeline::focusDeviations),
                Parts.text("", "sp"),
                range,
                Parts.button("−", "timeline-out", "small", () -> timeline.zoom(1.6)),
                Parts.button("+", "timeline-in", "small", () -> timeline.zoom(0.6)));
        Div box = new Div(bar, timeline);
        box.addClassName("box");
        Div left = new Div(box, tabs);
        left.addClassName("left");
        body.addClassName("row");
        body.add(left, side);
        Keys keys = new Keys()
                .on("1", "true positive", () -> triageWorst("true_positive"))
                .on("2", "benign", () -> triageWorst("benign"))
                .on("3", "expected by policy", () -> triageWorst("expected_by_policy"))
                .on("a", "assign to me", () -> triageWorst(Words.ACKNOWLEDGED))
                .on("f", "freeze", () -> ask(Orders.Act.FREEZE))
                .on("t", "thaw", () -> ask(Orders.Act.THAW))
                .on("K", "kill", () -> ask(Orders.Act.KILL))
                .on("i", "isolate egress", () -> policyActs.isolate(id))
                .on("p", "tighten the policy", () -> policyActs.tighten(id));
        add(keys, head, why, body);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        id = event.getRouteParameters().get("id").orElse("");
        // The page may have shown another session; what is still being read of that one is not shown here.
        newestRead = ++reads;
        window = Optional.empty();
        QueryParameters query = event.getLocation().getQueryParameters();
        sent = Optional.empty();
        moment = query.getSingleParameter("at").flatMap(SessionView::moment);
        at = moment.isPresent() ? Optional.empty() : query.getSingleParameter("at");
        view = query.getSingleParameter("from")
                .flatMap(SessionView::moment)
                .flatMap(from -> query.getSingleParameter("to")
                        .flatMap(SessionView::moment)
                        .filter(from::isBefore)
                        .map(to -> new Window(from, to)))
                .or(() -> moment.map(middle -> new Window(middle.minus(AROUND), middle.plus(AROUND))));
        timeline.open(id + " " + newestRead, view);
        shown = Optional.empty();
        summary = Optional.empty();
        stale = false;
        isCompared = false;
        alike.removeAll();
        lastRead = Instant.now();
        lastChange = lastRead;
        showMessage("Reading session " + VisibleText.line(id, 40) + "…");
        head.addClassName("loading");
        // The page stands before its content is read.
        read(event.getUI());
    }

    /** A time of the years that the search copy can hold; empty for any other text. */
    private static Optional<Instant> moment(String text) {
        try {
            return Optional.of(Instant.parse(text))
                    .filter(time -> time.isAfter(Instant.EPOCH) && time.isBefore(LATEST_MOMENT));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    private Optional<List<SessionSummary>> alike(SessionSummary session) {
        try {
            return Optional.of(search.alike(session, MAX_ALIKE));
        } catch (RuntimeException e) {
            // The page is worth showing without them; the next reading asks again.
            LOG.debug("sessions like {} could not be read", session.session(), e);
            return Optional.empty();
        }
    }

    /** Others to hold it against; as they were when the page was opened. */
    private void showAlike(SessionSummary session, List<SessionSummary> others) {
        isCompared = true;
        alike.removeAll();
        alike.add(Parts.heading("Compare with"));
        if (others.isEmpty()) {
            alike.add(Parts.text("no other session of this task or repository", "mut"));
        }
        Instant now = Instant.now();
        for (SessionSummary other : others) {
            RouterLink link = new RouterLink(
                    VisibleText.line(other.session(), 60),
                    CompareView.class,
                    new RouteParameters(Map.of("a", id, "b", other.session())));
            alike.add(new Div(
                    link,
                    Parts.said(
                            " · " + (other.task().equals(session.task()) ? "same task" : "same repository") + " · "
                                    + other.state() + " · risk " + other.risk() + " · "
                                    + Parts.age(other.started(), now),
                            120,
                            "mut")));
        }
    }

    @Override
    public String getPageTitle() {
        return "Plumbline · session " + VisibleText.line(id, 40);
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        unsubscribe = live.subscribe(snapshot -> follow(ui, snapshot));
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
    }

    /** On the live view's thread: decide cheaply whether something changed, read beside it. */
    private void follow(UI ui, Snapshot snapshot) {
        Optional<SessionSummary> newest = snapshot.session(id);
        newest.ifPresent(row -> ui.access(() -> {
            // Another session may have been entered meanwhile.
            if (row.session().equals(id) && summary.filter(row::equals).isEmpty()) {
                stale = true;
                lastChange = Instant.now();
                if (shown.isPresent()) {
                    showHead(row);
                }
            }
        }));
        ui.access(() -> rereadWhenStale(ui));
    }

    /** At once, or when the last reading is long enough ago: no further snapshot may come that would remind of it. */
    private void rereadWhenStale(UI ui) {
        // Of a page that was left nobody looks at what is read: it would go on until the search copy answers.
        if (!stale || !isAttached()) {
            return;
        }
        if (Duration.between(lastRead, Instant.now()).compareTo(SHORTEST_REREAD) > 0) {
            reread(ui);
        } else if (!reminded) {
            reminded = true;
            CompletableFuture.delayedExecutor(SHORTEST_REREAD.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> within(ui, () -> {
                        reminded = false;
                        rereadWhenStale(ui);
                    }));
        }
    }

    private void within(UI ui, Command what) {
        try {
            ui.access(what);
        } catch (UIDetachedException e) {
            LOG.debug("the page of session {} was left", id, e);
        }
    }

    private void reread(UI ui) {
        if (!reading.compareAndSet(false, true)) {
            return;
        }
        stale = false;
        lastRead = Instant.now();
        Reading first = new Reading(ui);
        Thread.ofVirtual().name("session-read").start(() -> {
            try {
                first.run();
            } finally {
                reading.set(false);
                // What changed while it was read.
                within(ui, () -> rereadWhenStale(ui));
            }
        });
        // Events become visible a moment after the session's own document.
        CompletableFuture.delayedExecutor(SHORTEST_REREAD.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> within(ui, () -> {
                    if (isAttached()) {
                        read(ui);
                    }
                }));
    }

    private void read(UI ui) {
        Thread.ofVirtual().name("session-read").start(new Reading(ui));
    }

    /** One reading of what the page is about when it is asked for, with the page's lock. The newest that was asked for and answered is shown. */
    private final class Reading implements Runnable {
        private final UI ui;
        private final long number = ++reads;
        private final String session = id;
        private final Optional<Window> piece = window;
        private final Optional<String> event = at;
        private final Optional<Instant> then = moment;
        private final boolean comparing = !isCompared;

        Reading(UI ui) {
            this.ui = ui;
        }

        @Override
        public void run() {
            try {
                Optional<String> selected = then.flatMap(time -> search.eventAt(session, time))
                        .map(TimelineEvent::id)
                        .or(() -> event);
                Optional<SessionRecord> record = SessionRecord.read(search, session, piece, selected);
                Optional<List<SessionSummary>> others =
                        record.filter(read -> comparing).flatMap(read -> alike(read.summary()));
                within(ui, () -> {
                    if (!session.equals(id) || number <= newestRead) {
                        return;
                    }
                    newestRead = number;
                    if (record.isPresent()) {
                        // Somebody may have chosen another event meanwhile.
                        if (then.isPresent() && then.equals(moment)) {
                            moment = Optional.empty();
                            at = selected;
                        }
                        others.ifPresent(found -> showAlike(record.get().summary(), found));
                        showRead(ui, record.get());
                    } else if (shown.isEmpty()) {
                        showMessage("There is no such session.");
                    }
                });
            } catch (RuntimeException e) {
                if (e instanceof SearchUnavailableException) {
                    // Every page reads again and again until it answers; the layout says so.
                    LOG.debug("session {} could not be read", session, e);
                } else {
                    LOG.warn("session {} could not be read", session, e);
                }
                within(ui, () -> {
                    if (!session.equals(id)) {
                        return;
                    }
                    if (shown.isEmpty()) {
                        showMessage("The search copy does not answer. Nothing is known about this session right now.");
                    }
                    // What is shown stays; the layout says that the search copy does not answer.
                    stale = true;
                    rereadWhenStale(ui);
                });
            }
        }
    }

    private void showRead(UI ui, SessionRecord record) {
        show(record);
        if (record.isBehind() && Duration.between(lastChange, Instant.now()).compareTo(LATEST_EVENTS) < 0) {
            // The session may have come to rest: no snapshot would remind of what is still on its way.
            stale = true;
            rereadWhenStale(ui);
        }
    }

    /** Reads the kernel's events of a piece of time, where not all of the session's are drawn. */
    private void look(double fromMs, double toMs) {
        Window piece = new Window(
                Instant.ofEpochMilli((long) Math.min(fromMs, toMs)),
                Instant.ofEpochMilli((long) Math.max(fromMs, toMs) + 1));
        view = Optional.of(piece);
        tellAddress();
        if (shown.flatMap(SessionRecord::density).isPresent()) {
            window = view;
            getUI().ifPresent(this::read);
        }
    }

    /** The address can be passed on; nothing is loaded again. */
    private void tellAddress() {
        String query = Stream.of(
                        at.map(event -> "at=" + encode(event)),
                        view.map(piece -> "from=" + encode(piece.from().toString())),
                        view.map(piece -> "to=" + encode(piece.to().toString())))
                .flatMap(Optional::stream)
                .collect(Collectors.joining("&"));
        getUI().ifPresent(ui -> ui.getPage()
                .getHistory()
                .replaceState(null, "session/" + encode(id) + (query.isEmpty() ? "" : "?" + query)));
    }

    private void showMessage(String sentence) {
        head.removeAll();
        head.removeClassName("loading");
        head.add(new H1(sentence));
        why.setVisible(false);
        body.setVisible(false);
    }

    private void show(SessionRecord record) {
        shown = Optional.of(record);
        body.setVisible(true);
        showHead(record.summary());
        showWhy(record);
        timeline.show(TimelineModel.of(record));
        range.setText(range(record.summary()));
        tabs.show(record, at);
        showPolicy(record);
        showSelection(record);
    }

    private void showSelection(SessionRecord record) {
        Optional<AlertRow> alert = selectedAlert(record);
        timeline.select(alert.flatMap(row -> row.evidence().stream().findFirst())
                .or(() -> at)
                .orElse(""));
        side.show(record, at, alert);
        side.add(AlertReasons.of(search, alert), policy, taking(), alike);
    }

    private void showPolicy(SessionRecord record) {
        SessionSummary session = record.summary();
        policy.removeAll();
        DescriptionList facts = Parts.facts();
        PolicyHistory.of(record.claims()).revisions().reversed().stream()
                .limit(5)
                .forEach(revision -> Parts.fact(
                        facts,
                        revision.number() == 0 ? "r?" : "r" + revision.number(),
                        Parts.said(
                                revision.told(Instant.now())
                                        + (revision.by().isEmpty() ? "" : " · " + revision.by())
                                        + (revision.reason().isEmpty() ? "" : " · “" + revision.reason() + "”"),
                                240)));
        policy.add(Parts.heading("Policy"), facts);
        if (!session.isOver() && session.policyConfirmed()) {
            NativeButton isolate = Parts.button("Isolate egress…", "isolate", "", () -> policyActs.isolate(id));
            isolate.add(ApprovalsView.key("i"));
            NativeButton tighten = Parts.button("Tighten policy…", "tighten", "", () -> policyActs.tighten(id));
            tighten.add(ApprovalsView.key("p"));
            Div acts = new Div(
                    Parts.permitted(isolate, person, Permission.TIGHTEN_POLICY),
                    Parts.permitted(tighten, person, Permission.TIGHTEN_POLICY));
            acts.addClassName("acts");
            policy.add(acts);
        }
        policy.add(policyTold);
    }

    /** What can be taken away from here: the report to read, the evidence to keep. */
    private Div taking() {
        RouterLink report = new RouterLink("Report", SessionReportView.class, new RouteParameters("id", id));
        report.setId("session-report");
        Div taking = new Div(Parts.heading("Take away"), report, Parts.text(" · "));
        if (person.may(Permission.EXPORT_EVIDENCE)) {
            taking.add(Downloads.anchor("Evidence bundle", "evidence-bundle", event -> {
                Downloads.permitted(evidence.begin(id, person));
                evidence.deliver(id, person, bytes -> {
                    event.setFileName(EvidenceExport.fileName(id));
                    event.setContentType("application/zip");
                    event.setContentLength(bytes);
                    return event.getOutputStream();
                });
            }));
        } else {
            taking.add(Parts.text(Permission.EXPORT_EVIDENCE.refusal(), "mut"));
        }
        return taking;
    }

    /** Reads the whole session in the log, as a bundle of it would be made and verified. */
    private void check(Div target) {
        String session = id;
        LogWork.beside(target, () -> {
            Verification checked;
            try {
                checked = evidence.check(session, person);
            } catch (IOException e) {
                throw new EventLogException(String.valueOf(e.getMessage()), e);
            }
            return () -> {
                checked.chains()
                        .forEach(log -> target.add(new Div(
                                Parts.text("%s %,d links · head ".formatted(log.topic(), log.links())),
                                Parts.copyable(log.head(), 8))));
                checked.findings().stream()
                        .limit(MAX_FINDINGS)
                        .forEach(finding -> target.add(new Div(Parts.said("✗ " + finding, 240, "bad"))));
                if (checked.findings().size() > MAX_FINDINGS) {
                    target.add(new Div("and " + (checked.findings().size() - MAX_FINDINGS) + " more"));
                }
                if (checked.isIntact()) {
                    target.add(new Div("✓ whole, each record as its hash says"));
                }
            };
        });
    }

    private void tellPolicy(String sentence) {
        policyTold.setText(sentence);
        stale = true;
        // The session's own document may stay as it is, and then nobody else asks for this.
        getUI().ifPresent(this::reread);
    }

    private Optional<AlertRow> selectedAlert(SessionRecord record) {
        return at.flatMap(event -> record.alerts().stream()
                .filter(alert -> alert.id().equals(event) || alert.evidence().contains(event))
                .findFirst());
    }

    private static String range(SessionSummary session) {
        return session.started()
                        .map(start -> Parts.moment(start).substring(0, 19))
                        .orElse("")
                + session.lastSeen()
                        .map(end -> " — " + Parts.moment(end).substring(11))
                        .orElse("");
    }

    private void showHead(SessionSummary session) {
        summary = Optional.of(session);
        // The page's own order is only a placeholder until the search copy knows of it or the runtime has answered.
        if (session.requested().isPresent() || session.ordered().isPresent() || fulfilled(session)) {
            sent = Optional.empty();
        }
        head.removeAll();
        head.removeClassName("loading");
        H1 title = new H1();
        title.add(
                Parts.said(session.task().isEmpty() ? "No task was assigned" : session.task(), 90),
                Parts.said(" · " + String.join(" · ", present(session.workspace(), session.agentLabel())), 90, "mut"));
        List<String> where = present(
                session.host(),
                session.runtime(),
                session.policy().isEmpty()
                        ? ""
                        : "policy " + session.policy() + " r" + session.policyRevision()
                                + (session.policyConfirmed() ? " (confirmed)" : " (not confirmed)"),
                session.policyRefused()
                        .map(refused -> "r" + refused.revision() + " refused: " + refused.reason())
                        .orElse(""));
        Div names = new Div(
                title,
                Parts.copyable(session.session(), 60),
                Parts.said(" · " + String.join(" · ", where), 160, "mono", "mut"));
        StatePill pill = StatePill.of(session, sent, Instant.now());
        if (pill.isWaiting()) {
            showHeadWhenOverdue();
        }
        Span state = Parts.chip(pill.text(), pill.tone());
        state.setId("session-state");
        state.getElement().setAttribute("data-state", session.state());
        state.getElement().setAttribute("role", "status");
        if (!session.stateReason().isEmpty()) {
            state.setTitle(VisibleText.line(session.stateReason(), 300));
        }
        Span evidence = session.isComplete()
                ? Parts.chip("evidence complete · 0 dropped", "ok")
                : Parts.chip(
                        "evidence incomplete · " + session.missing() + " missing · " + session.dropped() + " dropped",
                        "bad");
        evidence.setId("evidence-state");
        Div states = new Div();
        states.addClassName("states");
        if (session.degraded()) {
            states.add(Parts.degraded());
        }
        states.add(state, evidence);
        if (!session.isOver()) {
            if (session.state().equals("frozen")) {
                states.add(orderButton("Thaw…", "thaw", "", "t", Orders.Act.THAW));
            } else {
                states.add(orderButton("Freeze…", "freeze", "primary", "f", Orders.Act.FREEZE));
            }
            states.add(orderButton("Kill…", "kill", "kill", "K", Orders.Act.KILL));
        }
        head.add(names, states);
    }

    /** A session that tells nothing more makes no snapshot that would remind of an order it does not confirm. */
    private void showHeadWhenOverdue() {
        getUI().filter(ui -> !awaiting).ifPresent(ui -> {
            awaiting = true;
            CompletableFuture.delayedExecutor(StatePill.OVERDUE.toMillis() + 1_000, TimeUnit.MILLISECONDS)
                    .execute(() -> within(ui, () -> {
                        awaiting = false;
                        summary.ifPresent(this::showHead);
                    }));
        });
    }

    private boolean fulfilled(SessionSummary session) {
        return sent.map(order -> session.isOver()
                        || session.hasRefused(order.id())
                        || switch (order.action()) {
                            case "freeze" -> session.state().equals("frozen");
                            case "thaw" -> session.state().equals("running");
                            default -> false;
                        })
                .orElse(false);
    }

    private static List<String> present(String... parts) {
        return List.of(parts).stream().filter(part -> !part.isBlank()).toList();
    }

    private NativeButton orderButton(String label, String buttonId, String kind, String keys, Orders.Act act) {
        NativeButton button = Parts.button(label, buttonId, kind, () -> ask(act));
        button.add(ApprovalsView.key(keys));
        return Parts.permitted(button, person, act.permission());
    }

    private void showWhy(SessionRecord record) {
        why.removeAll();
        Optional<Contradiction> contradiction =
                Contradiction.of(record, selectedAlert(record).map(AlertRow::id));
        why.setVisible(contradiction.isPresent());
        contradiction.ifPresent(found -> why.add(said(found), done(found), reasons(found)));
    }

    private static Div column(String heading) {
        return new Div(new H2(heading));
    }

    private static Div line(Component... parts) {
        Div line = new Div(parts);
        line.addClassName("line");
        return line;
    }

    private static Div said(Contradiction found) {
        Div said = column("Said");
        said.add(line(Parts.said("Task: “" + found.task() + "”", 300)));
        if (found.plan().isEmpty()) {
            said.add(line(Parts.text("No plan was announced.", "mut")));
        }
        found.plan().stream().limit(4).forEach(step -> said.add(line(Parts.said("Plan: “" + step + "”", 160))));
        found.statedReason()
                .ifPresent(reason ->
                        said.add(line(Parts.said("Reason given for the call: “" + reason + "”", 240, "mut"))));
        return said;
    }

    private static Div done(Contradiction found) {
        Div done = column("Done");
        found.command().ifPresent(command -> done.add(line(Parts.said(command, 400, "mono", "bad"))));
        found.seen().stream().limit(4).forEach(seen -> done.add(line(Parts.said(seen, 240, "mut"))));
        return done;
    }

    private static Div reasons(Contradiction found) {
        Div reasons = column("Why it does not fit");
        found.reasons()
                .forEach(reason -> reasons.add(
                        line(Parts.said(reason.sentence(), 240), Parts.said(reason.chip(), 80, "chip", "clause"))));
        return reasons;
    }

    private void select(String event) {
        moment = Optional.empty();
        at = Optional.of(event);
        shown.ifPresent(record -> {
            showSelection(record);
            if (selectedAlert(record).isPresent()) {
                showWhy(record);
            }
            tabs.select(event);
            if (record.event(event).isEmpty() && selectedAlert(record).isEmpty()) {
                // From a list of all events: what is drawn is a part of them.
                getUI().ifPresent(this::read);
            }
        });
        tellAddress();
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private void ask(Orders.Act act) {
        if (summary.filter(SessionSummary::isOver).isPresent() || summary.isEmpty()) {
            return;
        }
        if (!Parts.permitted(person, act.permission())) {
            return;
        }
        String title =
                switch (act) {
                    case FREEZE -> "Freeze the session";
                    case THAW -> "Thaw the session";
                    case KILL -> "Kill the session";
                };
        String explanation =
                switch (act) {
                    case FREEZE -> "No instruction of it runs any more until somebody thaws it. Memory and files stay.";
                    case THAW -> "It goes on where it stopped.";
                    case KILL ->
                        "Its processes and its root file system are gone for good. Evidence is collected before.";
                };
        String word = act.name().toLowerCase(Locale.ROOT);
        String session = id;
        new ReasonDialog(title, explanation, title, "confirm-" + word, reason -> give(act, session, word, reason))
                .open();
    }

    private String give(Orders.Act act, String session, String word, String reason) {
        return switch (orders.order(act, session, reason, person)) {
            case Outcome.Accepted accepted -> {
                sent = Optional.of(
                        new OrderInFlight(word, accepted.event(), person.name(), reason, Optional.of(Instant.now())));
                summary.ifPresent(this::showHead);
                live.poke();
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }

    private void triage(AlertRow alert, String word) {
        if (!Parts.permitted(person, Permission.TRIAGE)) {
            return;
        }
        if (word.equals(Words.ACKNOWLEDGED)) {
            decide(alert, TriageDecision.acknowledge(person.name()));
        } else {
            VerdictDialog.verdict(VisibleText.line(alert.title(), 140), word, decision -> decide(alert, decision))
                    .open();
        }
    }

    private void triageWorst(String word) {
        shown.flatMap(record -> selectedAlert(record)
                        .or(() -> record.worstFirst().stream().findFirst()))
                .ifPresent(alert -> triage(alert, word));
    }

    private void decide(AlertRow alert, TriageDecision decision) {
        Outcome outcome;
        try {
            Optional<CauseRow> cause = search.cause(alert.session(), alert.cause());
            if (cause.isEmpty()) {
                tell("The search copy does not know this alert yet.");
                return;
            }
            // Made on what this page shows, not on what came meanwhile.
            outcome = orders.triage(cause.get().seenAt(alert.version(), alert.at()), decision, person);
        } catch (RuntimeException e) {
            LOG.warn("a decision could not be sent", e);
            tell("not sent: the search copy does not answer");
            return;
        }
        switch (outcome) {
            case Outcome.Accepted accepted -> {
                tell("requested: " + Words.spoken(decision.word()));
                getUI().ifPresent(ui -> Watch.until(() -> told(ui, alert, accepted.event())));
            }
            case Outcome.Refused refused -> tell("refused: " + refused.explanation());
        }
    }

    private boolean told(UI ui, AlertRow alert, String event) {
        Optional<Fate> fate = search.cause(alert.session(), alert.cause())
                .map(cause -> Fate.of(event, cause, Instant.now()))
                .filter(answer -> !(answer instanceof Fate.Requested));
        fate.ifPresent(answer -> ui.access(() -> {
            tell(answer instanceof Fate.Refused refused ? refused.sentence() : "recorded");
            reread(ui);
        }));
        return fate.isPresent();
    }

    private void tell(String sentence) {
        side.tell(sentence);
        shown.ifPresent(this::showSelection);
    }
}
