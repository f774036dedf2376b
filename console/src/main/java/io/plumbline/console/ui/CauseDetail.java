package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Aside;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.H2;
import com.vaadin.flow.component.html.ListItem;
import com.vaadin.flow.component.html.NativeButton;
import com.vaadin.flow.component.html.OrderedList;
import com.vaadin.flow.component.html.Span;
import com.vaadin.flow.router.QueryParameters;
import com.vaadin.flow.router.RouteParameters;
import com.vaadin.flow.router.RouterLink;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.search.CauseRow;
import io.plumbline.console.triage.Words;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One cause: what it is, what was decided about it, and the buttons with their keys. */
final class CauseDetail extends Aside {
    private static final long serialVersionUID = 1;

    private final transient Map<String, Runnable> acts;
    private final transient Person person;

    /** @param acts by key: a, n, v, s, o, f, t, K, i, p */
    CauseDetail(Map<String, Runnable> acts, Person person) {
        this.acts = acts;
        this.person = person;
        addClassName("cause");
        setId("cause");
        getElement().setAttribute("aria-label", "Selected alert");
    }

    /** @param fate what became of this person's last decision; empty when there is none */
    void show(Optional<CauseRow> selected, String fate, Instant now) {
        removeAll();
        if (selected.isEmpty()) {
            Div empty = new Div("Nothing is selected. j and k go down and up.");
            empty.addClassName("empty");
            add(empty);
            return;
        }
        CauseRow cause = selected.get();
        H2 title = new H2();
        title.add(Parts.said(cause.title(), 160));
        Div chips = new Div(
                Parts.chip(
                        Parts.tierMark(cause.severity()) + cause.severity(),
                        cause.severityNumber() >= 4 ? "bad" : "plain"),
                Parts.chip("risk " + cause.risk()),
                Parts.said(cause.kind(), 40, "chip"));
        Parts.evidence(cause).ifPresent(chips::add);
        chips.addClassName("acts");
        add(title, chips, buttons());
        if (!fate.isEmpty()) {
            Div told = new Div(Parts.said(fate, 300));
            told.setId("fate");
            told.addClassName("fate");
            told.setClassName("bad", fate.startsWith("refused"));
            add(told);
        }
        DescriptionList facts = Parts.facts();
        Parts.fact(facts, "said", Parts.said(cause.said(), 400));
        Parts.fact(facts, "seen", Parts.said(cause.seen(), 600, "mono"));
        Parts.fact(facts, "why", Parts.said(cause.why(), 400));
        if (!cause.expected().isEmpty()) {
            Parts.fact(facts, "expected", Parts.said(cause.expected(), 300, "mono"));
        }
        Parts.fact(facts, "clause", Parts.said(cause.clause(), 120, "mono"));
        Parts.fact(
                facts,
                "raised",
                cause.alerts() == 1
                        ? "once, " + Parts.moment(cause.last(), now)
                        : cause.alerts() + " times, " + Parts.moment(cause.first()) + " to "
                                + Parts.moment(cause.last(), now));
        Parts.fact(facts, "task", Parts.said(cause.task(), 240));
        Parts.fact(facts, "agent", Parts.said(cause.agent() + " on " + cause.host(), 100));
        RouterLink session = new RouterLink();
        session.setRoute(SessionView.class, new RouteParameters("id", cause.session()));
        session.setQueryParameters(QueryParameters.of("at", cause.alert()));
        session.add(Parts.said(cause.session(), 40, "mono"));
        Span named = new Span(session, Parts.copy(cause.session()));
        named.addClassName("copyable");
        Parts.fact(facts, "session", named);
        Parts.fact(facts, "alert", Parts.copyable(cause.alert(), 40));
        RouterLink report = new RouterLink(
                "report to print or save", SessionReportView.class, new RouteParameters("id", cause.session()));
        report.setId("case-report");
        Parts.fact(facts, "case", report);
        add(facts, Parts.heading("Triage"), triage(cause, now));
        history(cause, now);
    }

    private Div buttons() {
        Div buttons = new Div(
                button("Take it", "take", "a", "primary", Permission.TRIAGE),
                button("Verdict…", "verdict-open", "v", "", Permission.TRIAGE),
                button("Note…", "note-open", "n", "", Permission.TRIAGE),
                button("Suppress…", "suppress-open", "s", "", Permission.TRIAGE),
                button("Reopen…", "reopen-open", "o", "", Permission.TRIAGE),
                button("Freeze…", "freeze-open", "f", "", Permission.FREEZE),
                button("Thaw…", "thaw-open", "t", "", Permission.THAW),
                button("Kill…", "kill-open", "K", "kill", Permission.KILL),
                button("Isolate egress…", "isolate-open", "i", "", Permission.TIGHTEN_POLICY),
                button("Tighten policy…", "tighten-open", "p", "", Permission.TIGHTEN_POLICY));
        buttons.addClassName("acts");
        return buttons;
    }

    private NativeButton button(String label, String buttonId, String key, String kind, Permission needed) {
        NativeButton button = Parts.button(
                label, buttonId, kind, () -> acts.getOrDefault(key, () -> {}).run());
        button.add(ApprovalsView.key(key));
        return Parts.permitted(button, person, needed);
    }

    private static DescriptionList triage(CauseRow cause, Instant now) {
        DescriptionList facts = Parts.facts();
        facts.setId("triage-state");
        Parts.fact(facts, "state", Words.spoken(cause.status()));
        Parts.fact(facts, "assignee", cause.assignee().isEmpty() ? "nobody" : cause.assignee());
        Parts.fact(facts, "decisions", Long.toString(cause.version()));
        cause.suppression()
                .ifPresent(suppressed -> Parts.fact(
                        facts,
                        "suppressed",
                        Parts.said(
                                "by " + suppressed.owner() + ", this cause in this session, until "
                                        + suppressed
                                                .expires()
                                                .map(end -> Parts.moment(end, now))
                                                .orElse("?"),
                                200)));
        if (!cause.suppressedBy().isEmpty()) {
            RouterLink all = new RouterLink();
            all.setRoute(SuppressionsView.class);
            all.setText("by a suppression of the whole tenant");
            Parts.fact(facts, "suppressed", all);
        }
        return facts;
    }

    private void history(CauseRow cause, Instant now) {
        OrderedList list = new OrderedList();
        list.addClassName("history");
        list.setId("history");
        List<CauseRow.Decision> decisions = cause.history().reversed();
        for (CauseRow.Decision decision : decisions) {
            list.add(new ListItem(
                    Parts.text(Parts.age(Optional.of(decision.at()), now) + " ago ", "mut"),
                    Parts.said(
                            decision.by() + " · " + Words.spoken(decision.word())
                                    + (decision.reasonCode().isEmpty()
                                            ? ""
                                            : " · " + Words.spoken(decision.reasonCode()))
                                    + (decision.note().isEmpty() ? "" : " · “" + decision.note() + "”"),
                            500)));
        }
        for (CauseRow.Refusal refusal : cause.refusals().reversed()) {
            list.add(new ListItem(
                    Parts.text(Parts.age(Optional.of(refusal.at()), now) + " ago ", "mut"),
                    Parts.said(
                            refusal.by() + " · " + Words.spoken(refusal.word()) + " · refused: " + refusal.why(),
                            300,
                            "bad")));
        }
        if (list.getComponentCount() > 0) {
            add(Parts.heading("Record"), list);
        }
    }
}
