package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.JsonNode;
import com.vaadin.flow.component.html.DescriptionList;
import com.vaadin.flow.component.html.Div;
import com.vaadin.flow.component.html.ListItem;
import com.vaadin.flow.component.html.UnorderedList;
import io.plumbline.console.search.AlertRow;
import io.plumbline.console.search.Search;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.search.TimelineEvent;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Why an alert was raised: the rule's condition with the value that each part saw, or the intent model's score, its reasons and both
 * texts. Empty for other alerts. Rules and texts are shown as text only.
 */
final class AlertReasons extends Div {
    private static final long serialVersionUID = 1;

    private static final Logger LOG = LoggerFactory.getLogger(AlertReasons.class);
    private static final int MAX_TEXT = 400;

    private AlertReasons() {
        addClassName("reasons");
    }

    /** The reasons of the alert that is open; the search copy has them with the alert's event. */
    static AlertReasons of(Search search, Optional<AlertRow> alert) {
        AlertReasons reasons = new AlertReasons();
        try {
            alert.stream()
                    .filter(row -> row.kind().equals("rule") || row.kind().equals("off_plan"))
                    .flatMap(row -> search.eventsById(row.session(), List.of(row.id())).stream())
                    .map(TimelineEvent::document)
                    .forEach(document -> {
                        reasons.rule(document.at("/plumbline/alert/explanation"));
                        reasons.intent(document.at("/plumbline/alert/intent"));
                    });
        } catch (SearchUnavailableException e) {
            LOG.debug("the reasons of an alert could not be read", e);
            reasons.removeAll();
            reasons.add(Parts.text("Why it was raised is not known: the search copy does not answer.", "warn-text"));
        }
        return reasons;
    }

    private void rule(JsonNode explanation) {
        if (!explanation.isObject()) {
            return;
        }
        DescriptionList facts = Parts.facts();
        facts.setId("rule-explanation");
        Parts.fact(facts, "rule", Parts.said(text(explanation, "rule"), 80, "mono"));
        fact(facts, "version", text(explanation, "rule_version"));
        Parts.fact(facts, "rule set", Parts.said(text(explanation, "set_sha256"), 16, "mono"));
        fact(facts, "author", text(explanation, "author"));
        fact(facts, "licence", text(explanation, "license"));
        add(Parts.heading("Why the rule matched"), facts);
        if (explanation.path("tree").isObject()) {
            UnorderedList tree = new UnorderedList(part(explanation.path("tree")));
            tree.setId("rule-tree");
            add(tree);
        }
        if (explanation.path("cut").asBoolean()) {
            add(Parts.text("parts of it were left out", "mut"));
        }
    }

    private static ListItem part(JsonNode part) {
        boolean matched = part.path("matched").asBoolean();
        ListItem item = new ListItem(
                Parts.text(matched ? "✓ " : "✗ ", matched ? "bad" : "mut"), Parts.said(text(part, "text"), MAX_TEXT));
        String seen = text(part, "seen");
        if (!seen.isEmpty()) {
            item.add(Parts.text(" — saw ", "mut"), Parts.said(seen, MAX_TEXT, "mono"));
        }
        if (part.path("parts").size() > 0) {
            UnorderedList parts = new UnorderedList();
            part.path("parts").forEach(child -> parts.add(part(child)));
            item.add(parts);
        }
        return item;
    }

    private void intent(JsonNode score) {
        if (!score.isObject()) {
            return;
        }
        DescriptionList facts = Parts.facts();
        facts.setId("intent-score");
        String notScored = text(score, "not_scored");
        Parts.fact(
                facts,
                "score",
                notScored.isEmpty()
                        ? String.format(
                                Locale.ROOT,
                                "%.2f (%s)",
                                score.path("risk").asDouble(),
                                text(score, "band").replace('_', ' '))
                        : "not scored");
        double blind = score.path("blind").asDouble();
        if (blind > 0 && blind < score.path("model").asDouble()) {
            fact(facts, "without the agent's words", String.format(Locale.ROOT, "%.2f", blind));
        }
        fact(facts, "why not", notScored);
        fact(facts, "model", text(score, "version"));
        Parts.fact(facts, "task", Parts.said(text(score, "task"), MAX_TEXT));
        Parts.fact(facts, "act", Parts.said(text(score, "act"), MAX_TEXT, "mono"));
        add(Parts.heading("Held against the task"), facts);
        UnorderedList reasons = new UnorderedList();
        score.path("reasons").forEach(reason -> reasons.add(new ListItem(Parts.said(text(reason, "text"), MAX_TEXT))));
        if (reasons.getChildren().findAny().isPresent()) {
            reasons.setId("intent-reasons");
            add(reasons);
        }
    }

    private static void fact(DescriptionList facts, String term, String value) {
        if (!value.isEmpty()) {
            Parts.fact(facts, term, Parts.said(value, MAX_TEXT));
        }
    }

    private static String text(JsonNode node, String field) {
        return node.path(field).asText("");
    }
}
