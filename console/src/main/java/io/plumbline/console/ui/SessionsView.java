package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteParameters;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.session.StatePill;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** The sessions, newest activity first. */
@Route(value = "sessions", layout = MainLayout.class)
@PageTitle("Plumbline · sessions")
@PermitAll
public class SessionsView extends ListPage<Snapshot, SessionSummary> {
    private static final long serialVersionUID = 1;

    public SessionsView(LiveView live, Clock clock) {
        super(live, "Sessions", "sessions", SessionSummary::session);
        grid().addComponentColumn(row -> state(row.value(), clock.instant()))
                .setHeader("State")
                .setWidth("170px")
                .setFlexGrow(0);
        grid().addColumn(row -> VisibleText.line(row.value().task(), 200))
                .setHeader("Task")
                .setFlexGrow(3);
        grid().addComponentColumn(row -> Parts.copyable(row.value().session(), 12))
                .setHeader("Session")
                .setWidth("170px")
                .setFlexGrow(0);
        grid().addColumn(row -> VisibleText.line(row.value().agentLabel(), 60))
                .setHeader("Agent")
                .setWidth("150px")
                .setFlexGrow(0);
        grid().addComponentColumn(row -> risk(row.value()))
                .setHeader("Risk")
                .setWidth("64px")
                .setFlexGrow(0);
        grid().addComponentColumn(row -> alerts(row.value()))
                .setHeader("Alerts")
                .setWidth("70px")
                .setFlexGrow(0);
        grid().addColumn(row -> row.value().isComplete()
                        ? "complete"
                        : row.value().missing() + " missing, " + row.value().dropped() + " dropped")
                .setHeader("Evidence")
                .setWidth("120px")
                .setFlexGrow(0);
        grid().addColumn(row -> VisibleText.line(row.value().host(), 40))
                .setHeader("Host")
                .setWidth("90px")
                .setFlexGrow(0);
        grid().addColumn(row -> Parts.age(row.value().started(), clock.instant()))
                .setHeader("Age")
                .setWidth("80px")
                .setFlexGrow(0);
    }

    private static Span state(SessionSummary session, Instant now) {
        Span state = chip(session, now);
        return session.degraded() ? new Span(state, Parts.degraded()) : state;
    }

    private static Span chip(SessionSummary session, Instant now) {
        StatePill pill = StatePill.of(session, Optional.empty(), now);
        Span chip = Parts.chip(
                pill.isWaiting() ? pill.text().replace(", not confirmed", "") : shortened(pill), pill.tone());
        chip.setTitle(pill.text());
        return chip;
    }

    private static String shortened(StatePill pill) {
        int detail = pill.text().indexOf(" · ");
        return detail < 0 ? pill.text() : pill.text().substring(0, detail);
    }

    private static Span risk(SessionSummary session) {
        Span risk = Parts.text(Integer.toString(session.risk()));
        if (session.freezeAt() > 0 && session.risk() >= session.freezeAt()) {
            risk.addClassName("bad");
        }
        return risk;
    }

    private static Span alerts(SessionSummary session) {
        Span alerts = Parts.text(session.alerts() == 0 ? "" : Long.toString(session.alerts()));
        if (session.openAlerts() > 0) {
            alerts.addClassName("bad");
            alerts.setTitle(session.openAlerts() + " open");
        }
        return alerts;
    }

    @Override
    List<SessionSummary> select(Snapshot snapshot) {
        return snapshot.sessions();
    }

    @Override
    String summarise(Snapshot snapshot) {
        return !snapshot.isRead()
                ? snapshot.emptiness("")
                : snapshot.liveSessions() + " live · " + snapshot.sessions().size() + " shown";
    }

    @Override
    String emptiness(Snapshot snapshot) {
        return snapshot.emptiness("No session has been seen.");
    }

    @Override
    void open(SessionSummary session) {
        getUI().ifPresent(ui -> ui.navigate(SessionView.class, new RouteParameters("id", session.session())));
    }
}
