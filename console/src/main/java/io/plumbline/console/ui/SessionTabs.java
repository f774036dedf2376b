package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableCell;
import com.vaadin.flow.component.html.NativeTableHeaderCell;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Span;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.masking.Masking;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.FileUse;
import io.plumbline.console.search.HostUse;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.session.SessionRecord;
import io.plumbline.console.session.WorkspaceDiff;
import io.plumbline.console.text.VisibleText;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deviations, files, egress, workspace changes and raw events of a session. Lists of events are read while somebody scrolls. */
class SessionTabs extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(SessionTabs.class);
    private static final int PAGE = 50;

    /** Characters of one document that are shown; an event has at most 256 KiB. */
    private static final int MAX_DOCUMENT = 512 * 1024;

    private static final int MAX_DIFF_LINES = 2_000;

    /** Paths that are counted; the rarest ones of a session with more are left to the search. */
    private static final int MAX_PATHS = 1_000;

    private enum Tab {
        DEVIATIONS,
        FILES,
        EGRESS,
        WORKSPACE,
        RAW
    }

    private final transient Search search;
    private final transient Masking masking;
    private final transient AuditLog audit;
    private final transient Person person;
    private final transient Consumer<String> select;
    private final Div bar = new Div();
    private final Map<Tab, NativeButton> buttons = new EnumMap<>(Tab.class);
    private final Span cut = new Span();
    private final Div content = new Div();
    private transient Optional<SessionRecord> record = Optional.empty();
    private transient Optional<String> selected = Optional.empty();
    private transient Optional<EventGrid> grid = Optional.empty();
    private transient List<AlertRow> drawn = List.of();
    private transient Optional<WorkspaceDiff> drawnChanges = Optional.empty();

    /** Events whose text somebody here has asked for, with a reason that is in the audit log. */
    private final transient Set<String> unmasked = new HashSet<>();

    /** Of a tab that could not be read; another one once a tab has been. */
    private transient PageReading again = new PageReading();

    private Tab tab = Tab.DEVIATIONS;
    private int page;

    SessionTabs(Search search, Masking masking, AuditLog audit, Person person, Consumer<String> select) {
        this.search = search;
        this.masking = masking;
        this.audit = audit;
        this.person = person;
        this.select = select;
        addClassName("box");
        bar.addClassName("bar");
        for (Tab one : Tab.values()) {
            buttons.put(one, Parts.button("", "tab-" + one.name().toLowerCase(Locale.ROOT), "small", () -> open(one)));
        }
        add(bar, content);
    }

    void show(SessionRecord newest, Optional<String> at) {
        boolean other = record.filter(
                        old -> old.summary().session().equals(newest.summary().session()))
                .isEmpty();
        boolean moved = !selected.equals(at);
        record = Optional.of(newest);
        selected = at;
        if (other) {
            unmasked.clear();
            page = 0;
        }
        drawBar(newest);
        // What somebody reads is not exchanged under the eyes.
        switch (tab) {
            case DEVIATIONS -> {
                if (other || moved || !drawn.equals(newest.alerts())) {
                    draw();
                }
            }
            case WORKSPACE -> {
                if (other || !drawnChanges.equals(WorkspaceDiff.of(newest.claims()))) {
                    draw();
                }
            }
            case FILES, EGRESS, RAW -> {
                if (other || grid.isEmpty()) {
                    draw();
                } else {
                    grid.get().grown(count(newest));
                }
            }
        }
    }

    void select(String event) {
        selected = Optional.of(event);
        if (tab == Tab.DEVIATIONS) {
            draw();
        }
    }

    private long count(SessionRecord session) {
        return switch (tab) {
            case FILES -> session.fileCount();
            case EGRESS -> session.networkCount();
            default -> session.eventCount();
        };
    }

    /** The buttons stay the same: who presses one, or has the focus on it, does so while the session goes on. */
    private void drawBar(SessionRecord newest) {
        if (bar.getComponentCount() == 0) {
            bar.add(buttons.values().toArray(NativeButton[]::new));
            bar.add(Parts.text("", "sp"), cut);
        }
        label(Tab.DEVIATIONS, "Deviations " + newest.alerts().size());
        label(Tab.FILES, "files " + number(newest.fileCount()));
        label(Tab.EGRESS, "egress " + number(newest.networkCount()));
        label(Tab.WORKSPACE, "workspace" + changes(newest));
        label(Tab.RAW, "raw events " + number(newest.eventCount()));
        cut.setText(
                newest.shown().isCut()
                        ? "drawn above: " + number(newest.shown().onPage()) + " of "
                                + number(newest.shown().all())
                        : "");
    }

    private void label(Tab one, String label) {
        NativeButton button = Objects.requireNonNull(buttons.get(one), "a button for each tab");
        button.setText(label);
        button.setClassName("on", tab == one);
        button.getElement().setAttribute("aria-pressed", Boolean.toString(tab == one));
    }

    private static String changes(SessionRecord session) {
        return WorkspaceDiff.of(session.claims())
                .map(diff ->
                        " " + number(Math.max(diff.files().size(), diff.added() + diff.changed() + diff.deleted())))
                .orElse("");
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private void open(Tab target) {
        tab = target;
        page = 0;
        record.ifPresent(this::drawBar);
        draw();
    }

    private void draw() {
        content.removeAll();
        grid = Optional.empty();
        record.ifPresent(session -> {
            try {
                draw(session);
                again = new PageReading();
            } catch (SearchUnavailableException e) {
                LOG.debug(
                        "a tab of session {} could not be read",
                        session.summary().session(),
                        e);
                unanswered(session.summary().session());
            }
        });
    }

    private void draw(SessionRecord session) {
        switch (tab) {
            case DEVIATIONS -> deviations(session);
            case FILES -> {
                files(session);
                events(session, SessionRecord.FILES, "file-events", "Path");
            }
            case EGRESS -> {
                hosts(session);
                events(session, SessionRecord.NETWORK, "egress-events", "Destination");
            }
            case WORKSPACE -> workspace(session);
            case RAW -> raw(session);
        }
    }

    /** Nothing of the tab is shown; it is drawn once the search copy answers, unless something else stands there by then. */
    private void unanswered(String session) {
        content.removeAll();
        grid = Optional.empty();
        Div told = note("The search copy does not answer.");
        content.add(told);
        again.later(told, UI.getCurrent(), () -> search.hosts(session, 1), known -> draw());
    }

    private static Set<String> evidenceOf(SessionRecord session) {
        Set<String> evidence = new HashSet<>();
        session.alerts().forEach(alert -> evidence.addAll(alert.evidence()));
        return evidence;
    }

    private void deviations(SessionRecord session) {
        NativeTable table = table("Time", "Kind", "What was seen", "Explained by", "Risk");
        table.setId("deviations");
        drawn = session.alerts();
        List<AlertRow> alerts = session.alerts().stream()
                .sorted(Comparator.comparing(AlertRow::at))
                .toList();
        for (AlertRow alert : page(alerts)) {
            NativeTableRow row = new NativeTableRow(
                    when(Parts.clock(alert.at())),
                    cell(Parts.said(alert.kind().equals("rule") ? alert.clause() : alert.kind(), 60)),
                    cell(
                            Parts.said(alert.title(), 120),
                            Parts.text(" "),
                            Parts.said(alert.seen(), 300, "mono", "mut"),
                            alert.isOpen()
                                    ? Parts.text("")
                                    : Parts.chip(alert.status().replace('_', ' '), "plain")),
                    cell(alert.call().isEmpty() ? Parts.text("—") : Parts.said("call " + alert.call(), 40)),
                    cell(Parts.text("+" + alert.riskAdded())));
            row.addClassName("deviates");
            link(row, alert.id());
            table.getBody().add(row);
        }
        content.add(alerts.isEmpty() ? note("No deviation was found.") : table);
        pager(alerts.size());
    }

    private void events(SessionRecord session, List<String> actions, String id, String what) {
        Set<String> evidence = evidenceOf(session);
        add(new EventGrid(search, session.summary().session(), actions, id, EventGrid.Order.NEWEST_FIRST)
                .text("Time", "120px", event -> Parts.clock(event.at()))
                .text("Process", "150px", event -> VisibleText.line(actor(event), 40))
                .text("Action", "130px", TimelineEvent::action)
                .text(what, "", event -> VisibleText.line(object(event), 300))
                .text("Outcome", "180px", event -> VisibleText.line(outcome(event), 60))
                .marked(event -> evidence.contains(event.id()))
                .onSelect(select)
                .open());
    }

    private void add(EventGrid events) {
        grid = Optional.of(events);
        content.add(events);
    }

    /** Paths of the whole session, counted by the search copy. */
    private void files(SessionRecord session) {
        Set<String> evidence = evidenceOf(session);
        Set<String> deviating = new HashSet<>();
        session.files().stream()
                .filter(event -> evidence.contains(event.id()))
                .forEach(event -> deviating.add(event.text("/file/path")));
        NativeTable table = table("Path", "Opened", "Changed", "Failed", "Last");
        table.setId("files-table");
        search.files(session.summary().session(), MAX_PATHS).stream()
                .sorted(Comparator.comparing((FileUse file) -> !deviating.contains(file.path())))
                .limit(PAGE)
                .forEach(file -> {
                    NativeTableRow row = new NativeTableRow(
                            cell(Parts.said(file.path(), 200, "mono")),
                            cell(Parts.text(number(file.opened()))),
                            cell(Parts.text(number(file.changed()))),
                            cell(Parts.text(number(file.failed()))),
                            when(Parts.clock(file.last())));
                    row.setClassName("deviates", deviating.contains(file.path()));
                    table.getBody().add(row);
                });
        content.add(table);
    }

    private void hosts(SessionRecord session) {
        NativeTable table = table("Host", "Connections", "Refused", "Sent", "Received");
        table.setId("egress-table");
        for (HostUse host : search.hosts(session.summary().session(), PAGE)) {
            NativeTableRow row = new NativeTableRow(
                    cell(Parts.said(host.host(), 200, "mono")),
                    cell(Parts.text(number(host.connections()))),
                    cell(Parts.text(number(host.refused()))),
                    cell(Parts.text(number(host.bytesOut()) + " B")),
                    cell(Parts.text(number(host.bytesIn()) + " B")));
            row.setClassName("deviates", host.refused() > 0);
            table.getBody().add(row);
        }
        content.add(table);
    }

    private static String actor(TimelineEvent event) {
        String pid = event.text("/process/pid");
        return pid.isEmpty() ? "" : event.text("/process/thread/name") + " (" + pid + ")";
    }

    private static String object(TimelineEvent event) {
        String path = event.text("/file/path");
        if (!path.isEmpty()) {
            String other = event.text("/plumbline/new_path");
            String operation = event.text("/plumbline/operation");
            return (operation.isEmpty() ? "" : operation + " ") + path + (other.isEmpty() ? "" : " → " + other);
        }
        String host = event.text("/destination/domain");
        if (host.isEmpty()) {
            host = event.text("/destination/address");
        }
        if (host.isEmpty()) {
            host = event.text("/source/address");
        }
        long port = event.number("/destination/port") + event.number("/source/port");
        String method = event.text("/http/request/method");
        return (method.isEmpty() ? "" : method + " ") + host + (port > 0 ? ":" + port : "");
    }

    private static String outcome(TimelineEvent event) {
        if (event.action().startsWith("egress-")) {
            if (event.action().equals("egress-requested")) {
                return event.flag("/plumbline/egress/held") ? "held at the barrier" : "";
            }
            String reason = event.text("/plumbline/egress/reason");
            return (event.flag("/plumbline/egress/allowed") ? "allowed" : "refused")
                    + (reason.isEmpty() ? "" : " · " + reason);
        }
        String errno = event.text("/error/code");
        return errno.isEmpty() ? "" : "error " + errno;
    }

    private void raw(SessionRecord session) {
        EventGrid events = new EventGrid(
                search, session.summary().session(), List.of(), "raw-events", EventGrid.Order.OLDEST_FIRST);
        add(events.text("Time", "120px", event -> Parts.clock(event.at()))
                .text("Channel", "90px", TimelineEvent::channel)
                .text("Seq", "90px", event -> event.seq() == 0 ? "" : Long.toString(event.seq()))
                .text("Action", "", TimelineEvent::action)
                .component("Document", "220px", event -> documentActs(session, events, event))
                .details(this::document)
                .open());
    }

    private Div documentActs(SessionRecord session, EventGrid events, TimelineEvent event) {
        NativeButton show = Parts.button("show", "show-" + event.id(), "small", () -> events.toggleDetails(event));
        NativeButton unmask = Parts.permitted(
                Parts.button(
                        "show unmasked…",
                        "unmask-" + event.id(),
                        "small",
                        () -> unmask(
                                session,
                                List.of(event.id()),
                                "The event as it came, with prompts, outputs and arguments.",
                                () -> events.showDetails(event))),
                person,
                Permission.UNMASK);
        unmask.addClassName("unmask");
        return new Div(show, unmask);
    }

    private Pre document(TimelineEvent event) {
        Pre document = new Pre(visible(
                (unmasked.contains(event.id()) ? event.document() : masking.masked((ObjectNode) event.document()))
                        .toPrettyString()));
        document.setId("document-" + event.id());
        document.addClassName("raw");
        return document;
    }

    /** What the session changed; the lines themselves are masked like the event that has them. */
    private void workspace(SessionRecord session) {
        drawnChanges = WorkspaceDiff.of(session.claims());
        if (drawnChanges.isEmpty()) {
            content.add(note(
                    session.claims().size() < SessionRecord.MAX_EVENTS
                            ? "The host told of no changes: there is neither a review of the workspace nor a freeze."
                            : "Among the newest " + number(SessionRecord.MAX_EVENTS)
                                    + " records of what was said and judged the host tells of no changes."));
            return;
        }
        WorkspaceDiff diff = drawnChanges.get();
        Div told = note("");
        told.setId("workspace-told");
        told.add(Parts.said(told(diff), 500));
        if (diff.isCut()) {
            told.add(Parts.chip("not all of it is here", "warn"));
        }
        boolean shown = unmasked.containsAll(diff.events());
        if (!shown) {
            told.add(Parts.permitted(
                    Parts.button(
                            "show lines…",
                            "show-lines",
                            "small",
                            () -> unmask(
                                    session,
                                    diff.events(),
                                    "The lines that differ, as the host told them.",
                                    this::draw)),
                    person,
                    Permission.UNMASK));
        }
        NativeTable table = table("Change", "Path", "Lines", "");
        table.setId("workspace-table");
        for (WorkspaceDiff.File file : page(diff.files())) {
            table.getBody()
                    .add(new NativeTableRow(
                            cell(Parts.text(word(file.change()))),
                            cell(
                                    Parts.said(file.path(), 300, "mono"),
                                    Parts.text(" "),
                                    file.isProtected() ? Parts.chip("runs outside later", "bad") : Parts.text("")),
                            cell(Parts.text(file.lines().isEmpty() ? "" : "+" + file.plus() + " −" + file.minus())),
                            cell(Parts.said(file.detail(), 120))));
            if (shown && !file.lines().isEmpty()) {
                NativeTableCell lines = cell(difference(file));
                lines.setColspan(4);
                table.getBody().add(new NativeTableRow(lines));
            }
        }
        content.add(told, table);
        pager(diff.files().size());
    }

    private static String told(WorkspaceDiff diff) {
        if (diff.sha256().isEmpty()) {
            return "Kept at the freeze: names and sizes of what had changed since the session began"
                    + (diff.events().isEmpty()
                            ? ". The lines were not kept."
                            : ", and the beginning of the lines that differ.");
        }
        String fate = diff.review()
                .map(review -> (review.accepted() ? "accepted by " : "refused by ")
                        + review.by()
                        + (review.reason().isEmpty() ? "" : ": “" + review.reason() + "”")
                        + (review.failure().isEmpty() ? "" : " · not applied: " + review.failure()))
                .orElse("waits for a review");
        return number(diff.added()) + " added, " + number(diff.changed()) + " changed, " + number(diff.deleted())
                + " deleted · change set "
                + diff.sha256().substring(0, Math.min(12, diff.sha256().length())) + "… · "
                + fate;
    }

    private static String word(String letter) {
        return switch (letter) {
            case "A" -> "added";
            case "M" -> "changed";
            case "D" -> "deleted";
            default -> "";
        };
    }

    private static Pre difference(WorkspaceDiff.File file) {
        Pre pre = new Pre();
        pre.addClassName("raw");
        file.lines().stream()
                .limit(MAX_DIFF_LINES)
                .forEach(line -> pre.add(Parts.text(
                        VisibleText.line(line, 1_000) + "\n",
                        line.startsWith("+") ? "added-line" : line.startsWith("-") ? "removed-line" : "mut")));
        if (file.lines().size() > MAX_DIFF_LINES) {
            pre.add(Parts.text((file.lines().size() - MAX_DIFF_LINES) + " more lines", "mut"));
        }
        return pre;
    }

    /** Lines of JSON; whatever else is not visible is escaped. */
    private static String visible(String json) {
        return VisibleText.block(json.length() > MAX_DOCUMENT ? json.substring(0, MAX_DOCUMENT) + "…" : json);
    }

    private void unmask(SessionRecord session, List<String> events, String what, Runnable show) {
        new ReasonDialog(
                        "Show unmasked",
                        what + " That you looked at it, and why, is kept in the audit log.",
                        "Show unmasked",
                        "confirm-unmask",
                        reason -> {
                            for (String event : events) {
                                if (audit.unmasking(session.summary().session(), event, reason, person)
                                        instanceof Outcome.Refused refused) {
                                    return refused.explanation();
                                }
                                unmasked.add(event);
                            }
                            show.run();
                            return "";
                        })
                .open();
    }

    private <T> List<T> page(List<T> all) {
        int from = Math.min(page * PAGE, all.size());
        return all.subList(from, Math.min(from + PAGE, all.size()));
    }

    private void pager(int size) {
        if (size <= PAGE) {
            return;
        }
        Div pager = new Div();
        pager.addClassName("pager");
        NativeButton before = Parts.button("before", "", "small", () -> turn(-1));
        before.setEnabled(page > 0);
        NativeButton next = Parts.button("next", "", "small", () -> turn(1));
        next.setEnabled((page + 1) * PAGE < size);
        pager.add(
                before,
                next,
                Parts.text("%d–%d of %d".formatted(page * PAGE + 1, Math.min((page + 1) * PAGE, size), size)));
        content.add(pager);
    }

    private void turn(int by) {
        page = Math.max(0, page + by);
        draw();
    }

    private void link(NativeTableRow row, String event) {
        row.addClassName("link");
        row.setClassName("selected", selected.filter(event::equals).isPresent());
        row.getElement().setAttribute("tabindex", "0");
        row.getElement().addEventListener("click", click -> select.accept(event));
        row.getElement()
                .addEventListener("keydown", key -> select.accept(event))
                .setFilter("event.key === 'Enter'");
    }

    private static NativeTable table(String... headings) {
        NativeTable table = new NativeTable();
        table.addClassName("rows");
        NativeTableRow head = new NativeTableRow();
        for (String heading : headings) {
            head.add(new NativeTableHeaderCell(heading));
        }
        table.getHead().add(head);
        return table;
    }

    private static NativeTableCell cell(Component... parts) {
        return new NativeTableCell(parts);
    }

    private static NativeTableCell when(String clock) {
        NativeTableCell cell = new NativeTableCell(new Span(clock));
        cell.addClassName("when");
        return cell;
    }

    private static Div note(String sentence) {
        Div note = new Div(sentence);
        note.addClassName("pager");
        return note;
    }
}
