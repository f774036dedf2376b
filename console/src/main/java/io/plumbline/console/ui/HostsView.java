package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.Route;
import io.plumbline.console.live.Hosts;
import io.plumbline.console.search.CanaryReport;
import io.plumbline.console.search.HostList;
import io.plumbline.console.search.HostRow;
import io.plumbline.console.search.SessionSummary.Daemon;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The hosts that sessions of a week, heartbeats of a day and canaries tell of: what each runs, whether it is heard, and what it lost. */
@Route(value = "hosts", layout = MainLayout.class)
@PageTitle("Plumbline · hosts")
@PermitAll
public class HostsView extends ListPage<Hosts.Known, HostsView.Line> {
    private static final long serialVersionUID = 1;

    /** Hosts beat every few seconds. */
    private static final Duration SILENT = Duration.ofMinutes(1);

    /** Clocks differ by so much at most, as a rule. */
    private static final Duration SKEW = Duration.ofSeconds(10);

    /** Percent of a spool from which on somebody should look: when it is full, sessions freeze. */
    private static final double FULL_SPOOL = 50;

    private final transient Clock clock;

    /** Of the newest list. */
    private transient boolean isCut;

    public HostsView(Hosts hosts, Clock clock) {
        super(hosts, "Hosts", "hosts", line -> line.host().host());
        this.clock = clock;
        grid().addColumn(line -> VisibleText.line(line.value().host().host(), 60))
                .setHeader("Host")
                .setFlexGrow(1);
        column("State", "90px", HostsView::state);
        column("Heard", "188px", line -> Parts.text(line.heard(), line.silent() ? "bad" : "mut"));
        column("Version", "120px", HostsView::version);
        column("Runtime", "158px", HostsView::runtime);
        column("Live", "100px", HostsView::sessions);
        column(
                "Spool",
                "136px",
                line -> line.host().daemon().map(HostsView::fill).orElseGet(() -> Parts.text("not told", "mut")));
        column("Lost", "62px", HostsView::lost);
        column(
                "Freezing",
                "134px",
                line -> line.host().canary().map(HostsView::canary).orElseGet(() -> Parts.text("not reported", "mut")));
    }

    private void column(String heading, String width, Function<Line, Component> made) {
        grid().addComponentColumn(row -> made.apply(row.value()))
                .setHeader(heading)
                .setWidth(width)
                .setFlexGrow(0);
    }

    /**
     * A host as it is shown now.
     *
     * @param old the search copy does not answer, or has no room for it in its answer: nobody knows whether it is silent
     * @param ahead its clock is ahead of ours: how old its last word is nobody knows
     * @param gone nothing tells of it any more
     * @param usual the version that most hosts have; empty: none tells
     */
    record Line(HostRow host, String heard, boolean silent, boolean old, boolean ahead, boolean gone, String usual) {}

    @Override
    List<Line> select(Hosts.Known newest) {
        isCut = newest.hosts().isCut();
        Instant now = clock.instant();
        boolean old = newest.state() == Hosts.State.OLD;
        List<HostRow> hosts = newest.hosts().rows();
        String usual = usual(hosts);
        return hosts.stream()
                .map(host -> new Line(
                        host,
                        host.heard().map(at -> heard(at, now)).orElse("never"),
                        !old
                                && host.heard()
                                        .map(at -> Duration.between(at, now).compareTo(SILENT) > 0)
                                        .orElse(true),
                        old,
                        host.heard().filter(at -> at.isAfter(now.plus(SKEW))).isPresent(),
                        false,
                        usual))
                .toList();
    }

    @Override
    Line departed(Line last) {
        return departed(last, isCut);
    }

    /** @param cut whether there are more hosts than are listed: it may have left the list because it was heard */
    static Line departed(Line last, boolean cut) {
        return new Line(
                last.host(),
                last.host().heard().map(HostsView::minute).orElse("never"),
                false,
                cut,
                false,
                !cut,
                last.usual());
    }

    /** Month, day and minute in one line beside how long ago it was. */
    private static String heard(Instant at, Instant now) {
        return minute(at) + " · " + Parts.age(Optional.of(at), now) + " ago";
    }

    private static String minute(Instant at) {
        return Parts.moment(at).substring(5, 16);
    }

    /** Most hosts have one version; what differs from it was left behind, or is ahead. */
    private static String usual(List<HostRow> hosts) {
        return hosts.stream()
                .flatMap(host -> host.daemon().map(Daemon::version).stream())
                .filter(version -> !version.isEmpty())
                .collect(Collectors.groupingBy(version -> version, TreeMap::new, Collectors.counting()))
                .entrySet()
                .stream()
                .max(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .orElse("");
    }

    @Override
    String summarise(Hosts.Known newest) {
        return switch (newest.state()) {
            case NOT_READ -> "reading…";
            case READ ->
                told(
                        newest.hosts(),
                        select(newest).stream().filter(Line::silent).count());
            case OLD -> "The search copy does not answer. What you see may be old.";
        };
    }

    /** Of a list that is cut nobody is to think that it is of all. */
    static String told(HostList hosts, long silent) {
        String each = silent == 0 ? "all heard" : silent + " silent";
        return String.format(
                Locale.ROOT,
                hosts.isCut() ? "only %,d of the hosts: of these %s, more are not listed" : "%,d, %s",
                hosts.rows().size(),
                each);
    }

    @Override
    String emptiness(Hosts.Known newest) {
        return newest.state() == Hosts.State.READ ? "No host has reported." : summarise(newest);
    }

    /** The alerts of its sessions. */
    @Override
    void open(Line line) {
        getUI().ifPresent(ui -> ui.navigate(
                AlertsView.class,
                QueryParameters.simple(Map.of("host", line.host().host()))));
    }

    private static Component state(Line line) {
        if (line.old()) {
            return Parts.chip("not known", "plain");
        }
        if (line.gone()) {
            Span gone = Parts.chip("gone", "plain");
            gone.setTitle("Nothing that is looked at tells of it any more. What stands here is what was last known.");
            return gone;
        }
        if (line.ahead()) {
            return Parts.chip("clock ahead", "bad");
        }
        if (!line.silent()) {
            return Parts.chip("heard", "ok");
        }
        // Nothing is known of what runs there.
        return Parts.chip("silent", line.host().live() > 0 ? "bad" : "plain");
    }

    private static Component version(Line line) {
        String version = line.host().daemon().map(Daemon::version).orElse("");
        if (version.isEmpty()) {
            return Parts.text("not told", "mut");
        }
        boolean differs = !version.equals(line.usual());
        Span told = Parts.said(version + (differs ? " ▲ differs" : ""), 40, differs ? "bad" : "plain");
        if (differs) {
            told.setTitle("Most hosts have " + VisibleText.line(line.usual(), 40) + ".");
        }
        return told;
    }

    private static Component runtime(Line line) {
        Span runtime = new Span(
                line.host().runtimes().isEmpty()
                        ? Parts.text(line.host().sessions() == 0 ? "none yet" : "not told", "mut")
                        : Parts.said(String.join(", ", line.host().runtimes()), 60));
        if (line.host().degraded() > 0) {
            runtime.add(Parts.text(" " + line.host().degraded() + " "), Parts.degraded());
        }
        return runtime;
    }

    private static Component sessions(Line line) {
        HostRow host = line.host();
        Div sessions = new Div(Parts.text(host.live() + " of " + host.sessions()));
        if (host.frozen() > 0) {
            sessions.add(Parts.text(" · ❄ " + host.frozen(), "warn-text"));
        }
        sessions.setTitle(host.live() + " live of " + host.sessions() + " of seven days, " + host.frozen() + " frozen");
        return sessions;
    }

    private static Component fill(Daemon daemon) {
        double fill = 100.0 * daemon.spoolBytes() / daemon.spoolLimit();
        Span told = Parts.text(
                String.format(Locale.ROOT, "%.1f MB · %.0f %%", daemon.spoolBytes() / 1e6, fill),
                fill < FULL_SPOOL ? "mut" : "bad");
        told.setTitle(String.format(Locale.ROOT, "of %.0f MB", daemon.spoolLimit() / 1e6));
        return told;
    }

    /** What waits on a host's disk, in words. */
    static Component spool(Daemon daemon) {
        double fill = 100.0 * daemon.spoolBytes() / daemon.spoolLimit();
        return Parts.text(
                String.format(
                        Locale.ROOT,
                        "%.1f of %.0f MB (%.0f %%)",
                        daemon.spoolBytes() / 1e6,
                        daemon.spoolLimit() / 1e6,
                        fill),
                fill < FULL_SPOOL ? "mut" : "bad");
    }

    private static Component lost(Line line) {
        HostRow host = line.host();
        Span lost = Parts.text(Long.toString(host.lost()), host.lost() == 0 ? "mut" : "bad");
        lost.setTitle(host.missing() + " events missing, " + host.dropped()
                + " dropped by the runtime, in sessions of seven days");
        return lost;
    }

    private static Component canary(CanaryReport canary) {
        Span told = canary.proven()
                ? Parts.text("proven in " + canary.freeze().toMillis() + " ms", "mut")
                : Parts.text("not proven", "bad");
        told.setTitle(
                canary.proven()
                        ? "frozen in " + canary.freeze().toMillis() + " ms, thawed in "
                                + canary.thaw().toMillis() + " ms"
                        : VisibleText.line(canary.problem(), 300));
        return told;
    }
}
