package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import com.vaadin.flow.router.RouteAlias;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.approvals.Asked;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.PipelineLag;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.search.ApprovalRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.search.SessionSummary.Daemon;
import io.plumbline.console.session.StatePill;
import io.plumbline.console.text.VisibleText;
import io.plumbline.console.triage.QueueQuery;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What a shift starts with: what waits for a person, and whether the watcher sees everything. */
@Route(value = "shift", layout = MainLayout.class)
@RouteAlias(value = "", layout = MainLayout.class)
@PageTitle("Plumbline · shift")
@PermitAll
public class ShiftView extends Div {
    private static final long serialVersionUID = 1;

    private static final int MAX_LINES = 12;

    private final transient LiveView live;
    private final transient Clock clock;
    private final Div cards = new Div();
    private transient Runnable unsubscribe = () -> {};

    public ShiftView(LiveView live, Search search, PipelineLag lag, Clock clock) {
        this.live = live;
        this.clock = clock;
        addClassName("list-page");
        Div head = new Div(new H1("Shift"));
        head.addClassName("page-head");
        cards.addClassName("cards");
        Div page = new Div(cards, new ShiftFigures(search, lag, clock));
        page.addClassName("shift");
        add(head, page);
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        show(live.current());
        unsubscribe = live.subscribe(snapshot -> ui.access(() -> show(snapshot)));
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
    }

    private void show(Snapshot snapshot) {
        Instant now = clock.instant();
        cards.removeAll();
        if (!snapshot.isRead()) {
            Div empty = new Div(snapshot.emptiness(""));
            empty.addClassName("empty");
            cards.add(empty);
            return;
        }
        cards.add(
                open(snapshot),
                approvals(snapshot, now),
                frozen(snapshot, now),
                evidence(snapshot),
                hosts(snapshot, now));
    }

    static Section card(String id, String title, Component... content) {
        Section card = new Section(new H2(title));
        card.add(content);
        card.setId(id);
        card.addClassName("card");
        return card;
    }

    private static Section open(Snapshot snapshot) {
        DescriptionList list = Parts.facts();
        for (String severity : QueueQuery.SEVERITIES.reversed()) {
            RouterLink link = new RouterLink();
            link.setRoute(AlertsView.class);
            link.setQueryParameters(QueryParameters.simple(Map.of("state", "open", "severity", severity)));
            link.setText(Long.toString(snapshot.waiting().getOrDefault(severity, 0L)));
            Parts.fact(list, Parts.tierMark(severity) + severity, link);
        }
        return card("shift-open", "Open alerts by severity", list);
    }

    private static Section approvals(Snapshot snapshot, Instant now) {
        List<ApprovalRow> pending = snapshot.approvals().stream()
                .filter(row -> row.isPending(now))
                .sorted(Comparator.comparing(ApprovalRow::at))
                .toList();
        if (pending.isEmpty()) {
            return card("shift-approvals", "Approvals", Parts.text("No agent waits.", "mut"));
        }
        ApprovalRow oldest = pending.getFirst();
        RouterLink link = new RouterLink();
        link.setRoute(ApprovalsView.class);
        link.setText(pending.size() == 1 ? "1 agent waits" : pending.size() + " agents wait");
        return card(
                "shift-approvals",
                "Approvals",
                new Div(link),
                new Div(
                        Parts.text("oldest for " + Parts.age(Optional.of(oldest.at()), now) + ": ", "mut"),
                        Parts.said(Asked.of(oldest.tool(), oldest.subject()).act(), 80, "mono")));
    }

    private static Section frozen(Snapshot snapshot, Instant now) {
        List<SessionSummary> frozen = snapshot.sessions().stream()
                .filter(session -> session.state().equals("frozen"))
                .sorted(Comparator.comparing(session -> session.since().orElse(Instant.EPOCH)))
                .toList();
        Div list = new Div();
        frozen.stream().limit(MAX_LINES).forEach(session -> {
            RouterLink link = new RouterLink();
            link.setRoute(SessionView.class, new RouteParameters("id", session.session()));
            link.setText(VisibleText.line(session.task().isEmpty() ? session.session() : session.task(), 60));
            list.add(new Div(
                    Parts.text("❄ " + Parts.age(session.since(), now) + " ", "mut"),
                    link,
                    session.degraded() ? new Span(Parts.text(" "), Parts.degraded()) : new Span(),
                    Parts.said(
                            " · " + StatePill.of(session, Optional.empty(), now).text(), 80, "mut")));
        });
        return card(
                "shift-frozen", "Frozen, waiting for a person", frozen.isEmpty() ? Parts.text("none", "mut") : list);
    }

    private static Section evidence(Snapshot snapshot) {
        List<SessionSummary> incomplete = snapshot.sessions().stream()
                .filter(session -> !session.isOver() && !session.isComplete())
                .toList();
        Div list = new Div();
        incomplete.stream().limit(MAX_LINES).forEach(session -> {
            RouterLink link = new RouterLink();
            link.setRoute(SessionView.class, new RouteParameters("id", session.session()));
            link.setText(VisibleText.line(session.session(), 40));
            list.add(new Div(
                    link, Parts.text(" " + session.missing() + " missing, " + session.dropped() + " dropped", "bad")));
        });
        return card(
                "shift-evidence",
                "Live sessions with gaps",
                incomplete.isEmpty() ? Parts.text("none: every number is there, nothing was dropped", "mut") : list);
    }

    private static Section hosts(Snapshot snapshot, Instant now) {
        Map<String, List<SessionSummary>> hosts = snapshot.sessions().stream()
                .filter(session -> !session.host().isEmpty())
                .collect(Collectors.groupingBy(SessionSummary::host, TreeMap::new, Collectors.toList()));
        Map<String, Daemon> daemons = new TreeMap<>();
        hosts.forEach((host, sessions) -> newestDaemon(sessions).ifPresent(daemon -> daemons.put(host, daemon)));
        // Most hosts have one version; what differs from it was left behind, or is ahead.
        Optional<String> usual = daemons.values().stream()
                .collect(Collectors.groupingBy(Daemon::version, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey);
        DescriptionList list = Parts.facts();
        hosts.entrySet().stream().limit(MAX_LINES).forEach(host -> {
            long running = host.getValue().stream()
                    .filter(session -> !session.isOver())
                    .count();
            long dropped = host.getValue().stream()
                    .mapToLong(session -> session.dropped() + session.missing())
                    .sum();
            Optional<Instant> last = host.getValue().stream()
                    .flatMap(session -> session.lastSeen().stream())
                    .max(Comparator.naturalOrder());
            Span facts = new Span(
                    Parts.text(running + " live, heard " + Parts.age(last, now) + " ago, "),
                    Parts.text(dropped == 0 ? "0 lost" : dropped + " lost", dropped == 0 ? "mut" : "bad"));
            Optional.ofNullable(daemons.get(host.getKey())).ifPresent(daemon -> facts.add(daemon(daemon, usual)));
            Parts.fact(list, VisibleText.line(host.getKey(), 30), facts);
        });
        RouterLink all = new RouterLink("All hosts", HostsView.class);
        all.setId("all-hosts");
        return card("shift-hosts", "Hosts of the newest sessions", list, all);
    }

    private static Optional<Daemon> newestDaemon(List<SessionSummary> sessions) {
        return sessions.stream()
                .filter(session -> session.daemon().spoolLimit() > 0)
                .max(Comparator.comparing(session -> session.lastSeen().orElse(Instant.EPOCH)))
                .map(SessionSummary::daemon);
    }

    private static Div daemon(Daemon daemon, Optional<String> usual) {
        boolean differs = !usual.equals(Optional.of(daemon.version()));
        return new Div(
                Parts.text(
                        "version " + VisibleText.line(daemon.version(), 30)
                                + (differs ? ", the others have " + VisibleText.line(usual.orElse("none"), 30) : ""),
                        differs ? "bad" : "mut"),
                Parts.text(", spool ", "mut"),
                HostsView.spool(daemon));
    }
}
