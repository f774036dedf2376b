package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.NativeDetails;
import com.vaadin.flow.component.html.NativeTable;
import com.vaadin.flow.component.html.NativeTableCell;
import com.vaadin.flow.component.html.NativeTableHeaderCell;
import com.vaadin.flow.component.html.NativeTableRow;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.session.SessionComparison;
import io.plumbline.console.session.SessionComparison.Compared;
import io.plumbline.console.session.SessionComparison.Row;
import io.plumbline.console.session.SessionTraits;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Two sessions beside each other: what only one of them did first, what both did behind a line that opens. */
@Route(value = "compare/:a/:b", layout = MainLayout.class)
@PageTitle("Plumbline · compare sessions")
@PermitAll
public class CompareView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final int MAX_ROWS = 200;
    private static final int MAX_TEXT = 300;

    private final transient Search search;
    private final Div links = new Div();
    private final Div sheet = new Div();
    private final transient PageReading reading = new PageReading();

    /** @param missing the one that there is not; empty: both are there */
    private record Two(
            String missing, Optional<SessionSummary> a, Optional<SessionSummary> b, List<Compared> aspects) {}

    public CompareView(Search search) {
        this.search = search;
        addClassName("list-page");
        links.addClassName("acts");
        Div head = new Div(new H1("Compare sessions"), links, Parts.text("", "sp"), Report.print());
        head.addClassNames("page-head");
        sheet.addClassName("report");
        sheet.setId("comparison");
        sheet.getElement().setAttribute("tabindex", "0");
        add(head, sheet);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        String a = event.getRouteParameters().get("a").orElse("");
        String b = event.getRouteParameters().get("b").orElse("");
        links.removeAll();
        tell("Reading both sessions…");
        reading.ask(
                this,
                event.getUI(),
                () -> read(a, b),
                this::show,
                () -> tell("The search copy does not answer. There is no comparison right now."));
    }

    private void tell(String sentence) {
        sheet.removeAll();
        sheet.add(new Div(sentence));
    }

    private Two read(String a, String b) {
        Optional<SessionSummary> first = search.session(a);
        Optional<SessionSummary> second = search.session(b);
        if (first.isEmpty() || second.isEmpty()) {
            return new Two(first.isEmpty() ? a : b, first, second, List.of());
        }
        SessionComparison comparison =
                SessionComparison.of(SessionTraits.read(search, first.get()), SessionTraits.read(search, second.get()));
        return new Two("", first, second, comparison.aspects());
    }

    private static RouterLink link(String label, Class<? extends Component> page, RouteParameters parameters) {
        return new RouterLink("Session " + label, page, parameters);
    }

    private void show(Two two) {
        if (two.a().isEmpty() || two.b().isEmpty()) {
            tell("There is no session " + VisibleText.line(two.missing(), 80) + ".");
            return;
        }
        SessionSummary first = two.a().get();
        SessionSummary second = two.b().get();
        links.add(
                link("A", SessionView.class, new RouteParameters("id", first.session())),
                link("B", SessionView.class, new RouteParameters("id", second.session())));
        RouterLink swap = new RouterLink(
                "Exchange A and B",
                CompareView.class,
                new RouteParameters(Map.of("a", second.session(), "b", first.session())));
        swap.setId("exchange");
        links.add(swap);
        sheet.removeAll();
        sheet.add(summary(first, second));
        two.aspects().forEach(compared -> sheet.add(section(compared)));
    }

    private static Section summary(SessionSummary a, SessionSummary b) {
        NativeTable table = table("", "A", "B");
        fact(table, "session", a, b, SessionSummary::session);
        fact(table, "task", a, b, session -> session.task().isEmpty() ? "none was assigned" : session.task());
        fact(table, "workspace", a, b, SessionSummary::workspace);
        fact(table, "agent", a, b, session -> (session.agentLabel() + " " + session.model()).strip());
        fact(table, "runtime", a, b, session -> session.runtime() + (session.degraded() ? ", degraded" : ""));
        fact(table, "policy", a, b, session -> session.policy() + " r" + session.policyRevision());
        fact(table, "began", a, b, session -> session.started()
                .map(Parts::moment)
                .orElse("not known"));
        fact(table, "lasted", a, b, CompareView::lasted);
        fact(table, "state", a, b, SessionSummary::state);
        fact(table, "risk", a, b, session -> Integer.toString(session.risk()));
        fact(table, "alerts", a, b, session -> session.alerts() + ", " + session.openAlerts() + " open");
        fact(
                table,
                "evidence",
                a,
                b,
                session -> session.isComplete()
                        ? "complete"
                        : session.missing() + " missing, " + session.dropped() + " dropped");
        Section section = Report.section("compare-sessions", "Sessions", table);
        if (!a.task().equals(b.task())) {
            section.addComponentAtIndex(1, Parts.text("The two were not given the same task.", "warn-text"));
        }
        return section;
    }

    private static String lasted(SessionSummary session) {
        return session.started()
                .flatMap(start -> session.ended()
                        .or(session::lastSeen)
                        .map(end -> Parts.brief(Duration.between(start, end))
                                + (session.ended().isPresent() ? "" : ", so far")))
                .orElse("not known");
    }

    private static void fact(
            NativeTable table,
            String name,
            SessionSummary a,
            SessionSummary b,
            Function<SessionSummary, String> value) {
        NativeTableRow row = new NativeTableRow(
                new NativeTableHeaderCell(name),
                new NativeTableCell(Parts.said(value.apply(a), MAX_TEXT)),
                new NativeTableCell(Parts.said(value.apply(b), MAX_TEXT)));
        row.setClassName("differs", !value.apply(a).equals(value.apply(b)));
        table.getBody().add(row);
    }

    private static Section section(Compared compared) {
        String id =
                "compare-" + compared.aspect().name().toLowerCase(Locale.ROOT).replace('_', '-');
        Section section = Report.section(id, compared.aspect().title());
        if (compared.isCutInA() || compared.isCutInB()) {
            section.add(Parts.text(
                    "Of " + (compared.isCutInA() ? compared.isCutInB() ? "both" : "A" : "B")
                            + " not everything could be read: what the other has alone is not known.",
                    "warn-text"));
        }
        List<Row> differences = compared.differences();
        List<Row> common = compared.common();
        if (differences.isEmpty()) {
            section.add(Parts.text(common.isEmpty() ? "Neither has any." : "Nothing that only one has.", "mut"));
        } else {
            section.add(rows(differences));
        }
        if (!common.isEmpty()) {
            NativeDetails both = new NativeDetails(common.size() + " in both", rows(common));
            both.setId(id + "-both");
            section.add(both);
        }
        return section;
    }

    private static Div rows(List<Row> rows) {
        NativeTable table = table("", "What", "A", "B");
        rows.stream().limit(MAX_ROWS).forEach(row -> {
            NativeTableRow line = new NativeTableRow(
                    new NativeTableCell(Parts.text(row.holder().word(), "holder")),
                    new NativeTableCell(Parts.said(row.what(), MAX_TEXT, "mono")),
                    new NativeTableCell(told(row.a())),
                    new NativeTableCell(told(row.b())));
            line.setClassName("differs", row.holder() != SessionComparison.Holder.BOTH);
            table.getBody().add(line);
        });
        Div all = new Div(table);
        if (rows.size() > MAX_ROWS) {
            all.add(Parts.text((rows.size() - MAX_ROWS) + " more are not shown", "mut"));
        }
        return all;
    }

    private static Component told(Optional<String> told) {
        return told.<Component>map(text -> Parts.said(text, 120)).orElseGet(() -> Parts.text("—", "mut"));
    }

    private static NativeTable table(String... headings) {
        NativeTable table = new NativeTable();
        table.addClassNames("rows", "compared");
        NativeTableRow head = new NativeTableRow();
        for (String heading : headings) {
            head.add(new NativeTableHeaderCell(heading));
        }
        table.getHead().add(head);
        return table;
    }
}
