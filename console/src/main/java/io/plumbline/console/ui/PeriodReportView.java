package io.plumbline.console.ui;

import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import io.plumbline.console.PlumblineProperties;
import io.plumbline.console.people.Person;
import io.plumbline.console.report.PeriodFigures;
import io.plumbline.console.search.Search;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.QueueQuery;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Figures of a time for people who were not there, made to be printed. {@code /report?days=7}. */
@Route(value = "report", layout = MainLayout.class)
@PageTitle("Plumbline · report")
@PermitAll
public class PeriodReportView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final List<Integer> DAYS = List.of(1, 7, 30, 90);

    private final transient Search search;
    private final transient Clock clock;
    private final String tenant;
    private final transient Person person = SignedIn.person();
    private final transient PageReading reading = new PageReading();
    private final Div sheet = new Div();
    private final Choice period = new Choice("report-days", "Time", days -> getUI().ifPresent(
                    ui -> ui.navigate(PeriodReportView.class, QueryParameters.of("days", days))));

    public PeriodReportView(Search search, Clock clock, PlumblineProperties properties) {
        this.search = search;
        this.clock = clock;
        this.tenant = properties.tenant();
        addClassName("list-page");
        Div head = new Div(new H1("Report"), period, Parts.text("", "sp"), Report.print());
        head.addClassNames("page-head", "screen-only");
        sheet.addClassName("report");
        sheet.getElement().setAttribute("tabindex", "0");
        sheet.setId("report");
        add(head, sheet);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        int days = event.getLocation()
                .getQueryParameters()
                .getSingleParameter("days")
                .filter(text -> text.matches("[0-9]{1,3}"))
                .map(Integer::parseInt)
                .filter(DAYS::contains)
                .orElse(7);
        Map<String, String> options = new LinkedHashMap<>();
        DAYS.forEach(number -> options.put(Integer.toString(number), number == 1 ? "1 day" : number + " days"));
        period.options(options).value(Integer.toString(days));
        Instant now = clock.instant();
        tell("Reading the report…");
        reading.ask(
                this,
                event.getUI(),
                () -> search.period(now.minus(Duration.ofDays(days)), now),
                this::show,
                () -> tell("The search copy does not answer. There is no report right now."));
    }

    private void tell(String sentence) {
        sheet.removeAll();
        sheet.add(new Div(sentence));
    }

    private void show(PeriodFigures figures) {
        sheet.removeAll();
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "tenant", Parts.said(tenant, 80));
        Parts.fact(facts, "from", Parts.moment(figures.from()));
        Parts.fact(facts, "to", Parts.moment(figures.to()));
        Parts.fact(facts, "made by", Parts.said(person.name(), 60));
        if (figures.isCut()) {
            Parts.fact(
                    facts,
                    "incomplete",
                    Parts.text("more happened than is read at once; the newest of it is counted", "bad"));
        }
        sheet.add(
                Report.section("report-head", "Sessions of agents", facts),
                alerts(figures),
                Report.section("report-verdicts", "What became of the alerts", Report.counts(figures.verdicts())),
                approvals(figures),
                Report.section("report-approvers", "Approvals by person", Report.counts(figures.approvers())),
                loss(figures),
                seenInPart(figures),
                rules(figures),
                Report.section("report-acts", "Acts of people", Report.counts(figures.acts())));
    }

    private static Section alerts(PeriodFigures figures) {
        Section section = Report.section("report-alerts", "Alerts by severity", Report.counts(figures.alerts()));
        if (!figures.alerts().isEmpty()) {
            List<String> words = QueueQuery.SEVERITIES;
            String told = words.stream()
                    .map(word -> figures.alerts().getOrDefault(word, 0L) + " " + word)
                    .collect(Collectors.joining(", "));
            section.add(Chart.bars("report-alerts-chart", words, "alerts", told)
                    .bar(
                            "alerts",
                            "acc",
                            words.stream()
                                    .map(word -> figures.alerts().getOrDefault(word, 0L))
                                    .toList()));
        }
        return section;
    }

    private static Section approvals(PeriodFigures figures) {
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "tool calls", Long.toString(figures.toolCalls()));
        figures.approvals()
                .forEach((state, number) ->
                        Parts.fact(facts, VisibleText.line(state.replace('_', ' '), 40), Long.toString(number)));
        Parts.fact(facts, "per 100 calls", figure(figures.approvalsPerHundredCalls(), "%.1f"));
        Parts.fact(facts, "accepted", figure(figures.accepted().map(share -> share * 100), "%.0f %%"));
        Parts.fact(facts, "median wait", time(figures.toDecision()));
        Parts.fact(facts, "alert to verdict", time(figures.toVerdict()) + " (median, first decision)");
        return Report.section("report-approvals", "Approvals", facts);
    }

    private static Section loss(PeriodFigures figures) {
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "sessions", Long.toString(figures.sessions()));
        Parts.fact(facts, "incomplete", Long.toString(figures.incomplete()));
        Parts.fact(facts, "missing", figures.missing() + " events that never came");
        Parts.fact(facts, "dropped", figures.dropped() + " that the runtime could not tell");
        Parts.fact(facts, "degraded", figures.degraded() + " that ran without the kernel's own evidence");
        return Report.section("report-loss", "Loss", facts);
    }

    private static Section seenInPart(PeriodFigures figures) {
        List<List<String>> rows = figures.seenInPart().stream()
                .map(session -> List.of(
                        VisibleText.line(session.session(), 60),
                        VisibleText.line(session.host(), 60),
                        VisibleText.line(session.runtime(), 60) + (session.degraded() ? ", degraded" : ""),
                        Long.toString(session.missing()),
                        Long.toString(session.dropped())))
                .toList();
        return Report.section(
                "report-seen-in-part",
                "Sessions that were seen in part",
                Report.table(List.of("Session", "Host", "Runtime", "Missing", "Dropped"), rows));
    }

    private static Section rules(PeriodFigures figures) {
        List<List<String>> rows = figures.rules().stream()
                .map(rule -> List.of(
                        VisibleText.line(rule.rule(), 100),
                        Long.toString(rule.hits()),
                        rule.right() + " / " + rule.wrong(),
                        figure(rule.precision().map(share -> share * 100), "%.0f %%")))
                .toList();
        return Report.section(
                "report-rules",
                "Rules",
                Report.table(List.of("Rule", "Alerts", "True / not", "Precision"), rows),
                Parts.text("by whole days, today included", "mut"));
    }

    private static String figure(Optional<Double> value, String format) {
        return value.map(number -> String.format(Locale.ROOT, format, number)).orElse("not known");
    }

    private static String time(Optional<Duration> duration) {
        return duration.map(Parts::brief).orElse("not known");
    }
}
