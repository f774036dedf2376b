package io.plumbline.console.ui;

import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H1;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.Pre;
import com.vaadin.flow.component.html.Section;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.BeforeEnterEvent;
import com.vaadin.flow.router.BeforeEnterObserver;
import com.vaadin.flow.router.PageTitle;
import com.vaadin.flow.router.Route;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.policy.PolicyHistory;
import io.plumbline.console.policy.PolicyHistory.Revision;
import io.plumbline.console.rules.RulesInForce;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.SessionSummary;
import io.plumbline.console.text.VisibleText;
import io.plumbline.events.policy.PolicyComparison;
import io.plumbline.events.policy.PolicyComparison.Change;
import io.plumbline.events.policy.PolicyDocument;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.ShippedPolicies;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.watcher.PolicySimulation;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.learning.PolicyLearning;
import io.plumbline.watcher.learning.Proposal;
import jakarta.annotation.security.PermitAll;
import java.time.Clock;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Policies that were in force in sessions, and those that come with the product: their text, what one allows more or less than another, and
 * what the watcher would have said of a session under one. {@code /policies?session=ID}.
 */
@Route(value = "policies", layout = MainLayout.class)
@PageTitle("Plumbline · policies")
@PermitAll
public class PoliciesView extends Div implements BeforeEnterObserver {
    private static final long serialVersionUID = 1;

    private static final int PICKED_SESSIONS = 50;
    private static final int MAX_CHANGES = 60;
    private static final int NAME_SHOWN = 13;
    private static final String PROPOSED = "proposed";

    private final transient Search search;
    private final transient EventLog log;
    private final transient RulesInForce rulesInForce;
    private final transient Clock clock;
    private final Choice session = new Choice("policy-session", "Session", this::open);
    private final Choice shown = new Choice("policy-shown", "Policy to show", picked -> show());
    private final Choice against = new Choice("policy-against", "Policy to compare with", picked -> show());
    private final Span named = new Span();
    private final Div revisions = new Div();
    private final Div text = new Div();
    private final Div changes = new Div();
    private final Div simulated = new Div();
    private final Div proposed = new Div();
    private transient Optional<Proposal> proposal = Optional.empty();
    private transient Map<String, TaskPolicy> policies = Map.of();

    public PoliciesView(Search search, EventLog log, RulesInForce rulesInForce, Clock clock) {
        this.search = search;
        this.log = log;
        this.rulesInForce = rulesInForce;
        this.clock = clock;
        addClassName("list-page");
        Div head = new Div(new H1("Policies"), Parts.text("", "sp"), Parts.text("session ", "mut"), session, named);
        head.addClassName("page-head");
        revisions.setId("revisions");
        text.setId("policy-document");
        changes.setId("policy-difference");
        changes.getElement().setAttribute("role", "status");
        simulated.setId("simulation");
        simulated.getElement().setAttribute("role", "status");
        Div pick = new Div(shown);
        pick.addClassName("acts");
        Section left = new Section(new H2("Revisions of the session"), revisions, new H2("Text"), pick, text);
        left.getElement().setAttribute("aria-label", "Policy");
        Div compare = new Div(Parts.text("the shown one, against ", "mut"), against);
        compare.addClassName("acts");
        Div simulate =
                new Div(Parts.button("Simulate the shown policy on the session", "simulate", "", this::simulate));
        simulate.addClassName("acts");
        Div propose = new Div(Parts.button("Propose a policy from what the session did", "propose", "", this::propose));
        propose.addClassName("acts");
        proposed.setId("proposal");
        proposed.getElement().setAttribute("role", "status");
        Section right = new Section(
                new H2("Difference"),
                compare,
                changes,
                new H2("Simulation"),
                simulate,
                simulated,
                new H2("Learning"),
                propose,
                proposed);
        right.getElement().setAttribute("aria-label", "Difference and simulation");
        Div body = new Div(left, right);
        body.addClassName("workbench");
        add(head, body);
    }

    @Override
    public void beforeEnter(BeforeEnterEvent event) {
        try {
            Map<String, String> sessions = new LinkedHashMap<>();
            for (SessionSummary row : search.sessions(PICKED_SESSIONS)) {
                sessions.put(row.session(), VisibleText.line(row.session() + " · " + row.task(), 70));
            }
            String wanted = event.getLocation()
                    .getQueryParameters()
                    .getSingleParameter("session")
                    .orElseGet(() -> sessions.keySet().stream().findFirst().orElse(""));
            if (!wanted.isEmpty()
                    && !sessions.containsKey(wanted)
                    && search.session(wanted).isPresent()) {
                sessions.put(wanted, VisibleText.line(wanted, 70));
            }
            session.options(sessions);
            open(sessions.containsKey(wanted) ? wanted : "");
        } catch (SearchUnavailableException e) {
            showOwn();
        }
    }

    private void showOwn() {
        revisions.add(new Div("The search copy does not answer. Only the policies of the product are shown."));
        offer(List.of());
    }

    private void open(String id) {
        session.value(id);
        named.removeAll();
        if (!id.isEmpty()) {
            named.add(Parts.copyable(id, NAME_SHOWN));
        }
        simulated.removeAll();
        proposed.removeAll();
        proposal = Optional.empty();
        revisions.removeAll();
        List<Revision> known;
        try {
            known = id.isEmpty() ? List.of() : PolicyHistory.read(search, id).revisions();
        } catch (SearchUnavailableException e) {
            showOwn();
            return;
        }
        DescriptionList facts = Parts.facts();
        known.reversed().forEach(revision -> Parts.fact(facts, number(revision), told(revision)));
        revisions.add(known.isEmpty() ? Parts.text("none is known", "mut") : facts);
        offer(known);
    }

    /** Learns beside the page; what is proposed can be compared and simulated like every other policy. */
    private void propose() {
        String id = session.value();
        if (id.isEmpty()) {
            proposed.removeAll();
            proposed.add(new Div(Parts.text("There is no such session.", "bad")));
            return;
        }
        LogWork.beside(proposed, () -> proposal(id));
    }

    private Runnable proposal(String id) throws EventLogException {
        List<Event> telemetry = log.telemetry(id);
        if (telemetry.isEmpty()) {
            return () -> proposed.add(new Div(Parts.text("The log does not have the session any more.", "bad")));
        }
        try {
            Proposal learned = PolicyLearning.of(
                    new TreeMap<>(Map.of(id, telemetry)), Optional.empty(), "learned", rules(), Set.of());
            List<Revision> known = PolicyHistory.read(search, id).revisions();
            return () -> {
                if (!session.value().equals(id)) {
                    // Another session was chosen meanwhile.
                    return;
                }
                proposal = Optional.of(learned);
                offer(known);
                if (EventLog.isCut(telemetry)) {
                    proposed.add(new Div(Parts.text("The session is longer than what was read of it.", "warn-text")));
                }
                proposed.add(new Div(learned.lines().size() + " lines from what the session did without an alert; "
                        + learned.leftOut().size() + " left out. It is the policy that is shown now: compare and"
                        + " simulate it. Nothing is in force by it."));
                learned.leftOut().stream()
                        .limit(MAX_CHANGES)
                        .forEach(one -> proposed.add(new Div(
                                Parts.said(one.what(), 160, "mono"), Parts.said(" · " + one.why(), 200, "mut"))));
            };
        } catch (PolicyException | IllegalArgumentException e) {
            return () -> proposed.add(new Div(Parts.said(String.valueOf(e.getMessage()), 300, "bad")));
        }
    }

    /** With the id of the person's order; the policy of the start has none. */
    private Span told(Revision revision) {
        Span told = new Span(Parts.said(
                revision.told(clock.instant())
                        + (revision.by().isEmpty() ? "" : " · " + revision.by())
                        + (revision.reason().isEmpty() ? "" : " · “" + revision.reason() + "”")
                        + " · " + Parts.moment(revision.at(), clock.instant()),
                300));
        if (!revision.order().isEmpty()) {
            told.add(Parts.text(" · order "), Parts.copyable(revision.order(), NAME_SHOWN));
        }
        return told;
    }

    private static String number(Revision revision) {
        return revision.number() == 0 ? "r?" : "r" + revision.number();
    }

    private void offer(List<Revision> known) {
        Map<String, TaskPolicy> offered = new LinkedHashMap<>();
        Map<String, String> labels = new LinkedHashMap<>();
        proposal.ifPresent(learned -> {
            offered.put(PROPOSED, learned.policy());
            labels.put(PROPOSED, "proposed · learned from the session");
        });
        for (Revision revision : known.reversed()) {
            revision.inForce().ifPresent(policy -> {
                offered.put(number(revision), policy);
                labels.put(
                        number(revision),
                        VisibleText.line(number(revision) + " of the session · " + policy.getName(), 60));
            });
        }
        for (String name : ShippedPolicies.NAMES) {
            try {
                offered.put(name, PolicyParser.parse(ShippedPolicies.yaml(name)));
                labels.put(name, "shipped · " + name);
            } catch (PolicyException e) {
                throw new IllegalStateException("shipped policy " + name + " (expected: readable)", e);
            }
        }
        policies = offered;
        List<String> order = List.copyOf(offered.keySet());
        shown.options(labels).value(order.getFirst());
        against.options(labels).value(order.get(1));
        show();
    }

    private void show() {
        text.removeAll();
        changes.removeAll();
        Optional<TaskPolicy> policy = Optional.ofNullable(policies.get(shown.value()));
        policy.ifPresent(found -> {
            Pre document = new Pre(VisibleText.block(written(shown.value(), found)));
            document.addClassName("subject");
            text.add(document);
        });
        Optional<TaskPolicy> other = Optional.ofNullable(policies.get(against.value()));
        if (policy.isEmpty() || other.isEmpty()) {
            return;
        }
        List<Change> found = PolicyComparison.between(other.get(), policy.get());
        if (found.isEmpty()) {
            changes.add(new Div(Parts.text("Nothing differs.", "mut")));
        }
        found.stream().limit(MAX_CHANGES).forEach(change -> changes.add(PolicyActs.line(change)));
        if (found.size() > MAX_CHANGES) {
            changes.add(new Div(Parts.text((found.size() - MAX_CHANGES) + " more", "mut")));
        }
    }

    /** The product's own and what was learned stand as they were written, with their comments. */
    private String written(String name, TaskPolicy policy) {
        if (name.equals(PROPOSED) && proposal.isPresent()) {
            return proposal.get().yaml();
        }
        return ShippedPolicies.NAMES.contains(name) ? ShippedPolicies.yaml(name) : PolicyDocument.yaml(policy);
    }

    private void simulate() {
        String id = session.value();
        Optional<TaskPolicy> policy = Optional.ofNullable(policies.get(shown.value()));
        simulated.removeAll();
        try {
            if (policy.isEmpty() || id.isEmpty() || search.session(id).isEmpty()) {
                simulated.add(new Div(Parts.text("There is no such session.", "bad")));
                return;
            }
        } catch (SearchUnavailableException e) {
            simulated.add(new Div(Parts.text("The search copy does not answer. Nothing was simulated.", "bad")));
            return;
        }
        TaskPolicy tried = policy.get();
        LogWork.beside(simulated, () -> simulation(id, tried));
    }

    private Runnable simulation(String id, TaskPolicy policy) throws EventLogException {
        List<Event> telemetry = log.telemetry(id);
        if (telemetry.isEmpty()) {
            return () -> simulated.add(new Div(Parts.text("The log does not have the session any more.", "bad")));
        }
        boolean cut = EventLog.isCut(telemetry);
        List<Judge> rules = rules();
        PolicySimulation.Outcome before = PolicySimulation.of(telemetry, Optional.empty(), rules);
        PolicySimulation.Outcome after = PolicySimulation.of(telemetry, Optional.of(policy), rules);
        return () -> {
            DescriptionList facts = Parts.facts();
            Parts.fact(
                    facts,
                    "alerts",
                    before.alerts().size() + " → " + after.alerts().size());
            Parts.fact(
                    facts,
                    "questions",
                    before.questions().size() + " → " + after.questions().size());
            Parts.fact(
                    facts,
                    "denied",
                    before.denied().size() + " → " + after.denied().size());
            Parts.fact(facts, "risk", before.risk() + " → " + after.risk());
            Parts.fact(facts, "frozen", frozen(before) + " → " + frozen(after));
            simulated.add(
                    facts,
                    new Div(Parts.text(
                            "Its own policy → the shown one, with the rules in force. What the workload would have done after a refusal or"
                                    + " a freeze nobody knows.",
                            "mut")));
            if (cut) {
                simulated.add(new Div(Parts.text("The session is longer than what was read of it.", "warn-text")));
            }
            after.alerts().stream()
                    .sorted(Comparator.comparing(AlertRaised::getSeverity).reversed())
                    .limit(MAX_CHANGES)
                    .forEach(alert -> simulated.add(new Div(
                            Parts.said(alert.getTitle(), 120), Parts.said(" · " + alert.getSeen(), 160, "mut"))));
            if (after.alerts().size() > MAX_CHANGES) {
                simulated.add(new Div(
                        Parts.text((after.alerts().size() - MAX_CHANGES) + " more, none of them graver", "mut")));
            }
        };
    }

    private List<Judge> rules() throws EventLogException {
        return List.of(
                new RulesJudge(rulesInForce.load(rulesInForce.now().inForce()).set()));
    }

    private static String frozen(PolicySimulation.Outcome outcome) {
        return outcome.frozenBy().isPresent() ? "yes" : "no";
    }
}
