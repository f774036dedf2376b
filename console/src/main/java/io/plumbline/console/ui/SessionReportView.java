package io.plumbline.console.ui;

import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.audit.AuditEntry;
import io.plumbline.console.audit.AuditQuery;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.session.SessionRecord;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** One session for people who were not there: asked, announced, done, judged, decided. Made to be printed. */
@Route(value = "report/session/:id", layout = MainLayout.class)
@PageTitle("Plumbline · session report")
@PermitAll
public class SessionReportView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final int MAX_TEXT = 300;
    private static final int MAX_ACTS = 500;

    private final transient Search search;
    private final transient Clock clock;
    private final Div back = new Div();
    private final Div sheet = new Div();
    private final transient Person person = SignedIn.person();
    private final transient PageReading reading = new PageReading();

    private record Reported(SessionRecord record, List<AuditEntry> acts) {}

    public SessionReportView(Search search, Clock clock) {
        this.search = search;
        this.clock = clock;
        addClassName("list-page");
        Div head = new Div(new H1("Session report"), back, Parts.text("", "sp"), Report.print());
        head.addClassNames("page-head", "screen-only");
        sheet.addClassName("report");
        sheet.getElement().setAttribute("tabindex", "0");
        sheet.setId("report");
        add(head, sheet);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        String id = event.getRouteParameters().get("id").orElse("");
        back.removeAll();
        back.add(new RouterLink("Session", SessionView.class, new RouteParameters("id", id)));
        tell("Reading the report…");
        reading.ask(
                this,
                event.getUI(),
                () -> read(id),
                found -> found.ifPresentOrElse(
                        report -> show(report.record(), report.acts()), () -> tell("There is no such session.")),
                () -> tell("The search copy does not answer. There is no report right now."));
    }

    private void tell(String sentence) {
        sheet.removeAll();
        sheet.add(new Div(sentence));
    }

    private Optional<Reported> read(String id) {
        return SessionRecord.read(search, id).map(record -> new Reported(record, acts(id)));
    }

    private List<AuditEntry> acts(String id) {
        return search.audit(AuditQuery.ALL.with("session", id), clock.instant(), MAX_ACTS).events().reversed().stream()
                // Who has looked at what is for those who read the audit log.
                .filter(act -> AuditQuery.DECISIONS.contains(act.action()))
                .map(AuditEntry::of)
                .toList();
    }

    private void show(SessionRecord record, List<AuditEntry> acts) {
        sheet.removeAll();
        sheet.add(
                Report.section("report-asked", "Asked", asked(record.summary())),
                Report.section(
                        "report-announced",
                        "Announced",
                        Report.table(
                                List.of("Time", "Tool", "Command or file", "Reason given", "Gate"), calls(record))),
                Report.section(
                        "report-done",
                        "Done",
                        done(record),
                        Report.table(List.of("Time", "Host", "Verdict", "Bytes out"), egress(record))),
                Report.section(
                        "report-judged",
                        "Judged",
                        Report.table(
                                List.of("Time", "Severity", "What", "Seen", "Why", "Risk", "Verdict"), alerts(record))),
                Report.section(
                        "report-decided",
                        "Decided by people",
                        Report.table(List.of("Time", "Person", "Act", "About", "Reason"), decided(acts))));
    }

    private DescriptionList asked(SessionSummary session) {
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "session", Parts.said(session.session(), 80, "mono"));
        Parts.fact(facts, "task", Parts.said(session.task().isEmpty() ? "none was assigned" : session.task(), 2_000));
        Parts.fact(facts, "agent", Parts.said(session.agentLabel(), 120));
        Parts.fact(facts, "workspace", Parts.said(session.workspace(), 200, "mono"));
        Parts.fact(
                facts,
                "policy",
                Parts.said(
                        session.policy() + " r" + session.policyRevision()
                                + (session.policyConfirmed() ? ", confirmed by the host" : ", not confirmed"),
                        200));
        Parts.fact(
                facts,
                "host",
                Parts.said(session.host() + " · " + session.runtime() + (session.degraded() ? ", degraded" : ""), 160));
        Parts.fact(facts, "began", session.started().map(Parts::moment).orElse("not known"));
        Parts.fact(facts, "state", Parts.said(session.state() + " " + session.stateReason(), MAX_TEXT));
        Parts.fact(
                facts,
                "evidence",
                session.isComplete()
                        ? Parts.text("complete: no number is missing, nothing was dropped")
                        : Parts.text(session.missing() + " missing, " + session.dropped() + " dropped", "bad"));
        Parts.fact(facts, "made by", Parts.said(person.name() + ", " + Parts.moment(clock.instant()), 120));
        return facts;
    }

    private static List<List<String>> calls(SessionRecord record) {
        List<List<String>> rows = new ArrayList<>();
        for (TimelineEvent call : of(record, "tool-call")) {
            String id = call.text("/plumbline/call/id");
            String what = call.text("/plumbline/call/command");
            String gate = of(record, "gate-answered").stream()
                    .filter(answer -> answer.text("/plumbline/call/id").equals(id))
                    .map(answer -> answer.text("/plumbline/gate/decision"))
                    .reduce((first, last) -> last)
                    .orElse("not asked");
            rows.add(List.of(
                    Parts.clock(call.at()),
                    shown(call.text("/plumbline/call/tool")),
                    shown(what.isEmpty() ? String.join(", ", call.texts("/plumbline/call/paths")) : what),
                    shown(call.text("/plumbline/call/stated_reason")),
                    shown(gate)));
        }
        return rows;
    }

    private static List<TimelineEvent> of(SessionRecord record, String action) {
        return record.claims().stream()
                .filter(event -> event.action().equals(action))
                .toList();
    }

    private static DescriptionList done(SessionRecord record) {
        DescriptionList facts = Parts.facts();
        Parts.fact(
                facts, "processes", Integer.toString(record.tree().processes().size()));
        Parts.fact(facts, "files", record.fileCount() + " opened or changed");
        Parts.fact(facts, "network", record.networkCount() + " events");
        if (record.shown().isCut()) {
            Parts.fact(
                    facts,
                    "cut",
                    Parts.text(
                            "the newest " + record.shown().onPage() + " of "
                                    + record.shown().all() + " events",
                            "bad"));
        }
        return facts;
    }

    private static List<List<String>> egress(SessionRecord record) {
        return record.network().stream()
                .filter(event -> event.action().equals("egress-decided"))
                .map(event -> List.of(
                        Parts.clock(event.at()),
                        shown(event.text("/destination/domain") + ":" + event.number("/destination/port")),
                        shown((event.flag("/plumbline/egress/allowed") ? "allowed " : "refused ")
                                + event.text("/plumbline/egress/reason")),
                        Long.toString(event.number("/source/bytes"))))
                .toList();
    }

    private static List<List<String>> alerts(SessionRecord record) {
        return record.alerts().stream()
                .sorted(Comparator.comparing(AlertRow::at))
                .map(alert -> List.of(
                        Parts.clock(alert.at()),
                        alert.severity(),
                        shown(alert.title()),
                        shown(alert.seen()),
                        shown(alert.why()),
                        "+" + alert.riskAdded(),
                        shown(alert.status().replace('_', ' '))))
                .toList();
    }

    private static List<List<String>> decided(List<AuditEntry> acts) {
        return acts.stream()
                .map(act -> List.of(
                        moment(act.at()),
                        shown(act.person()),
                        shown(act.act()),
                        shown(act.about()),
                        shown(act.reason())))
                .toList();
    }

    private static String moment(Instant at) {
        return Parts.moment(at).substring(0, 19);
    }

    private static String shown(String text) {
        return VisibleText.line(text, MAX_TEXT);
    }
}
