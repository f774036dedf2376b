package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.grid.Grid;
import com.vaadin.flow.component.grid.GridVariant;
import com.vaadin.flow.component.html.Aside;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.console.rules.RuleChanges.ChangedFile;
import io.plumbline.console.rules.RuleChanges.Proposal;
import io.plumbline.console.rules.RuleRow;
import io.plumbline.console.rules.RuleStatistics;
import io.plumbline.console.rules.RulesInForce;
import io.plumbline.console.rules.RulesInForce.Described;
import io.plumbline.console.search.Search;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSource;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;

/** The rules in force and how each one does; what is tried in the shadow, and what waits for a second person. */
@Route(value = "rules", layout = MainLayout.class)
@PageTitle("Plumbline · rules")
@PermitAll
public class RulesView extends Div {
    private static final long serialVersionUID = 1;

    /** Of a hash; the button beside it copies all of it. */
    private static final int HASH_SHOWN = 12;

    /** Days that are counted. */
    private static final int DAYS = 14;

    private static final int MAX_FILES = 20;

    private final transient RulesInForce rules;
    private final transient RuleChanges changes;
    private final transient Search search;
    private final transient Clock clock;
    private final transient Person person = SignedIn.person();
    private final Div sets = new Div();
    private final Div message = new Div();
    private final Div status = new Div();
    private final Grid<RuleRow> grid = new Grid<>();
    private final Aside detail = new Aside();
    private final transient PageReading reading = new PageReading();
    private transient RuleBundle bundle = RuleBundle.of(List.of());

    /**
     * @param bundle empty: the log does not have what is in force
     * @param problem why it does not
     */
    private record Known(
            RulesInForce.Now now,
            List<Proposal> proposals,
            Optional<RuleBundle> bundle,
            List<RuleRow> rows,
            String problem) {}

    public RulesView(RulesInForce rules, RuleChanges changes, Search search, Clock clock) {
        this.rules = rules;
        this.changes = changes;
        this.search = search;
        this.clock = clock;
        addClassName("list-page");
        status.setId("rules-status");
        status.addClassName("decision-status");
        status.getElement().setAttribute("role", "status");
        RouterLink coverage = new RouterLink("Coverage", CoverageView.class);
        coverage.setId("coverage-link");
        RouterLink write = new RouterLink("New rule", RuleEditView.class);
        write.setId("new-rule");
        Div head = new Div(new H1("Rules"), Parts.text("", "sp"), status, coverage, write);
        head.addClassName("page-head");
        sets.setId("rule-sets");
        sets.addClassName("bulk");
        message.addClassName("empty");
        message.setVisible(false);
        columns();
        detail.addClassName("cause");
        detail.setId("rule");
        detail.getElement().setAttribute("aria-label", "Selected rule");
        Div body = new Div(grid, detail);
        body.addClassName("queue-body");
        add(head, sets, message, body);
    }

    private void columns() {
        grid.setId("rules");
        grid.addThemeVariants(GridVariant.LUMO_NO_BORDER, GridVariant.LUMO_COMPACT);
        grid.setSelectionMode(Grid.SelectionMode.SINGLE);
        grid.getElement().setAttribute("aria-label", "Rules");
        grid.addComponentColumn(row -> Parts.text(Parts.tierMark(row.level()) + row.level(), "tier", row.level()))
                .setHeader("Level")
                .setWidth("104px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.said(row.metadata().title(), 100))
                .setHeader("Rule")
                .setWidth("190px")
                .setFlexGrow(3);
        grid.addColumn(row -> VisibleText.line(row.metadata().status(), 20))
                .setHeader("Status")
                .setWidth("84px")
                .setFlexGrow(0);
        grid.addComponentColumn(row -> Parts.said(String.join(", ", row.tags()), 60, "mut"))
                .setHeader("Tags")
                .setFlexGrow(2);
        grid.addColumn(row -> row.statistics().hits() == 0
                        ? ""
                        : Long.toString(row.statistics().hits()))
                .setHeader("Hits, " + DAYS + " d")
                .setWidth("86px")
                .setFlexGrow(0);
        grid.addColumn(row -> precision(row.statistics()))
                .setHeader("Precision")
                .setWidth("100px")
                .setFlexGrow(0);
        grid.asSingleSelect().addValueChangeListener(change -> show(Optional.ofNullable(change.getValue())));
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        tell("Reading the rules in force…");
        read(attach.getUI());
    }

    private void read(UI ui) {
        reading.ask(
                this,
                ui,
                this::known,
                this::showKnown,
                () -> tell("The search copy does not answer. Which rules judge is not known right now."));
    }

    private Known known() {
        Instant now = clock.instant();
        RulesInForce.Now inForce = rules.now();
        List<Proposal> proposals = changes.proposals(now);
        try {
            RulesInForce.Loaded loaded = rules.load(inForce.inForce());
            return new Known(
                    inForce,
                    proposals,
                    Optional.of(loaded.bundle()),
                    RuleRow.of(loaded.set(), search.ruleStatistics(DAYS, now), inForce),
                    "");
        } catch (EventLogException e) {
            return new Known(inForce, proposals, Optional.empty(), List.of(), String.valueOf(e.getMessage()));
        }
    }

    private void showKnown(Known known) {
        showSets(known.now(), known.proposals());
        // Nobody confirms a difference to a set that is not in force any more; to nothing known, all of a proposal is
        // new.
        bundle = known.bundle().orElseGet(() -> RuleBundle.of(List.of()));
        if (known.bundle().isEmpty()) {
            tell(known.problem() + " The text of the rules in force cannot be shown.");
            return;
        }
        grid.setItems(known.rows());
        message.setVisible(false);
        known.rows().stream().findFirst().ifPresent(grid::select);
        if (known.rows().isEmpty()) {
            show(Optional.empty());
        }
    }

    private void tell(String sentence) {
        message.setText(sentence);
        message.setVisible(true);
    }

    private void showSets(RulesInForce.Now now, List<Proposal> proposals) {
        sets.removeAll();
        sets.add(Parts.text("in force", "mut"), set(now.inForce(), "in-force"));
        hash(now.inForce().sha256()).ifPresent(shown -> sets.add(shown));
        now.shadow().ifPresent(shadow -> {
            sets.add(Parts.text("in the shadow", "mut"), set(shadow, "shadow"));
            hash(shadow.sha256()).ifPresent(shown -> sets.add(shown));
        });
        if (now.shadow().isEmpty()) {
            sets.add(Parts.text("nothing in the shadow", "mut"));
        }
        sets.add(
                Parts.text("", "sp"),
                Parts.permitted(
                        Parts.button(
                                "Roll back…",
                                "roll-back",
                                "",
                                () -> order(
                                        "Roll back",
                                        "confirm-roll-back",
                                        "",
                                        rollingBack(),
                                        reason -> changes.rollBack(reason, person))),
                        person,
                        Permission.CHANGE_RULES));
        for (Proposal proposal : proposals) {
            sets.add(proposal(proposal));
        }
    }

    /** What a roll back does now: the first one ends a shadow, and only the next one what judges. */
    private Div rollingBack() {
        return new Div(
                rules.now().shadow().isPresent()
                        ? "The set in the shadow ends, and what is in force stays. To get the set before that, roll back once more."
                        : "The set that was in force before comes back.");
    }

    private static Span set(Described set, String id) {
        Span shown = Parts.said(
                set.name()
                        + (set.version().isEmpty() ? "" : " " + shortened(set.version()))
                        + (set.by().isEmpty() ? "" : " · " + set.by()),
                90,
                "chip");
        shown.setId(id);
        shown.setTitle(VisibleText.line(set.reason() + " " + set.since() + " " + set.sha256(), 300));
        return shown;
    }

    /** Empty for the set that came with the product, and for a roll back. */
    private static Optional<Span> hash(String sha256) {
        return sha256.isEmpty() ? Optional.empty() : Optional.of(Parts.copyable(sha256, HASH_SHOWN + 1));
    }

    private static String shortened(String version) {
        return version.length() > HASH_SHOWN ? version.substring(0, HASH_SHOWN) + "…" : version;
    }

    private Component proposal(Proposal proposal) {
        Div line = new Div();
        line.addClassNames("fate", "proposal");
        String hash = proposal.sha256().isEmpty() ? proposal.event() : proposal.sha256();
        line.add(Parts.said(
                proposal.by() + " wants to " + proposal.action().replace('_', ' ') + " "
                        + proposal.name() + ": “" + proposal.reason() + "”, sha256 "
                        + (proposal.sha256().isEmpty() ? "none " : ""),
                240));
        hash(proposal.sha256()).ifPresent(shown -> line.add(shown, Parts.text(" ")));
        if (proposal.by().equals(person.name())) {
            line.add(Parts.chip("proposed by you; another person has to confirm it", "warn"));
            return line;
        }
        String typed = hash.substring(0, Math.min(4, hash.length()));
        NativeButton confirm = Parts.button("Confirm…", "confirm-proposal", "primary", () -> whatChanges(proposal)
                .ifPresent(shown -> order(
                        "Confirm the proposal",
                        "confirm-activation",
                        typed,
                        shown,
                        reason -> changes.confirm(proposal, proposal.sha256(), reason, person, clock.instant()))));
        line.add(Parts.permitted(confirm, person, Permission.CHANGE_RULES));
        return line;
    }

    /** What the second person would put in force, read from the proposal itself; nobody confirms what cannot be read. */
    private Optional<Div> whatChanges(Proposal proposal) {
        Div shown = new Div();
        shown.setId("proposal-changes");
        shown.getElement().setAttribute("tabindex", "0");
        shown.addClassName("changes");
        if (proposal.sha256().isEmpty()) {
            shown.add(rollingBack());
            return Optional.of(shown);
        }
        try {
            List<ChangedFile> files = RuleChanges.difference(bundle, changes.bundle(proposal));
            if (files.isEmpty()) {
                shown.add(new Div("The same rules as those in force."));
            }
            for (ChangedFile file : files.stream().limit(MAX_FILES).toList()) {
                shown.add(new Div(Parts.text(file.word() + " ", "mut"), Parts.said(file.name(), 140, "mono")));
                if (!file.text().isEmpty()) {
                    Pre text = new Pre(VisibleText.block(file.text()));
                    text.addClassName("subject");
                    shown.add(text);
                }
            }
            // Their text would be more than anybody reads here; that they change is told of each.
            files.stream()
                    .skip(MAX_FILES)
                    .forEach(file -> shown.add(
                            new Div(Parts.text(file.word() + " ", "mut"), Parts.said(file.name(), 140, "mono"))));
            return Optional.of(shown);
        } catch (EventLogException e) {
            status.setText(e.getMessage() + " A proposal that cannot be read is not confirmed.");
            return Optional.empty();
        }
    }

    private void order(String title, String confirmId, String typed, Component more, Function<String, Outcome> give) {
        new ReasonDialog(
                        title,
                        "What judges changes for every session of this tenant"
                                + (changes.takesTwoPeople() ? ", once two people want it." : "."),
                        title,
                        confirmId,
                        typed,
                        reason -> given(give, reason))
                .with(more)
                .open();
    }

    private String given(Function<String, Outcome> give, String reason) {
        return switch (give.apply(reason)) {
            case Outcome.Accepted accepted -> {
                follow(accepted.event());
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }

    private void follow(String order) {
        status.setText("requested");
        UI ui = UI.getCurrent();
        Supplier<Optional<String>> answer = () -> ActivationFate.of(search, order, changes, clock.instant());
        Watch.until(() -> {
            Optional<String> told = answer.get();
            told.ifPresent(sentence -> ui.access(() -> {
                status.setText(sentence);
                read(ui);
            }));
            return told.isPresent();
        });
    }

    private static String precision(RuleStatistics statistics) {
        return statistics
                .precision()
                .map(share -> String.format(
                        Locale.ROOT, "%.0f %% of %d", share * 100, statistics.right() + statistics.wrong()))
                .orElse("");
    }

    private void show(Optional<RuleRow> selected) {
        detail.removeAll();
        if (selected.isEmpty()) {
            Div empty = new Div("No rule is selected.");
            empty.addClassName("empty");
            detail.add(empty);
            return;
        }
        RuleRow row = selected.get();
        H2 title = new H2();
        title.add(Parts.said(row.metadata().title(), 160));
        NativeButton edit = Parts.button("Edit and try…", "edit", "primary", () -> UI.getCurrent()
                .navigate(RuleEditView.class, QueryParameters.of("file", row.file())));
        Div acts = new Div(edit);
        acts.addClassName("acts");
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "id", Parts.copyable(row.metadata().id(), 80));
        Parts.fact(facts, "source", Parts.said(row.file(), 120, "mono"));
        Parts.fact(facts, "kind", row.correlation() ? "correlation over other rules" : "rule over single events");
        Parts.fact(facts, "about", Parts.said(row.metadata().description(), 600));
        Parts.fact(facts, "tags", Parts.said(String.join(", ", row.tags()), 400));
        Parts.fact(facts, "hits", hits(row.statistics()));
        Parts.fact(facts, "precision", precisionOverTime(row.statistics()));
        Parts.fact(
                facts,
                "verdicts",
                row.statistics().right() + " true, " + row.statistics().wrong() + " not"
                        + row.statistics()
                                .triaged()
                                .map(at -> ", last " + Parts.age(Optional.of(at), clock.instant()) + " ago")
                                .orElse(""));
        if (row.gained() + row.lost() > 0) {
            Parts.fact(facts, "shadow", row.gained() + " gained, " + row.lost() + " lost");
        }
        detail.add(title, acts, facts, Parts.heading("Text"));
        Pre text = new Pre(VisibleText.block(bundle.rules().stream()
                .filter(source -> source.name().equals(row.file()))
                .findFirst()
                .map(RuleSource::text)
                .orElse("")));
        text.addClassName("subject");
        text.setId("rule-text");
        // What scrolls and has nothing to focus inside is focused itself.
        text.getElement().setAttribute("tabindex", "0");
        detail.add(text);
    }

    private static Div hits(RuleStatistics statistics) {
        return bars(
                "rule-hits",
                statistics.perDay().stream().map(day -> (double) day.hits()).toList(),
                statistics.hits() + " in " + DAYS + " days");
    }

    /** Days without a verdict have no bar, and are no days of a bad rule. */
    private static Div precisionOverTime(RuleStatistics statistics) {
        List<RuleStatistics.Day> judged = statistics.perDay().stream()
                .filter(day -> day.precision().isPresent())
                .toList();
        String told = judged.isEmpty()
                ? "no verdict in " + DAYS + " days"
                : "first " + percent(judged.getFirst()) + ", last " + percent(judged.getLast()) + ", of "
                        + judged.size() + (judged.size() == 1 ? " day" : " days") + " with verdicts";
        return bars(
                "rule-precision",
                statistics.perDay().stream()
                        .map(day -> day.precision().orElse(0.0))
                        .toList(),
                told);
    }

    private static String percent(RuleStatistics.Day day) {
        return String.format(Locale.ROOT, "%.0f %%", day.precision().orElse(0.0) * 100);
    }

    /** One bar for each day, and in words for those who do not see them. */
    private static Div bars(String id, List<Double> days, String told) {
        Div bars = new Div();
        bars.addClassName("bars");
        bars.setId(id);
        double most = days.stream().mapToDouble(Double::doubleValue).max().orElse(0);
        for (double day : days) {
            Span bar = new Span();
            bar.getStyle().set("height", (most == 0 ? 1 : 1 + Math.round(23.0 * day / most)) + "px");
            bar.getElement().setAttribute("aria-hidden", "true");
            bars.add(bar);
        }
        bars.add(Parts.text(told));
        return bars;
    }
}
