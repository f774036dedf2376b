package io.plumbline.console.ui;

import com.vaadin.flow.component.AttachEvent;
import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.DetachEvent;
import com.vaadin.flow.component.HasElement;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.Main;
import com.vaadin.flow.component.html.Nav;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.HighlightConditions;
import com.vaadin.flow.router.RouterLayout;
import com.vaadin.flow.router.RouterLink;
import com.vaadin.flow.spring.security.AuthenticationContext;
import io.plumbline.console.live.LiveView;
import io.plumbline.console.live.Snapshot;
import io.plumbline.console.people.Permission;
import io.plumbline.console.security.SignedIn;
import io.plumbline.console.text.VisibleText;
import jakarta.annotation.security.PermitAll;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** Navigation with counts, the signed-in person, and one line when the search copy does not answer. */
@PermitAll
public class MainLayout extends Div implements RouterLayout {
    private static final long serialVersionUID = 1;

    private final transient LiveView live;
    private final Main content = new Main();
    private final Div problem = new Div();
    private final Span alerts = new Span();
    private final Span approvals = new Span();
    private final Span sessions = new Span();
    private final Notifier notifier = new Notifier(SignedIn.person().name());
    private transient Runnable unsubscribe = () -> {};

    public MainLayout(LiveView live, AuthenticationContext authentication) {
        this.live = live;
        addClassName("app");
        Nav nav = new Nav();
        nav.getElement().setAttribute("aria-label", "Pages");
        Div brand = new Div("◢ Plumbline");
        brand.addClassName("brand");
        nav.add(
                brand,
                link("Shift", ShiftView.class, new Span(), "nav-shift"),
                link("Alerts", AlertsView.class, alerts, "nav-alerts"),
                link("Approvals", ApprovalsView.class, approvals, "nav-approvals"),
                link("Sessions", SessionsView.class, sessions, "nav-sessions"),
                link("Rules", RulesView.class, new Span(), "nav-rules"),
                link("Policies", PoliciesView.class, new Span(), "nav-policies"),
                link("Hosts", HostsView.class, new Span(), "nav-hosts"),
                link("Report", PeriodReportView.class, new Span(), "nav-report"));
        if (SignedIn.person().may(Permission.READ_AUDIT)) {
            nav.add(link("Audit", AuditView.class, new Span(), "nav-audit"));
        }
        RouterLink account =
                link(VisibleText.line(SignedIn.person().name(), 24), AccountView.class, new Span(), "nav-account");
        account.getElement().setAttribute("title", "Account");
        nav.add(
                Parts.text("", "sp"),
                zone(),
                account,
                notifier,
                Parts.button("Light or dark", "theme", "small", () -> toggle("theme", "dark", "light")),
                Parts.button("Density", "density", "small", () -> toggle("density", "roomy", "compact")),
                Parts.button("Sign out", "sign-out", "small", authentication::logout));
        problem.addClassName("problem");
        problem.setVisible(false);
        content.add(problem);
        add(nav, content);
    }

    private static Span zone() {
        ZoneId zone = Zone.ofPerson();
        Span told = Parts.text("Times in " + (zone.equals(ZoneOffset.UTC) ? "UTC" : zone.getId()), "who");
        told.setId("zone");
        told.setTitle("As this browser says");
        return told;
    }

    private static final String APPLY = """
        const root = document.documentElement, theme = localStorage.getItem('soc-theme') || 'dark';
        root.setAttribute('theme', theme);
        root.style.colorScheme = theme;
        root.dataset.density = localStorage.getItem('soc-density') || 'roomy';
        """;

    /** The browser remembers how a person likes to see it. */
    private void toggle(String what, String usual, String other) {
        getElement()
                .executeJs(
                        "const key = 'soc-' + $0, now = localStorage.getItem(key) || $1;"
                                + "localStorage.setItem(key, now === $1 ? $2 : $1);" + APPLY,
                        what,
                        usual,
                        other);
    }

    private static RouterLink link(String label, Class<? extends Component> page, Span count, String id) {
        RouterLink link = new RouterLink();
        link.setRoute(page);
        count.addClassName("n");
        link.add(new Span(label), count);
        link.setId(id);
        // A session's page and two beside each other belong to the sessions.
        link.setHighlightCondition(
                page == SessionsView.class
                        ? (shown, moved) -> {
                            String path = moved.getLocation().getPath();
                            return path.startsWith("session") || path.startsWith("compare");
                        }
                        : HighlightConditions.locationPrefix());
        return link;
    }

    @Override
    public void showRouterLayoutContent(HasElement page) {
        content.getElement().appendChild(page.getElement());
    }

    @Override
    protected void onAttach(AttachEvent attach) {
        UI ui = attach.getUI();
        getElement().executeJs(APPLY);
        ui.getReconnectDialogConfiguration()
                .setDialogText(
                        "The connection to the console is lost. What you see is as it was then; it is tried again.");
        ui.getReconnectDialogConfiguration()
                .setDialogTextGaveUp("The connection to the console is lost. What you see is as it was then.");
        show(live.current());
        unsubscribe = live.subscribe(snapshot -> ui.access(() -> show(snapshot)));
    }

    @Override
    protected void onDetach(DetachEvent detach) {
        unsubscribe.run();
    }

    private void show(Snapshot snapshot) {
        count(alerts, snapshot.openCauses(), snapshot.openCauses() > 0);
        Instant now = Instant.now();
        notifier.show(snapshot.approvals(), now);
        long pending = snapshot.pendingApprovals(now);
        count(approvals, pending, pending > 0);
        count(sessions, snapshot.liveSessions(), false);
        problem.setText(snapshot.problem().orElse(""));
        problem.setVisible(snapshot.problem().isPresent());
    }

    private static void count(Span span, long number, boolean attention) {
        span.setText(number == 0 ? "" : Long.toString(number));
        span.setClassName("attention", attention);
    }
}
