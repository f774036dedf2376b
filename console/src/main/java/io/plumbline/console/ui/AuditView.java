package io.plumbline.console.ui;

import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Input;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.data.value.ValueChangeMode;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import io.plumbline.console.audit.AuditEntry;
import io.plumbline.console.audit.AuditLog;
import io.plumbline.console.audit.AuditQuery;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.Search;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.ui.Downloads.Named;
import jakarta.annotation.security.RolesAllowed;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What people did, the newest first. The address says which. */
@Route(value = "audit", layout = MainLayout.class)
@PageTitle("Plumbline · audit")
@RolesAllowed("ADMIN")
public class AuditView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final Pattern LONG_HASH = Pattern.compile("\\b[0-9a-f]{20,}\\b");

    /** Of a hash; the button beside it copies all of it. */
    private static final int HASH_SHOWN = 12;

    /** Of one act; the name of an export may have any number of them. */
    private static final int MAX_COPIED = 4;

    private static final int MAX_ABOUT = 200;

    /** Rows on the page; a longer list is narrowed, or exported. */
    private static final int MAX_ROWS = 500;

    private final transient Search search;
    private final transient AuditLog audit;
    private final transient Clock clock;
    private final transient Person person = SignedIn.person();
    private final Grid<AuditEntry> grid = new Grid<>();
    private final Span summary = new Span();
    private final Map<String, Choice> choices = new LinkedHashMap<>();
    private final Map<String, Input> texts = new LinkedHashMap<>();
    private final transient PageReading reading = new PageReading();
    private transient volatile AuditQuery query = AuditQuery.ALL;

    public AuditView(Search search, AuditLog audit, Clock clock) {
        this.search = search;
        this.audit = audit;
        this.clock = clock;
        addClassName("list-page");
        summary.addClassName("mut");
        summary.setId("audit-summary");
        Div head = new Div(
                new H1("Audit"),
                summary,
                Parts.text("", "sp"),
                Downloads.text("CSV", "export-csv", "text/csv", () -> export("csv", AuditEntry::csv)),
                Downloads.text("JSON", "export-json", "application/json", () -> export("json", AuditEntry::json)));
        head.addClassName("page-head");
        Div bar = new Div();
        bar.addClassName("filters");
        text(bar, "person", "Person");
        text(bar, "session", "Session");
        text(bar, "reason", "Words of the reason");
        choice(bar, "act", "Act");
        choice(bar, "hours", "Within");
        columns();
        add(head, bar, grid);
    }

    private void text(Div bar, String name, String label) {
        Input input = new Input();
        input.setId("audit-" + name);
        input.setPlaceholder(label);
        input.getElement().setAttribute("aria-label", label);
        input.getElement().setAttribute("autocomplete", "off");
        input.setValueChangeMode(ValueChangeMode.ON_CHANGE);
        input.addValueChangeListener(change -> {
            if (change.isFromClient()) {
                ask(query.with(name, change.getValue()));
            }
        });
        texts.put(name, input);
        bar.add(input);
    }

    private void choice(Div bar, String name, String label) {
        Choice choice = new Choice("audit-" + name, label, value -> ask(query.with(name, value)));
        choices.put(name, choice);
        bar.add(choice);
    }

    private void columns() {
        grid.setId("audit");
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT, GridVariant.LUMO_WRAP_CELL_CONTENT);
        grid.setSelectionMode(Grid.SelectionMode.NONE);
        grid.getElement().setAttribute("aria-label", "Acts of people");
        grid.addColumn(row -> Parts.moment(row.at(), clock.instant()))
                .setHeader("Time")
                .setWidth("268px")
                .setFlexGrow(0);
        grid.addColumn(row -> VisibleText.line(row.person(), 60))
                .setHeader("Person")
                .setWidth("100px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.said(row.act(), 40, row.outcome().equals("failure") ? "bad" : "plain"))
                .setHeader("Act")
                .setWidth("132px")
                .setFlexGrow(0);
        grid.addComponentColumn(AuditView::about).setHeader("About").setFlexGrow(3);
        grid.addComponentColumn(row -> Parts.said(row.reason(), 1_000, "whole"))
                .setHeader("Reason")
                .setFlexGrow(3);
        grid.addColumn(row -> VisibleText.line(row.session().isEmpty() ? row.address() : row.session(), 36))
                .setHeader("Session or address")
                .setWidth("170px")
                .setFlexGrow(0);
    }

    /** Of hashes their beginning, with a button that copies them; the whole text is in the title and in the files. */
    private static Span about(AuditEntry entry) {
        String text = entry.about();
        Span about = new Span();
        about.addClassNames("mono", "whole");
        about.setTitle(VisibleText.line(text, 2_000));
        Matcher hash = LONG_HASH.matcher(text);
        int from = 0;
        for (int copied = 0; copied < MAX_COPIED && hash.find(); copied++) {
            about.add(
                    Parts.said(text.substring(from, hash.start()), MAX_ABOUT),
                    Parts.copyable(hash.group(), HASH_SHOWN + 1));
            from = hash.end();
        }
        about.add(Parts.said(text.substring(from), MAX_ABOUT));
        return about;
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        query = AuditQuery.of(event.getLocation().getQueryParameters().getParameters());
        read(event.getUI());
    }

    private void ask(AuditQuery asked) {
        query = asked;
        getUI().ifPresent(ui -> {
            ui.getPage()
                    .getHistory()
                    .replaceState(null, "audit" + (asked.address().isEmpty() ? "" : "?" + asked.address()));
            read(ui);
        });
    }

    private void read(UI ui) {
        Map<String, String> acts = new LinkedHashMap<>(Map.of("", "every act"));
        AuditQuery.ACTS.keySet().forEach(act -> acts.put(act, act));
        show("act", acts, query.act());
        Map<String, String> hours = new LinkedHashMap<>(Map.of("", "any time"));
        AuditQuery.HOURS.forEach(number -> hours.put(Integer.toString(number), Parts.brief(Duration.ofHours(number))));
        show("hours", hours, query.within() == 0 ? "" : Integer.toString(query.within()));
        texts.forEach((name, input) -> input.setValue(
                switch (name) {
                    case "person" -> query.person();
                    case "session" -> query.session();
                    default -> query.reason();
                }));
        AuditQuery asked = query;
        summary.setText("reading…");
        reading.ask(this, ui, () -> search.audit(asked, clock.instant(), MAX_ROWS), this::showPage, () -> {
            grid.setItems(List.of());
            summary.setText("The search copy does not answer. Nothing is known about acts right now.");
        });
    }

    private void showPage(Search.AuditPage page) {
        grid.setItems(entries(page));
        summary.setText(
                page.events().size() < page.total()
                        ? "newest " + page.events().size() + " of " + page.total()
                        : page.total() == 1 ? "1 act" : page.total() + " acts");
    }

    private void show(String name, Map<String, String> options, String value) {
        Choice choice = choices.get(name);
        if (choice != null) {
            choice.options(options).value(value);
        }
    }

    private static List<AuditEntry> entries(Search.AuditPage page) {
        return page.events().stream().map(AuditEntry::of).toList();
    }

    private Named export(String format, Function<List<AuditEntry>, String> render) throws IOException {
        AuditQuery asked = query;
        Downloads.permitted(audit.export(Permission.READ_AUDIT, "", "audit", asked.address(), format, person));
        Search.AuditPage page = search.audit(asked, clock.instant(), Search.MAX_RESULTS);
        return Named.list("audit", format, page.events().size(), page.total(), render.apply(entries(page)));
    }
}
