package io.plumbline.console.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.console.search.Search;
import io.plumbline.console.security.SignedIn;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationStatement;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/** {@code /api/v1/activations/rules} and {@code /model}: what judges, and orders that change it. */
@RestController
@RequestMapping(path = "/api/v1/activations", produces = MediaType.APPLICATION_JSON_VALUE)
class ActivationController {
    private static final Set<String> SUBJECTS = Set.of("rules", "model");
    private static final Map<String, ActivationAction> ACTIONS = Map.of(
            "activate", ActivationAction.ACTIVATE,
            "shadow", ActivationAction.SHADOW,
            "roll_back", ActivationAction.ROLL_BACK);

    /** Tasks of the watch job whose counts are shown. */
    private static final int MAX_TASKS = 128;

    private final Search search;
    private final Orders orders;
    private final RuleChanges changes;

    ActivationController(Search search, Orders orders, RuleChanges changes) {
        this.search = search;
        this.orders = orders;
        this.changes = changes;
    }

    /**
     * @param content base64 of the zlib stream; empty when there is none
     * @param size bytes before it was compressed; 0 when there is none
     */
    record ActivationBody(
            @Nullable String action,
            @Nullable String name,
            @Nullable String version,
            @Nullable String sha256,
            @Nullable Long size,
            @Nullable String content,
            @Nullable String reason) {}

    @PostMapping("/{subject}")
    ResponseEntity<Map<String, String>> activate(
            @PathVariable String subject, @RequestBody(required = false) @Nullable ActivationBody body) {
        known(subject);
        ActivationAction action = body == null ? null : ACTIONS.get(Objects.requireNonNullElse(body.action(), ""));
        if (body == null || action == null) {
            throw ApiException.badRequest("action: expected activate, shadow or roll_back.");
        }
        if (changes.takesTwoPeople() && subject.equals("rules") && action != ActivationAction.SHADOW) {
            throw new ApiException(
                    HttpStatus.CONFLICT,
                    "It takes two people to put rules in force here, and the API's token proves none: use the Rules page.");
        }
        ActivationStatement statement = ActivationStatement.newBuilder()
                .setSubject(subject)
                .setAction(action)
                .setName(Objects.requireNonNullElse(body.name(), ""))
                .setVersion(Objects.requireNonNullElse(body.version(), ""))
                .setSha256(Objects.requireNonNullElse(body.sha256(), ""))
                .setSize(Objects.requireNonNullElse(body.size(), 0L))
                .build();
        try {
            ByteString content =
                    ByteString.copyFrom(Base64.getDecoder().decode(Objects.requireNonNullElse(body.content(), "")));
            return ApiController.answer(orders.activate(
                    statement, content, Objects.requireNonNullElse(body.reason(), ""), SignedIn.person()));
        } catch (IllegalArgumentException e) {
            throw ApiException.badRequest("content: expected base64.");
        }
    }

    /**
     * Answers {@code {"answers":[newest first], "shadow":[counts of one task each]}}; {@code shadow} is of the newest answer's candidate.
     *
     * @param order id of one order; left out: of all
     */
    @GetMapping("/{subject}")
    String activations(@PathVariable String subject, @RequestParam Optional<String> order) {
        known(subject);
        ObjectNode answer = JsonNodeFactory.instance.objectNode();
        ArrayNode answers = answer.putArray("answers");
        List<ObjectNode> found = search.activationAnswers(subject, order, 20);
        for (ObjectNode event : found) {
            JsonNode activation = event.at("/plumbline/activation");
            answers.add(
                    activation.isObject()
                            ? ((ObjectNode) activation.deepCopy())
                                    .put("order", event.at("/plumbline/cause").asText())
                                    .put("at", event.path("@timestamp").asText())
                            : JsonNodeFactory.instance.objectNode());
        }
        ArrayNode shadow = answer.putArray("shadow");
        String candidate = found.isEmpty()
                ? ""
                : found.getFirst().at("/plumbline/activation/shadow/order").asText();
        if (!candidate.isEmpty()) {
            search.shadowCounts(candidate, MAX_TASKS).forEach(event -> shadow.add(event.at("/plumbline/shadow")));
        }
        return answer.toString();
    }

    private static void known(String subject) {
        if (!SUBJECTS.contains(subject)) {
            throw ApiException.notFound("There is no such resource.");
        }
    }
}
