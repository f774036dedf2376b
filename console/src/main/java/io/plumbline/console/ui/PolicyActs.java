package io.plumbline.console.ui;

import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.textfield.TextArea;
import com.vaadin.flow.data.value.ValueChangeMode;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.people.Permission;
import io.plumbline.console.people.Person;
import io.plumbline.console.policy.PolicyHistory;
import io.plumbline.console.policy.PolicyHistory.Revision;
import io.plumbline.console.policy.Tightening;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.events.policy.PolicyComparison.Change;
import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.policy.PolicyDocument;
import io.plumbline.events.v1.TaskPolicy;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Consumer;

/** Makes a running session's policy tighter, or takes it off the network: a signed revision, confirmed or refused by the host. */
final class PolicyActs {
    private static final int MAX_SHOWN = 40;

    private final Search search;
    private final Orders orders;
    private final Person person;
    private final Consumer<String> tell;

    /** @param tell takes one sentence: why nothing can be ordered, or how far the newest order has come */
    PolicyActs(Search search, Orders orders, Person person, Consumer<String> tell) {
        this.search = search;
        this.orders = orders;
        this.person = person;
        this.tell = tell;
    }

    void isolate(String session) {
        inForce(session).ifPresent(held -> {
            TaskPolicy policy = held.policy();
            if (policy.getEgressCount() == 0 && !policy.getEgressUnknown().equals("ask")) {
                tell.accept("The policy in force has no destination; there is nothing to isolate.");
                return;
            }
            new ReasonDialog(
                            "Isolate egress",
                            "The next revision of its policy has no destination. Open connections to the "
                                    + policy.getEgressCount()
                                    + " that it may reach are cut, the model's among them. Everything else stays.",
                            "Isolate egress",
                            "confirm-isolate",
                            reason ->
                                    order(session, held, PolicyDocument.yaml(PolicyDocument.isolated(policy)), reason))
                    .open();
        });
    }

    void tighten(String session) {
        inForce(session).ifPresent(held -> {
            TaskPolicy policy = held.policy();
            TextArea text = new TextArea("Policy");
            text.setId("policy-text");
            text.addClassName("mono");
            text.setWidthFull();
            text.setHeight("260px");
            text.setValue(PolicyDocument.yaml(policy));
            text.setValueChangeMode(ValueChangeMode.LAZY);
            Div changes = new Div();
            changes.setId("policy-changes");
            changes.getElement().setAttribute("tabindex", "0");
            changes.addClassName("changes");
            changes.getElement().setAttribute("role", "status");
            ReasonDialog dialog = new ReasonDialog(
                            "Tighten the policy",
                            "Only changes that tighten it can be ordered. They hold at once; workspace, decoys and processes wait"
                                    + " for the next start.",
                            "Tighten the policy",
                            "confirm-tighten",
                            reason -> Tightening.of(policy, text.getValue()).tightensOnly()
                                    ? order(session, held, text.getValue(), reason)
                                    : "The text is no tighter policy.")
                    .with(new Div(text, changes));
            dialog.setWidth("720px");
            Consumer<String> show = yaml -> {
                Tightening tightening = Tightening.of(policy, yaml);
                show(tightening, changes);
                dialog.allow(tightening.tightensOnly());
            };
            text.addValueChangeListener(change -> show.accept(change.getValue()));
            show.accept(text.getValue());
            dialog.open();
        });
    }

    static void show(Tightening tightening, Div target) {
        target.removeAll();
        tightening.error().ifPresent(error -> target.add(new Div(Parts.said(error, 300, "bad"))));
        if (tightening.error().isEmpty() && tightening.changes().isEmpty()) {
            target.add(new Div(Parts.text("Nothing differs from the policy in force.", "mut")));
        }
        for (Change change : tightening.changes().stream().limit(MAX_SHOWN).toList()) {
            target.add(line(change));
        }
        if (tightening.changes().size() > MAX_SHOWN) {
            target.add(new Div(Parts.text((tightening.changes().size() - MAX_SHOWN) + " more", "mut")));
        }
    }

    static Div line(Change change) {
        boolean wider = change.direction() == Direction.WIDER;
        Div line = new Div(
                Parts.text(
                        switch (change.direction()) {
                            case WIDER -> "▲ wider";
                            case TIGHTER -> "▼ tighter";
                            case OTHER -> "· other";
                        },
                        wider ? "bad" : "mut"),
                Parts.said(" " + change.key() + " ", 60, "mono"),
                Parts.said(change.before(), 160, "removed", "mono"),
                Parts.text(" "),
                Parts.said(change.after(), 160, "added", "mono"));
        line.addClassName("change");
        return line;
    }

    /** @param revision what a policy that is made from it follows */
    private record Held(long revision, TaskPolicy policy) {}

    private Optional<Held> inForce(String session) {
        if (!person.may(Permission.TIGHTEN_POLICY)) {
            tell.accept(Permission.TIGHTEN_POLICY.refusal());
            return Optional.empty();
        }
        try {
            Optional<Held> held = PolicyHistory.read(search, session).inForce().flatMap(newest -> newest.inForce()
                    .map(policy -> new Held(newest.number(), policy)));
            if (held.isEmpty()) {
                tell.accept("No host has confirmed a policy of this session whose text is known.");
            }
            return held;
        } catch (SearchUnavailableException e) {
            tell.accept("The search copy does not answer. Nothing was ordered.");
            return Optional.empty();
        }
    }

    static String sentence(Revision revision) {
        return (revision.number() == 0 ? "Policy revision" : "Policy r" + revision.number()) + " "
                + revision.told(Instant.now())
                + revision.inForce()
                        .map(policy -> policy.getEgressCount() == 0
                                ? " · no destination is left"
                                : " · destinations: " + policy.getEgressCount())
                        .orElse("");
    }

    private String order(String session, Held from, String yaml, String reason) {
        return switch (orders.reviseFrom(from.revision(), session, yaml, reason, person)) {
            case Outcome.Accepted accepted -> {
                tell.accept("Policy revision requested.");
                UI ui = UI.getCurrent();
                Watch.until(() -> PolicyHistory.read(search, session)
                        .ofOrder(accepted.event())
                        .map(revision -> {
                            ui.access(() -> tell.accept(sentence(revision)));
                            return revision.isAnswered();
                        })
                        .orElse(false));
                yield "";
            }
            case Outcome.Refused refused -> refused.explanation();
        };
    }
}
