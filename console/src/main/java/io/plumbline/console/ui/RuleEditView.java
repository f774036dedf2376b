package io.plumbline.console.ui;

import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.component.textfield.TextField;
import com.vaadin.flow.data.value.ValueChangeMode;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.console.rules.RulesInForce;
import io.plumbline.console.rules.RulesInForce.Described;
import io.plumbline.console.rules.SetComparison;
import io.plumbline.console.rules.SetComparison.From;
import io.plumbline.console.rules.TestBench;
import io.plumbline.console.rules.TestBench.Draft;
import io.plumbline.console.rules.TestBench.TestBenchException;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.engine.SigmaEvent;
import io.plumbline.rules.workbench.Remark;
import io.plumbline.watcher.judge.SessionRecorder;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One rule file: its text with the linter's remarks, a bench that says which part of it holds for which event, a backtest of the whole set
 * over stored sessions, and the way into force. {@code /rules/edit?file=NAME}; without a name a new file.
 */
@Route(value = "rules/edit", layout = MainLayout.class)
@PageTitle("Plumbline · edit a rule")
@PermitAll
public class RuleEditView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final int MAX_REMARKS = 30;
    private static final int MAX_ANSWERS = 30;
    private static final int MAX_LINES = 200;
    private static final int PICKED_SESSIONS = 30;
    private static final String NEW_RULE = """
            title: What it finds
            id: 00000000-0000-4000-8000-000000000000
            status: experimental
            description: Why it matters.
            logsource:
              category: process_creation
              product: linux
            detection:
              selection:
                Image|endswith: /curl
              condition: selection
            level: medium
            """;

    private final transient RulesInForce rules;
    private final transient RuleChanges changes;
    private final transient Search search;
    private final transient EventLog log;
    private final transient Clock clock;
    private final transient Person person = SignedIn.person();
    private final TextField name = new TextField("File");
    private final TextArea text = new TextArea("Rule");
    private final TextArea pasted = new TextArea("Events, JSON or YAML");
    private final Div remarks = new Div();
    private final Div bench = new Div();
    private final Div tested = new Div();
    private final Div status = new Div();
    private final Choice session = new Choice("bench-session", "Session to try the rule on", picked -> {});
    private final NativeButton activate;
    private final NativeButton shadow;
    private transient RuleBundle bundle = RuleBundle.of(List.of());

    /** What {@link #bundle} is the text of. */
    private transient Optional<Described> base = Optional.empty();

    private transient Optional<Draft> draft = Optional.empty();

    public RuleEditView(RulesInForce rules, RuleChanges changes, Search search, EventLog log, Clock clock) {
        this.rules = rules;
        this.changes = changes;
        this.search = search;
        this.log = log;
        this.clock = clock;
        addClassName("list-page");
        status.setId("rules-status");
        status.addClassName("decision-status");
        status.getElement().setAttribute("role", "status");
        activate = Parts.button(
                changes.takesTwoPeople() ? "Propose to activate…" : "Activate…",
                "activate",
                "primary",
                () -> put(ActivationAction.ACTIVATE, "Activate"));
        shadow = Parts.button(
                "Try in the shadow…", "try-shadow", "", () -> put(ActivationAction.SHADOW, "Try in the shadow"));
        Div head = new Div(
                new H1("Edit a rule"),
                new RouterLink("Rules", RulesView.class),
                Parts.text("", "sp"),
                status,
                shadow,
                activate);
        head.addClassName("page-head");
        name.setId("rule-name");
        name.setMaxLength(120);
        name.setWidthFull();
        text.setId("rule-source");
        text.addClassName("mono");
        text.setWidthFull();
        text.setHeight("340px");
        text.setMaxLength(TestBench.MAX_TEXT);
        // As one types, when one pauses.
        text.setValueChangeMode(ValueChangeMode.LAZY);
        text.setValueChangeTimeout(400);
        text.addValueChangeListener(change -> lint());
        remarks.setId("remarks");
        remarks.getElement().setAttribute("tabindex", "0");
        remarks.addClassName("remarks");
        remarks.getElement().setAttribute("role", "status");
        Section editor = new Section(name, text, remarks);
        editor.getElement().setAttribute("aria-label", "Rule");
        Div body = new Div(editor, trying());
        body.addClassName("workbench");
        add(head, body);
    }

    private Section trying() {
        pasted.setId("bench-events");
        pasted.addClassName("mono");
        pasted.setWidthFull();
        pasted.setHeight("110px");
        pasted.setMaxLength(TestBench.MAX_TEXT);
        bench.setId("bench");
        bench.addClassName("bench");
        tested.setId("backtest");
        tested.addClassName("bench");
        Div byEvents = new Div(Parts.button("Explain these events", "explain", "", this::explain));
        byEvents.addClassName("acts");
        Div bySession =
                new Div(session, Parts.button("Explain this session", "explain-session", "", this::explainSession));
        bySession.addClassName("acts");
        Div backtest = new Div(
                Parts.button(
                        "Backtest the set over " + SetComparison.SESSIONS + " sessions of the log",
                        "run-backtest",
                        "",
                        () -> backtest(From.LOG)),
                Parts.button("… of the search copy", "run-backtest-stored", "", () -> backtest(From.SEARCH_COPY)));
        backtest.addClassName("acts");
        Section trying = new Section(
                new H2("Test bench"), pasted, byEvents, bySession, bench, new H2("Backtest"), backtest, tested);
        trying.getElement().setAttribute("aria-label", "Test bench");
        return trying;
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        Optional<String> file = event.getLocation().getQueryParameters().getSingleParameter("file");
        try {
            Described inForce = rules.now().inForce();
            RuleBundle loaded = rules.load(inForce).bundle();
            Map<String, String> sessions = new LinkedHashMap<>();
            for (SessionSummary row : search.sessions(PICKED_SESSIONS)) {
                sessions.put(row.session(), VisibleText.line(row.session() + " · " + row.task(), 70));
            }
            // Only now, so that nothing can be activated where the page says so.
            bundle = loaded;
            base = Optional.of(inForce);
            session.options(sessions);
            sessions.keySet().stream().findFirst().ifPresent(session::value);
        } catch (SearchUnavailableException | EventLogException e) {
            status.setText("The rules in force cannot be read right now; nothing can be activated.");
            activate.setEnabled(false);
            shadow.setEnabled(false);
        }
        Parts.permitted(activate, person, Permission.CHANGE_RULES);
        Parts.permitted(shadow, person, Permission.CHANGE_RULES);
        Optional<RuleSource> known = file.flatMap(wanted -> bundle.rules().stream()
                .filter(source -> source.name().equals(wanted))
                .findFirst());
        name.setValue(known.map(RuleSource::name).orElse("rules/new.yml"));
        name.setReadOnly(known.isPresent());
        text.setValue(known.map(RuleSource::text).orElse(NEW_RULE));
        lint();
    }

    private void lint() {
        remarks.removeAll();
        draft = Optional.empty();
        try {
            Draft now = TestBench.draft(name.getValue(), text.getValue(), bundle.placeholders());
            draft = Optional.of(now);
            if (now.remarks().isEmpty()) {
                remarks.add(new Div(Parts.text("The linter has nothing to say.", "mut")));
            }
            now.remarks().stream().limit(MAX_REMARKS).forEach(remark -> remarks.add(line(remark)));
            if (now.remarks().size() > MAX_REMARKS) {
                remarks.add(new Div(Parts.text((now.remarks().size() - MAX_REMARKS) + " more", "mut")));
            }
        } catch (TestBenchException e) {
            remarks.add(new Div(Parts.said(String.valueOf(e.getMessage()), 300, "bad")));
        }
        boolean usable = draft.filter(Draft::isUsable).isPresent()
                && !bundle.rules().isEmpty()
                && person.may(Permission.CHANGE_RULES);
        activate.setEnabled(usable);
        shadow.setEnabled(usable);
    }

    private static Div line(Remark remark) {
        String severity = remark.severity().word();
        return new Div(
                Parts.text(
                        switch (severity) {
                            case "error" -> "▲ error";
                            case "warning" -> "◆ warning";
                            default -> "● " + severity;
                        },
                        severity.equals("error") ? "bad" : severity.equals("warning") ? "warn-text" : "mut"),
                Parts.text(
                        " line " + remark.position().line() + ", "
                                + remark.check().id() + ": ",
                        "mut"),
                Parts.said(remark.text(), 300));
    }

    private void explain() {
        bench.removeAll();
        draft.ifPresent(now -> {
            try {
                show(TestBench.explain(now, TestBench.events(pasted.getValue())));
            } catch (TestBenchException e) {
                bench.add(new Div(Parts.said(String.valueOf(e.getMessage()), 300, "bad")));
            }
        });
    }

    private void show(List<TestBench.Answer> answers) {
        if (answers.isEmpty()) {
            bench.add(new Div(Parts.text("No rule over single events is in the text.", "mut")));
        }
        for (TestBench.Answer answer : answers.stream().limit(MAX_ANSWERS).toList()) {
            boolean holds = answer.explanation().holds();
            bench.add(new Div(
                    Parts.text(holds ? "✓ matches " : "✗ does not match ", holds ? "added" : "bad"),
                    Parts.said(answer.event() + " · " + answer.rule(), 140)));
            List<String> all = answer.explanation().lines();
            Pre lines = new Pre(VisibleText.block(String.join("\n", all.subList(0, Math.min(all.size(), MAX_LINES)))
                    + (all.size() > MAX_LINES ? "\n" + (all.size() - MAX_LINES) + " more lines" : "")));
            lines.addClassName("subject");
            bench.add(lines);
        }
    }

    private void explainSession() {
        String picked = session.value();
        bench.removeAll();
        try {
            if (picked.isEmpty() || draft.isEmpty() || search.session(picked).isEmpty()) {
                bench.add(new Div(Parts.text("There is no such session.", "bad")));
                return;
            }
        } catch (SearchUnavailableException e) {
            bench.add(new Div(Parts.text("The search copy does not answer. Nothing was explained.", "bad")));
            return;
        }
        Draft now = draft.get();
        LogWork.beside(bench, () -> {
            List<Event> telemetry = log.telemetry(picked);
            String cut = EventLog.isCut(telemetry) ? "; the session is longer than what is read" : "";
            List<SigmaEvent> events = SessionRecorder.record(telemetry);
            List<TestBench.Trial> trials = TestBench.tryOn(now, events);
            int read = events.size();
            return () -> {
                for (TestBench.Trial trial : trials) {
                    bench.add(new Div(Parts.said(
                            trial.matched() + " of " + trial.asked() + " events of " + trial.logSource()
                                    + " match, of " + read + " read" + cut
                                    + (trial.matched() == 0 && trial.asked() > 0 ? "; the nearest:" : ""),
                            200)));
                    show(trial.explained());
                }
            };
        });
    }

    private void backtest(From from) {
        if (draft.isEmpty()) {
            return;
        }
        RuleBundle candidate = candidate(draft.get());
        LogWork.beside(tested, () -> {
            SetComparison comparison = SetComparison.run(bundle, candidate, from, search, log);
            return () -> show(comparison);
        });
    }

    private void show(SetComparison comparison) {
        tested.add(new Div(Parts.text(comparison.hits() + " hits in " + comparison.events() + " events of "
                + comparison.sessions() + " sessions; " + comparison.lost().size() + " lost, "
                + comparison.gained().size() + " new against the set in force"
                + (comparison.notAnswerable() == 0
                        ? ""
                        : "; " + comparison.notAnswerable()
                                + " rules are not answerable there, since documents do not say who acted and what explains it")
                + (comparison.left() == 0 ? "" : "; " + comparison.left() + " sessions were not read"))));
        lines("new", "added", comparison.gained());
        lines("lost", "bad", comparison.lost());
    }

    private void lines(String word, String kind, List<String> hits) {
        hits.stream()
                .limit(MAX_ANSWERS)
                .forEach(hit -> tested.add(new Div(Parts.text(word + " ", kind), Parts.said(hit, 200))));
    }

    private void put(ActivationAction action, String title) {
        draft.filter(Draft::isUsable).ifPresent(now -> new ReasonDialog(
                        title,
                        "The set in force with this file as it stands here"
                                + (action == ActivationAction.SHADOW
                                        ? ", counted beside it and heard by nobody."
                                        : changes.takesTwoPeople()
                                                ? ". Another person has to confirm it."
                                                : ". It judges every session of this tenant."),
                        title,
                        "confirm-activation",
                        reason -> put(action, now, reason))
                .open());
    }

    private String put(ActivationAction action, Draft written, String reason) {
        String file = name.getValue().strip();
        if (file.isEmpty()) {
            return "File: empty (expected: a name such as rules/new.yml)";
        }
        if (!name.isReadOnly()
                && bundle.rules().stream().anyMatch(source -> source.name().equals(file))) {
            return "File: " + VisibleText.line(file, 120) + " (expected: a name that no file of the set has)";
        }
        if (base.isEmpty()) {
            return "The rules in force are not known.";
        }
        return switch (changes.put(action, base.get(), candidate(written), "console", reason, person)) {
            case Outcome.Accepted accepted -> {
                follow(accepted.event());
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }

    /** The set in force with this file as it stands here. */
    private RuleBundle candidate(Draft written) {
        return bundle.with(
                new RuleSource(name.getValue().strip(), written.source().text()));
    }

    private void follow(String order) {
        status.setText("requested");
        UI ui = UI.getCurrent();
        Watch.until(() -> {
            Optional<String> told = ActivationFate.of(search, order, changes, clock.instant());
            told.ifPresent(sentence -> ui.access(() -> status.setText(sentence)));
            return told.isPresent();
        });
    }
}
