package io.plumbline.console.ui;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.console.search.Search;
import java.time.Instant;
import java.util.Optional;

/** What became of an order or a proposal about rules, in words. */
final class ActivationFate {
    private ActivationFate() {}

    /** Empty while nobody has answered. */
    static Optional<String> of(Search search, String order, RuleChanges changes, Instant now) {
        Optional<String> answered = search.activationAnswers("rules", Optional.of(order), 1).stream()
                .findFirst()
                .map(event -> event.at("/plumbline/activation"))
                .map(ActivationFate::sentence);
        return answered.isPresent() || !changes.takesTwoPeople()
                ? answered
                : changes.proposals(now).stream()
                        .filter(proposal -> proposal.event().equals(order))
                        .findFirst()
                        .map(proposal -> "proposed; another person has to confirm it");
    }

    private static String sentence(JsonNode answer) {
        if (!answer.path("accepted").asBoolean()) {
            return "refused by the watch job: " + answer.path("reason").asText();
        }
        return switch (answer.path("action").asText()) {
            case "shadow" -> "in the shadow: " + answer.at("/shadow/name").asText();
            case "roll_back" ->
                "rolled back; in force: " + answer.at("/in_force/name").asText();
            default -> "in force: " + answer.at("/in_force/name").asText();
        };
    }
}
