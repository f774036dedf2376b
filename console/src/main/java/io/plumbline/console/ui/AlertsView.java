package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.component.checkbox.Checkbox;
import com.vaadin.flow.component.dialog.Dialog;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Input;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.component.notification.Notification;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.data.value.ValueChangeMode;
import com.vaadin.flow.dom.Element;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import com.vaadin.flow.server.Command;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.live.Queues;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.TenantSuppression;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.OrderInFlight;
import io.plumbline.console.search.SuppressionRow;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.session.StatePill;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.Export;
import io.plumbline.console.triage.Fate;
import io.plumbline.console.triage.QueueQuery;
import io.plumbline.console.triage.QueueText;
import io.plumbline.console.triage.Words;
import io.plumbline.console.ui.Downloads.Named;
import io.plumbline.console.views.SavedViews;
import jakarta.annotation.security.PermitAll;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The triage queue: alerts by session and cause, the riskiest first. The address says which. A decision is bound to the cause and to
 * the version of it that the person saw, and is shown as recorded only when the record says so.
 */
@Route(value = "alerts", layout = MainLayout.class)
@PageTitle("Plumbline · alerts")
@PermitAll
public class AlertsView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    /** How long the values that filters offer stand before they are read again. */
    private static final Duration CHOICES_LIFE = Duration.ofMinutes(1);

    /** Until what filters offer is asked for again when it could not be read. */
    private static final Duration CHOICES_PAUSE = Duration.ofSeconds(2);

    /** Nothing is known yet. */
    private static final Search.CausePage NOTHING = new Search.CausePage(List.of(), -1);

    private static final Fate NOT_SENT = new Fate.Refused("not sent: the search copy does not answer");

    private static final Logger LOG = LoggerFactory.getLogger(AlertsView.class);

    /** Departed rows that are read one by one. */
    private static final int MAX_DEPARTED = 20;

    private final transient Queues queues;
    private final transient Search search;
    private final transient Orders orders;
    private final transient SavedViews views;
    private final transient AuditLog audit;
    private final transient Clock clock;
    private final transient PolicyActs policyActs;
    private final transient Person person = SignedIn.person();
    private final transient SteadyRows<CauseRow> rows = new SteadyRows<>(CauseRow::key);
    private final Grid<SteadyRows.Row<CauseRow>> grid = new Grid<>();
    private final NativeButton pill = new NativeButton();
    private final Span summary = new Span();
    private final RouterLink suppressions = new RouterLink();
    private final Div status = new Div();
    private final Div message = new Div();
    private final Div bulk = new Div();
    private final Input text = new Input();
    private final Element completions = new Element("datalist");
    private transient Instant choicesRead = Instant.EPOCH;

    /** Whether the values that filters offer are being read. */
    private transient boolean choosing;

    private final Map<String, Choice> filters = new LinkedHashMap<>();
    private final CauseDetail detail;
    private final transient Map<String, Sent> sent = new LinkedHashMap<>();
    /** By key, each as it was when it was marked. */
    private final transient Map<String, CauseRow> marked = new LinkedHashMap<>();

    private transient Map<String, List<String>> known = Map.of();
    private transient QueueQuery query = QueueQuery.WAITING;
    private transient Optional<String> selected = Optional.empty();
    private transient Search.CausePage shown = NOTHING;
    private transient Runnable unsubscribe = () -> {};

    /** Questions so far; the answer to an earlier one comes too late. */
    private transient long reads;

    /** A decision of this page; {@code event} is empty when it was not written. */
    private record Sent(String event, String word, Fate fate) {}

    public AlertsView(Queues queues, Search search, Orders orders, SavedViews views, AuditLog audit, Clock clock) {
        this.audit = audit;
        this.queues = queues;
        this.search = search;
        this.orders = orders;
        this.views = views;
        this.clock = clock;
        this.policyActs = new PolicyActs(search, orders, person, status::setText);
        addClassName("list-page");
        Map<String, Runnable> acts = Map.of(
                "a", this::take,
                "n", this::note,
                "v", this::verdict,
                "s", this::suppress,
                "o", this::reopen,
                "f", () -> act(Orders.Act.FREEZE),
                "t", () -> act(Orders.Act.THAW),
                "K", () -> act(Orders.Act.KILL),
                "i", this::isolate,
                "p", this::tighten);
        detail = new CauseDetail(acts, person);
        Keys keys = new Keys()
                .on("j", "next", () -> step(1))
                .on("k", "previous", () -> step(-1))
                .on("Enter", "open the session at the alert", () -> current().ifPresent(this::open))
                .on("a", "take it: acknowledge and assign to me", this::take)
                .on("v", "give a verdict", this::verdict)
                .on("n", "write a note", this::note)
                .on("s", "suppress", this::suppress)
                .on("o", "open again", this::reopen)
                .on("f", "freeze the session", () -> act(Orders.Act.FREEZE))
                .on("t", "thaw the session", () -> act(Orders.Act.THAW))
                .on("K", "kill the session", () -> act(Orders.Act.KILL))
                .on("i", "isolate the session's egress", this::isolate)
                .on("p", "tighten the session's policy", this::tighten)
                .on("x", "mark for an act on several", () -> selected.ifPresent(this::toggleMark))
                .on("r", "show new ones", this::showNewest)
                .on("/", "search", text::focus);
        add(keys, head(), filterBar(), bulk, message, body());
        status.setId("decision-status");
        status.getElement().setAttribute("role", "status");
        status.addClassName("decision-status");
        bulk.addClassName("bulk");
        bulk.setId("bulk");
        message.addClassName("empty");
        message.setId("queue-message");
    }

    private Div head() {
        summary.addClassName("mut");
        summary.setId("queue-summary");
        pill.addClassName("pill");
        pill.setId("new-rows");
        pill.addClickListener(click -> showNewest());
        suppressions.setRoute(SuppressionsView.class);
        suppressions.setId("suppressions-link");
        Div head = new Div(
                new H1("Alerts"),
                summary,
                pill,
                Parts.text("", "sp"),
                status,
                suppressions,
                download("CSV", "text/csv", "csv", Export::csv),
                download("JSON", "application/json", "json", Export::json));
        head.addClassName("page-head");
        return head;
    }

    private Anchor download(String label, String type, String ending, Function<List<CauseRow>, String> render) {
        return Downloads.text(label, "export-" + ending, type, () -> {
            QueueQuery asked = query;
            Downloads.permitted(audit.export(Permission.VIEW, "", "alerts", asked.address(), ending, person));
            Search.CausePage page = search.causes(asked, person.name(), clock.instant(), Search.MAX_RESULTS);
            return Named.list("alerts", ending, page.rows().size(), page.total(), render.apply(page.rows()));
        });
    }

    private Div filterBar() {
        Div bar = new Div();
        bar.addClassName("filters");
        text.setId("queue-text");
        text.setType("search");
        text.setPlaceholder("Search: words, agent.name:codex, -rule.id:files.deny");
        text.getElement().setAttribute("aria-label", "Search alerts");
        text.getElement().setAttribute("list", "queue-completions");
        text.getElement().setAttribute("autocomplete", "off");
        text.setValueChangeMode(ValueChangeMode.ON_CHANGE);
        text.addValueChangeListener(change -> {
            if (change.isFromClient()) {
                ask(with("q", change.getValue()));
            }
        });
        text.getElement()
                .addEventListener(
                        "input",
                        event -> complete(
                                event.getEventData().path("element.value").asString("")))
                .debounce(150)
                .addEventData("element.value");
        // Escape leaves the line, so that the page's keys work again.
        text.getElement().executeJs("this.addEventListener('keydown', e => { if (e.key === 'Escape') this.blur(); })");
        completions.setAttribute("id", "queue-completions");
        bar.add(text);
        bar.getElement().appendChild(completions);
        filter(bar, "state", "State");
        filter(bar, "severity", "Lowest severity");
        filter(bar, "kind", "Kind");
        filter(bar, "host", "Host");
        filter(bar, "agent", "Agent");
        filter(bar, "assignee", "Assignee");
        filter(bar, "hours", "Raised within");
        Choice saved = new Choice("views", "Saved views", address -> {
            if (!address.isEmpty()) {
                ask(QueueQuery.of(address.equals(" ") ? "" : address));
            }
        });
        filters.put("views", saved);
        bar.add(saved, Parts.button("Save view…", "save-view", "small", this::saveView));
        return bar;
    }

    private void filter(Div bar, String name, String label) {
        Choice choice = new Choice("filter-" + name, label, value -> ask(with(name, value)));
        filters.put(name, choice);
        bar.add(choice);
    }

    private Div body() {
        grid.setId("alerts");
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT);
        grid.setSelectionMode(Grid.SelectionMode.NONE);
        grid.getElement().setAttribute("aria-label", "Alerts");
        grid.setPartNameGenerator(row -> isCurrent(row.value()) ? "current" : null);
        grid.addComponentColumn(row -> mark(row.value()))
                .setHeader("")
                .setPartNameGenerator(row -> isCurrent(row.value()) ? "current-mark" : null)
                .setWidth("44px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.text(
                        Parts.tierMark(row.value().severity()) + row.value().severity(),
                        "tier",
                        row.value().severity()))
                .setHeader("Severity")
                .setWidth("104px")
                .setFlexGrow(0);
        grid.addColumn(row -> row.value().risk())
                .setHeader("Risk")
                .setWidth("60px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> what(row.value()))
                .setHeader("What was seen")
                .setFlexGrow(5);
        grid.addColumn(row -> VisibleText.line(row.value().agent(), 24))
                .setHeader("Agent")
                .setWidth("108px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> triage(row.value()))
                .setHeader("Triage")
                .setWidth("128px")
                .setFlexGrow(0);
        grid.addColumn(row -> Parts.age(Optional.of(row.value().first()), clock.instant()))
                .setHeader("Age")
                .setWidth("66px")
                .setFlexGrow(0);
        grid.addItemClickListener(click -> select(click.getItem().value().key()));
        grid.addItemDoubleClickListener(click -> open(click.getItem().value()));
        Div body = new Div(grid, detail);
        body.addClassName("queue-body");
        return body;
    }

    private boolean isCurrent(CauseRow cause) {
        return selected.filter(cause.key()::equals).isPresent();
    }

    private Component mark(CauseRow cause) {
        boolean isMarked = marked.containsKey(cause.key());
        // The grid's cell is what is focused; a control of its own in it would be a second, smaller target.
        Span mark = Parts.text(isMarked ? "☑" : "☐", "mark");
        mark.getElement().setAttribute("role", "img");
        mark.getElement().setAttribute("aria-label", isMarked ? "marked" : "not marked");
        mark.addClickListener(click -> toggleMark(cause.key()));
        return mark;
    }

    private static Div what(CauseRow cause) {
        Div cell = new Div(Parts.said(cause.title(), 100));
        if (cause.alerts() > 1) {
            cell.add(Parts.text(" ×" + cause.alerts(), "mut"));
        }
        Parts.evidence(cause).ifPresent(chip -> cell.add(Parts.text(" "), chip));
        cell.add(Parts.text("  "), Parts.said(cause.seen(), 160, "mono", "mut"));
        cell.addClassName("what");
        return cell;
    }

    private Span triage(CauseRow cause) {
        String pending = fate(cause.key());
        if (pending.startsWith("requested")) {
            return Parts.text(pending, "mut");
        }
        String words = Words.spoken(cause.status()) + (cause.assignee().isEmpty() ? "" : " · " + cause.assignee());
        return Parts.said(words, 40, cause.isOpen() ? "waits" : "mut");
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        query = QueueQuery.of(event.getLocation().getQueryParameters().getParameters());
        showFilters();
        read(event.getUI());
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
    }

    private QueueQuery with(String name, String value) {
        UnaryOperator<String> pick = field -> field.equals(name) ? value : current(field);
        return QueueQuery.of(Map.of(
                "state", List.of(pick.apply("state")),
                "severity", List.of(pick.apply("severity")),
                "kind", List.of(pick.apply("kind")),
                "host", List.of(pick.apply("host")),
                "agent", List.of(pick.apply("agent")),
                "assignee", List.of(pick.apply("assignee")),
                "hours", List.of(pick.apply("hours")),
                "q", List.of(pick.apply("q"))));
    }

    private String current(String field) {
        return switch (field) {
            case "state" -> query.state();
            case "severity" -> query.severity();
            case "kind" -> query.kind();
            case "host" -> query.host();
            case "agent" -> query.agent();
            case "assignee" -> query.assignee();
            case "hours" -> Long.toString(query.within());
            default -> query.text();
        };
    }

    private void ask(QueueQuery next) {
        query = next;
        String address = next.address();
        getUI().ifPresent(ui ->
                ui.getPage().getHistory().pushState(null, address.isEmpty() ? "alerts" : "alerts?" + address));
        selected = Optional.empty();
        // Nobody acts on the rows of another question.
        show(NOTHING);
        message.setVisible(false);
        showDetail();
        showFilters();
        getUI().ifPresent(this::read);
    }

    private void know(Map<String, List<String>> values) {
        known = Map.of(
                "agent.name", values.getOrDefault("agent", List.of()),
                "host.name", values.getOrDefault("host", List.of()),
                "user.name", values.getOrDefault("triage.assignee", List.of()),
                "rule.id", values.getOrDefault("clause", List.of()),
                "event.kind", QueueQuery.KINDS,
                "event.severity", QueueQuery.SEVERITIES,
                "plumbline.triage.verdict", Words.VERDICTS);
    }

    private void showFilters() {
        fill("state", QueueQuery.STATES, query.state(), word -> word.equals("waiting") ? "open or taken" : word);
        fill(
                "severity",
                any(QueueQuery.SEVERITIES),
                query.severity(),
                word -> word.isEmpty() ? "any severity" : "≥ " + word);
        fill("kind", any(QueueQuery.KINDS), query.kind(), word -> word.isEmpty() ? "any kind" : Words.spoken(word));
        fill("host", values("host.name", query.host()), query.host(), word -> word.isEmpty() ? "any host" : word);
        fill("agent", values("agent.name", query.agent()), query.agent(), word -> word.isEmpty() ? "any agent" : word);
        fill(
                "assignee",
                values("user.name", query.assignee()),
                query.assignee(),
                word -> word.isEmpty() ? "anybody" : word);
        fill("hours", List.of("0", "1", "8", "24", "168"), Long.toString(query.within()), word -> switch (word) {
            case "0" -> "any time";
            case "1" -> "last hour";
            case "168" -> "last 7 days";
            default -> "last " + word + " hours";
        });
        text.setValue(query.text());
        showViews();
    }

    private void showViews() {
        Map<String, String> labels = new LinkedHashMap<>();
        labels.put("", "views");
        for (SavedViews.View view : views.of(person.name())) {
            labels.put(
                    view.address().isEmpty() ? " " : view.address(),
                    view.name()
                            + (view.owner().equals(person.name())
                                    ? view.shared() ? " (shared)" : ""
                                    : " · " + view.owner()));
        }
        choice("views").options(labels).value("");
    }

    private Choice choice(String name) {
        return filters.getOrDefault(name, new Choice("", name, value -> {}));
    }

    private static List<String> any(List<String> words) {
        List<String> all = new ArrayList<>(List.of(""));
        all.addAll(words);
        return all;
    }

    private List<String> values(String field, String chosen) {
        Set<String> all = new LinkedHashSet<>(List.of(""));
        all.addAll(known.getOrDefault(field, List.of()));
        all.add(chosen);
        return List.copyOf(all);
    }

    private void fill(String name, List<String> options, String value, UnaryOperator<String> label) {
        Map<String, String> labels = new LinkedHashMap<>();
        options.forEach(option -> labels.put(option, VisibleText.line(label.apply(option), 40)));
        choice(name).options(labels).value(value);
        choice(name).setClassName("set", !value.isEmpty() && !value.equals("0") && !value.equals("waiting"));
    }

    private void complete(String line) {
        completions.removeAllChildren();
        QueueText.completions(line, known)
                .forEach(option -> completions.appendChild(new Element("option").setAttribute("value", option)));
    }

    /** Reads the list afresh and shows it: after a question, never after news. The page stands before that. */
    private void read(UI ui) {
        unsubscribe.run();
        QueueQuery asked = query;
        long number = ++reads;
        summary.setText("reading…");
        addClassName("loading");
        Thread.ofVirtual().name("queue-open").start(() -> {
            Command showing;
            try {
                Search.CausePage page = queues.read(asked, person.name());
                showing = () -> show(page);
            } catch (RuntimeException e) {
                LOG.warn("the queue could not be read", e);
                showing = () -> {
                    shown = NOTHING;
                    message.setVisible(true);
                    message.setText("The search copy does not answer. Nothing is known about alerts right now.");
                };
            }
            Command told = showing;
            try {
                ui.access(() -> {
                    if (number == reads && isAttached()) {
                        removeClassName("loading");
                        told.execute();
                        summarise();
                        follow(ui);
                        choose(ui);
                    }
                });
            } catch (UIDetachedException e) {
                LOG.debug("the queue was left", e);
            }
        });
    }

    /** What filters offer is the same for every question: nobody waits for it. */
    private void choose(UI ui) {
        if (!choosing && Duration.between(choicesRead, clock.instant()).compareTo(CHOICES_LIFE) > 0) {
            choosing = true;
            Thread.ofVirtual().name("queue-choices").start(() -> readChoices(ui));
        }
    }

    private void readChoices(UI ui) {
        try {
            long inForce = search.suppressionsInForce(clock.instant());
            Map<String, List<String>> values =
                    search.causeValues(List.of("agent", "host", "triage.assignee", "clause"));
            within(ui, () -> {
                choosing = false;
                choicesRead = clock.instant();
                know(values);
                showFilters();
                suppressions.setText(inForce == 0 ? "Suppressions" : inForce + " suppressed for all");
            });
        } catch (RuntimeException e) {
            LOG.debug("the choices of filters could not be read", e);
            CompletableFuture.delayedExecutor(CHOICES_PAUSE.toMillis(), TimeUnit.MILLISECONDS)
                    .execute(() -> within(ui, () -> {
                        choosing = false;
                        if (isAttached()) {
                            choose(ui);
                        }
                    }));
        }
    }

    private static void within(UI ui, Command command) {
        try {
            ui.access(command);
        } catch (UIDetachedException e) {
            LOG.debug("the queue was left", e);
        }
    }

    private void show(Search.CausePage page) {
        shown = page;
        marked.clear();
        rows.update(page.rows());
        showNewest();
        message.setVisible(page.rows().isEmpty());
        message.setText(
                query.equals(QueueQuery.WAITING) ? "No alert waits for anybody." : "No alert matches these filters.");
    }

    private void summarise() {
        long total = shown.total();
        summary.setText(
                total < 0
                        ? "not known"
                        : total
                                + (total == 1 ? " cause" : " causes")
                                + (total > Queues.MAX_ROWS ? ", the riskiest " + Queues.MAX_ROWS + " shown" : ""));
        pill.setVisible(rows.waiting() > 0);
        pill.setText(rows.waiting() + " new");
        bulk.removeAll();
        bulk.setVisible(!marked.isEmpty());
        if (!marked.isEmpty()) {
            bulk.add(
                    Parts.text(marked.size() + " marked"),
                    Parts.button("Take", "bulk-take", "small", this::take),
                    Parts.button("Verdict…", "bulk-verdict", "small", this::verdict),
                    Parts.button("Note…", "bulk-note", "small", this::note),
                    Parts.button("Suppress…", "bulk-suppress", "small", this::suppress),
                    Parts.button(
                            "Mark all " + Math.min(total, Search.MAX_RESULTS) + " that match",
                            "mark-all",
                            "small",
                            this::markAll),
                    Parts.button("Mark none", "mark-none", "small", () -> {
                        marked.clear();
                        grid.getListDataView().refreshAll();
                        summarise();
                    }));
        }
    }

    private void follow(UI ui) {
        unsubscribe.run();
        QueueQuery asked = query;
        unsubscribe = queues.follow(
                asked,
                person.name(),
                shown,
                page -> ui.access(() -> {
                    // What waited for the page's lock may answer a question that is not asked any more.
                    if (asked.equals(query)) {
                        news(page);
                    }
                }));
    }

    /** Changed rows change where they are; new ones wait behind the pill. */
    private void news(Search.CausePage page) {
        if (rows.rows().isEmpty()) {
            // Nobody points at an empty list.
            show(page);
        }
        shown = page;
        rows.update(page.rows()).forEach(this::refresh);
        rows.departed().stream()
                .limit(MAX_DEPARTED)
                .map(SteadyRows.Row::value)
                .forEach(row -> newest(row.session(), row.cause()));
        summarise();
    }

    private Optional<CauseRow> newest(String session, String cause) {
        try {
            Optional<CauseRow> newest = search.cause(session, cause);
            newest.flatMap(rows::replace).ifPresent(this::refresh);
            return newest;
        } catch (SearchUnavailableException e) {
            return Optional.empty();
        }
    }

    private void refresh(SteadyRows.Row<CauseRow> row) {
        grid.getListDataView().refreshItem(row);
        if (selected.filter(row.value().key()::equals).isPresent()) {
            showDetail();
        }
    }

    private void showNewest() {
        grid.setItems(rows.showNewest());
        if (current().isEmpty()) {
            selected = rows.rows().stream().findFirst().map(row -> row.value().key());
        }
        summarise();
        showDetail();
    }

    private Optional<CauseRow> current() {
        return selected.flatMap(this::row).map(SteadyRows.Row::value);
    }

    private Optional<SteadyRows.Row<CauseRow>> row(String key) {
        return rows.rows().stream().filter(row -> row.value().key().equals(key)).findFirst();
    }

    private void select(String key) {
        Optional<String> before = selected;
        selected = Optional.of(key);
        before.flatMap(this::row).ifPresent(grid.getListDataView()::refreshItem);
        row(key).ifPresent(grid.getListDataView()::refreshItem);
        showDetail();
    }

    private void step(int by) {
        List<SteadyRows.Row<CauseRow>> all = rows.rows();
        if (all.isEmpty()) {
            return;
        }
        int at = current()
                .map(cause ->
                        all.stream().map(row -> row.value().key()).toList().indexOf(cause.key()))
                .orElse(-1);
        int next = Math.clamp(at + by, 0, all.size() - 1);
        select(all.get(next).value().key());
        grid.scrollToIndex(Math.max(0, next - 4));
    }

    private void showDetail() {
        detail.show(current(), selected.map(this::fate).orElse(""), clock.instant());
    }

    private void toggleMark(String key) {
        row(key).ifPresent(row -> {
            if (marked.remove(key) == null) {
                marked.put(key, row.value());
            }
            grid.getListDataView().refreshItem(row);
        });
        summarise();
    }

    private void markAll() {
        try {
            search.causes(query, person.name(), clock.instant(), Search.MAX_RESULTS)
                    .rows()
                    .forEach(cause -> marked.put(cause.key(), cause));
        } catch (SearchUnavailableException e) {
            Notification.show("The search copy does not answer.");
        }
        grid.getListDataView().refreshAll();
        summarise();
    }

    private void open(CauseRow cause) {
        getUI().ifPresent(ui -> ui.navigate(
                SessionView.class,
                new RouteParameters("id", cause.session()),
                QueryParameters.of("at", cause.alert())));
    }

    private String about() {
        if (!marked.isEmpty()) {
            return marked.size() + (marked.size() == 1 ? " marked cause" : " marked causes");
        }
        return current().map(cause -> VisibleText.line(cause.title(), 140)).orElse("");
    }

    private boolean mayTriage() {
        return !(marked.isEmpty() && current().isEmpty()) && Parts.permitted(person, Permission.TRIAGE);
    }

    private void take() {
        if (mayTriage()) {
            deciding().accept(TriageDecision.acknowledge(person.name()));
        }
    }

    private void verdict() {
        if (mayTriage()) {
            VerdictDialog.verdict(about(), Words.VERDICTS.getFirst(), deciding())
                    .open();
        }
    }

    private void suppress() {
        if (mayTriage()) {
            VerdictDialog.suppression(
                            about(),
                            person.name(),
                            clock.instant(),
                            marked.isEmpty() ? current().flatMap(this::like) : Optional.empty(),
                            this::openLike,
                            new VerdictDialog.Suppressing(deciding(), this::suppressEverywhere))
                    .open();
        }
    }

    /** Empty also when the search copy does not answer: then only the cause itself can be suppressed. */
    private Optional<TenantSuppression.Scope> like(CauseRow cause) {
        try {
            return TenantSuppression.Scope.like(
                    cause,
                    search.session(cause.session())
                            .map(SessionSummary::workspace)
                            .orElse(""));
        } catch (SearchUnavailableException e) {
            return Optional.empty();
        }
    }

    private OptionalLong openLike(TenantSuppression.Scope scope) {
        try {
            return OptionalLong.of(search.openCausesLike(
                    scope.kind(),
                    scope.clause(),
                    scope.agent(),
                    TenantSuppression.SEVERITIES.subList(
                            0, TenantSuppression.SEVERITIES.indexOf(scope.highest()) + 1)));
        } catch (SearchUnavailableException e) {
            return OptionalLong.empty();
        }
    }

    private void suppressEverywhere(TenantSuppression suppression) {
        switch (orders.suppress(suppression, person)) {
            case Outcome.Refused refused -> status.setText("refused: " + refused.explanation());
            case Outcome.Accepted accepted -> {
                status.setText("requested: suppression");
                getUI().ifPresent(ui -> Watch.until(() -> {
                    Optional<SuppressionRow> record = search.suppression(accepted.event());
                    record.ifPresent(row -> ui.access(() -> {
                        status.setText(row.refused().isEmpty() ? "recorded: suppressed" : "refused: " + row.refused());
                        // How many there are stands beside.
                        choicesRead = Instant.EPOCH;
                        read(ui);
                    }));
                    return record.isPresent();
                }));
            }
        }
    }

    private void note() {
        reason("Note", TriageDecision::note);
    }

    private void reopen() {
        reason("Open again", TriageDecision::reopen);
    }

    private void reason(String title, Function<String, TriageDecision> decision) {
        if (mayTriage()) {
            Consumer<TriageDecision> decide = deciding();
            new ReasonDialog(title, about(), title, "confirm-triage", words -> {
                        decide.accept(decision.apply(words));
                        return "";
                    })
                    .open();
        }
    }

    private void act(Orders.Act act) {
        String title =
                switch (act) {
                    case FREEZE -> "Freeze the session";
                    case THAW -> "Thaw the session";
                    case KILL -> "Kill the session";
                };
        String what =
                switch (act) {
                    case FREEZE -> "no instruction of it runs any more until somebody thaws it.";
                    case THAW -> "it goes on where it stopped.";
                    case KILL ->
                        "its processes and its root file system are gone for good. Evidence is collected before.";
                };
        current().filter(cause -> Parts.permitted(person, act.permission())).ifPresent(cause -> new ReasonDialog(
                        title,
                        "Session " + VisibleText.line(cause.session(), 40) + ": " + what,
                        title,
                        "confirm-" + act.name().toLowerCase(Locale.ROOT),
                        words -> switch (orders.order(act, cause.session(), words, person)) {
                            case Outcome.Accepted accepted -> {
                                follow(act, cause, accepted.event());
                                yield "";
                            }
                            case Outcome.Refused refused -> refused.explanation();
                        })
                .open());
    }

    private void isolate() {
        current().ifPresent(cause -> policyActs.isolate(cause.session()));
    }

    private void tighten() {
        current().ifPresent(cause -> policyActs.tighten(cause.session()));
    }

    private void follow(Orders.Act act, CauseRow cause, String order) {
        String word = act.name().toLowerCase(Locale.ROOT);
        status.setText("requested: " + word);
        Optional<OrderInFlight> sent =
                Optional.of(new OrderInFlight(word, order, person.name(), "", Optional.of(clock.instant())));
        getUI().ifPresent(ui -> Watch.until(() -> search.session(cause.session())
                .map(session -> {
                    boolean done = session.isOver()
                            || session.hasRefused(order)
                            || switch (act) {
                                case FREEZE -> session.state().equals("frozen");
                                case THAW -> session.state().equals("running");
                                case KILL -> false;
                            };
                    String told = StatePill.of(session, done ? Optional.empty() : sent, clock.instant())
                            .text();
                    ui.access(() -> status.setText(told));
                    return done;
                })
                .orElse(true)));
    }

    private void decide(TriageDecision decision, List<CauseRow> targets) {
        marked.clear();
        grid.getListDataView().refreshAll();
        summarise();
        getUI().ifPresent(ui -> Thread.ofVirtual().name("triage").start(() -> send(ui, decision, targets)));
    }

    /** What is marked, else what is selected, as it is on the screen now: what comes meanwhile was not decided about. */
    private Consumer<TriageDecision> deciding() {
        List<CauseRow> targets = marked.isEmpty() ? current().stream().toList() : List.copyOf(marked.values());
        return decision -> decide(decision, targets);
    }

    /** One after the other, until one cannot be sent; what was sent before is followed all the same. */
    private void send(UI ui, TriageDecision decision, List<CauseRow> targets) {
        for (int i = 0; i < targets.size(); i++) {
            CauseRow cause = targets.get(i);
            try {
                Outcome outcome = orders.triage(cause, decision, person);
                within(ui, () -> took(cause, decision, outcome));
            } catch (RuntimeException e) {
                LOG.warn("a decision could not be sent", e);
                List<CauseRow> unsent = targets.subList(i, targets.size());
                within(ui, () -> couldNotSend(unsent, decision));
                break;
            }
        }
        Watch.until(() -> told(ui));
    }

    private void couldNotSend(List<CauseRow> unsent, TriageDecision decision) {
        for (CauseRow cause : unsent) {
            sent.put(cause.key(), new Sent("", decision.word(), NOT_SENT));
            row(cause.key()).ifPresent(this::refresh);
        }
        tell();
    }

    private void took(CauseRow cause, TriageDecision decision, Outcome outcome) {
        switch (outcome) {
            case Outcome.Accepted accepted ->
                sent.put(cause.key(), new Sent(accepted.event(), decision.word(), new Fate.Requested()));
            case Outcome.Refused refused ->
                sent.put(
                        cause.key(),
                        new Sent("", decision.word(), new Fate.Refused("refused: " + refused.explanation())));
        }
        row(cause.key()).ifPresent(this::refresh);
        tell();
    }

    /** Whether nothing is open any more. */
    private boolean told(UI ui) {
        Map<String, Sent> open = new LinkedHashMap<>();
        // The map belongs to the page; it is read under the page's lock.
        ui.accessSynchronously(() -> sent.forEach((key, order) -> {
            if (order.fate() instanceof Fate.Requested) {
                open.put(key, order);
            }
        }));
        open.forEach((key, order) -> {
            int slash = key.indexOf('/');
            search.cause(key.substring(0, slash), key.substring(slash + 1)).ifPresent(cause -> {
                Fate fate = Fate.of(order.event(), cause, clock.instant());
                if (!(fate instanceof Fate.Requested)) {
                    ui.access(() -> {
                        sent.put(key, new Sent(order.event(), order.word(), fate));
                        rows.replace(cause);
                        row(key).ifPresent(this::refresh);
                        tell();
                    });
                }
            });
        });
        return open.isEmpty();
    }

    private String fate(String key) {
        Sent order = sent.get(key);
        if (order == null) {
            return "";
        }
        return switch (order.fate()) {
            case Fate.Requested requested -> "requested: " + Words.spoken(order.word());
            case Fate.Recorded recorded -> "recorded: " + Words.spoken(recorded.word());
            case Fate.Refused refused -> refused.sentence();
        };
    }

    private void tell() {
        if (sent.size() == 1) {
            status.setText(fate(sent.keySet().iterator().next()));
            return;
        }
        long requested = sent.values().stream()
                .filter(order -> order.fate() instanceof Fate.Requested)
                .count();
        long refused = sent.values().stream()
                .filter(order -> order.fate() instanceof Fate.Refused)
                .count();
        long unsent = sent.values().stream()
                .filter(order -> order.fate().equals(NOT_SENT))
                .count();
        long recorded = sent.size() - requested - refused;
        status.setText(recorded + " recorded"
                + (requested == 0 ? "" : ", " + requested + " requested")
                + (refused == unsent ? "" : ", " + (refused - unsent) + " refused")
                + (unsent == 0 ? "" : ", " + unsent + " not sent: the search copy does not answer"));
    }

    private void saveView() {
        Dialog dialog = new Dialog();
        dialog.setHeaderTitle("Save this view");
        TextField name = new TextField("Name");
        name.setId("view-name");
        name.setMaxLength(SavedViews.MAX_NAME);
        name.setWidthFull();
        Checkbox shared = new Checkbox("Others see it too");
        shared.setId("view-shared");
        NativeButton save = Parts.button("Save", "confirm-view", "primary", () -> {
            try {
                String wrong = views.save(new SavedViews.View(
                        name.getValue().strip(), person.name(), shared.getValue(), query.address()));
                if (wrong.isEmpty()) {
                    dialog.close();
                    showViews();
                } else {
                    name.setInvalid(true);
                    name.setErrorMessage(wrong);
                }
            } catch (IOException e) {
                LOG.error("views cannot be kept", e);
                Notification.show("The view could not be kept.");
            }
        });
        NativeButton remove = Parts.button("Remove view of that name", "remove-view", "", () -> {
            try {
                views.remove(person.name(), name.getValue().strip());
                dialog.close();
                showViews();
            } catch (IOException e) {
                LOG.error("views cannot be kept", e);
                Notification.show("The view could not be removed.");
            }
        });
        dialog.add(name, shared);
        dialog.getFooter().add(remove, save);
        dialog.open();
        name.focus();
    }
}
