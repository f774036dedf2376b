package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.vaadin.flow.component.Component;
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
import io.plumbline.console.text.VisibleText;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Deviations, files, egress and raw events of a session, {@value #PAGE} rows at a time. */
class SessionTabs extends Div {
    private static final long serialVersionUID = 1;

    private static final int PAGE = 50;

    /** Characters of one document that are shown; an event has at most 256 KiB. */
    private static final int MAX_DOCUMENT = 512 * 1024;

    /** Paths that are counted; the rarest ones of a session with more are left to the search. */
    private static final int MAX_PATHS = 1_000;

    private enum Tab {
        DEVIATIONS,
        FILES,
        EGRESS,
        RAW
    }

    private final transient Search search;
    private final transient Masking masking;
    private final transient AuditLog audit;
    private final transient Person person;
    private final transient Consumer<String> select;
    private final Div bar = new Div();
    private final Div content = new Div();
    private transient Optional<SessionRecord> record = Optional.empty();
    private transient Optional<String> selected = Optional.empty();
    private Tab tab = Tab.DEVIATIONS;
    private int page;
    private final transient Deque<String> cursors = new ArrayDeque<>();

    SessionTabs(Search search, Masking masking, AuditLog audit, Person person, Consumer<String> select) {
        this.search = search;
        this.masking = masking;
        this.audit = audit;
        this.person = person;
        this.select = select;
        addClassName("box");
        bar.addClassName("bar");
        add(bar, content);
    }

    void show(SessionRecord newest, Optional<String> at) {
        record = Optional.of(newest);
        selected = at;
        drawBar(newest);
        // A page of raw events that somebody reads is not exchanged under the eyes.
        if (tab != Tab.RAW || content.getComponentCount() == 0) {
            draw();
        }
    }

    void select(String event) {
        selected = Optional.of(event);
        if (tab != Tab.RAW) {
            draw();
        }
    }

    private void drawBar(SessionRecord newest) {
        bar.removeAll();
        bar.add(
                tabButton("Deviations " + newest.alerts().size(), "tab-deviations", Tab.DEVIATIONS),
                tabButton("files " + number(newest.fileCount()), "tab-files", Tab.FILES),
                tabButton("egress " + number(newest.networkCount()), "tab-egress", Tab.EGRESS),
                tabButton("raw events " + number(newest.eventCount()), "tab-raw", Tab.RAW));
        if (newest.shown().isCut()) {
            bar.add(
                    Parts.text("", "sp"),
                    Parts.text("newest " + number(newest.shown().onPage()) + " of "
                            + number(newest.shown().all())));
        }
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }

    private NativeButton tabButton(String label, String id, Tab target) {
        NativeButton button = Parts.button(label, id, "small", () -> {
            tab = target;
            page = 0;
            cursors.clear();
            record.ifPresent(this::drawBar);
            draw();
        });
        button.setClassName("on", tab == target);
        button.getElement().setAttribute("aria-pressed", Boolean.toString(tab == target));
        return button;
    }

    private void draw() {
        content.removeAll();
        record.ifPresent(session -> {
            switch (tab) {
                case DEVIATIONS -> deviations(session);
                case FILES -> {
                    files(session);
                    events(session.files(), evidenceOf(session), "Path");
                }
                case EGRESS -> {
                    hosts(session);
                    events(session.network(), evidenceOf(session), "Destination");
                }
                case RAW -> raw(session);
            }
        });
    }

    private static Set<String> evidenceOf(SessionRecord session) {
        Set<String> evidence = new HashSet<>();
        session.alerts().forEach(alert -> evidence.addAll(alert.evidence()));
        return evidence;
    }

    private void deviations(SessionRecord session) {
        NativeTable table = table("Time", "Kind", "What was seen", "Explained by", "Risk");
        table.setId("deviations");
        List<AlertRow> alerts = session.alerts().stream()
                .sorted(Comparator.comparing(AlertRow::at))
                .toList();
        for (AlertRow alert : page(alerts)) {
            NativeTableRow row = new NativeTableRow(
                    when(Parts.clock(alert.at())),
                    cell(Parts.said((alert.kind() + (alert.kind().equals("rule") ? " " + alert.clause() : "")), 60)),
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

    private void events(List<TimelineEvent> events, Set<String> evidence, String what) {
        NativeTable table = table("Time", "Process", "Action", what, "Outcome");
        List<TimelineEvent> newestFirst = events.reversed();
        for (TimelineEvent event : page(newestFirst)) {
            NativeTableRow row = new NativeTableRow(
                    when(Parts.clock(event.at())),
                    cell(Parts.said(actor(event), 40, "mono")),
                    cell(Parts.text(event.action())),
                    cell(Parts.said(object(event), 300, "mono")),
                    cell(Parts.said(outcome(event), 60)));
            row.setClassName("deviates", evidence.contains(event.id()));
            link(row, event.id());
            table.getBody().add(row);
        }
        content.add(events.isEmpty() ? note("Nothing was seen.") : table);
        pager(events.size());
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
        counted(() -> search.files(session.summary().session(), MAX_PATHS)).stream()
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
        for (HostUse host : counted(() -> search.hosts(session.summary().session(), PAGE))) {
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

    private <T> List<T> counted(Supplier<List<T>> question) {
        try {
            return question.get();
        } catch (SearchUnavailableException e) {
            content.add(note("The search copy does not answer."));
            return List.of();
        }
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
        Search.EventPage events;
        try {
            events = search.events(
                    session.summary().session(), Optional.empty(), Optional.ofNullable(cursors.peek()), PAGE);
        } catch (SearchUnavailableException e) {
            content.add(note("The search copy does not answer."));
            return;
        }
        NativeTable table = table("Time", "Channel", "Seq", "Action", "Document");
        for (TimelineEvent event : events.events()) {
            Pre document = new Pre(
                    visible(masking.masked((ObjectNode) event.document()).toPrettyString()));
            document.addClassName("raw");
            document.setVisible(false);
            NativeButton show = Parts.button("show", "", "small", () -> document.setVisible(!document.isVisible()));
            NativeButton unmask = Parts.permitted(
                    Parts.button("show unmasked…", "", "small", () -> unmask(session, event, document)),
                    person,
                    Permission.UNMASK);
            unmask.addClassName("unmask");
            table.getBody()
                    .add(new NativeTableRow(
                            when(Parts.clock(event.at())),
                            cell(Parts.text(event.channel())),
                            cell(Parts.text(event.seq() == 0 ? "" : Long.toString(event.seq()))),
                            cell(Parts.text(event.action())),
                            cell(show, unmask, document)));
        }
        content.add(events.events().isEmpty() ? note("Nothing was seen.") : table);
        Div pager = new Div();
        pager.addClassName("pager");
        NativeButton first = Parts.button("first", "raw-first", "small", () -> {
            cursors.clear();
            draw();
        });
        first.setEnabled(!cursors.isEmpty());
        NativeButton next = Parts.button("next", "raw-next", "small", () -> {
            events.next().ifPresent(cursors::push);
            draw();
        });
        next.setEnabled(events.next().isPresent());
        pager.add(first, next, Parts.text("page " + (cursors.size() + 1)));
        content.add(pager);
    }

    /** Lines of JSON; whatever else is not visible is escaped. */
    private static String visible(String json) {
        return VisibleText.block(json.length() > MAX_DOCUMENT ? json.substring(0, MAX_DOCUMENT) + "…" : json);
    }

    private void unmask(SessionRecord session, TimelineEvent event, Pre document) {
        new ReasonDialog(
                        "Show unmasked",
                        "The event as it came, with prompts, outputs and arguments. That you looked at it, and why, is kept in the"
                                + " audit log.",
                        "Show unmasked",
                        "confirm-unmask",
                        reason -> switch (audit.unmasking(session.summary().session(), event.id(), reason, person)) {
                            case Outcome.Accepted accepted -> {
                                document.setText(visible(event.document().toPrettyString()));
                                document.setVisible(true);
                                yield "";
                            }
                            case Outcome.Refused refused -> refused.explanation();
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
        NativeButton before = Parts.button("newer", "", "small", () -> turn(-1));
        before.setEnabled(page > 0);
        NativeButton next = Parts.button("older", "", "small", () -> turn(1));
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
