package io.plumbline.console.rules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.search.Search;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.Event;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.watcher.activation.Contents;
import java.lang.ref.SoftReference;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The rule sets that the watch job says it has, with their text. Sets are kept by their hash for as long as there is room. */
public final class RulesInForce {
    private static final int MAX_KEPT = 4;
    private static final RuleBundle SHIPPED = RuleBundle.of(RulePack.sources());

    private final Search search;
    private final EventLog log;
    private final Map<String, SoftReference<Loaded>> kept = new LinkedHashMap<>();

    /** A set's text, and what of it can be used. */
    public record Loaded(RuleBundle bundle, RuleSet set) {
        static Loaded of(RuleBundle bundle) throws EventLogException {
            try {
                return new Loaded(bundle, bundle.loadUsable().set());
            } catch (RuleException e) {
                throw new EventLogException("The pipeline of the order is not readable.", e);
            }
        }
    }

    /**
     * A set as the watch job describes it.
     *
     * @param sha256 of its content; empty for the one that came with the product
     * @param order event id of the order that carries the content; empty when nobody has ordered it
     */
    public record Described(
            String name, String version, String sha256, String order, String by, String reason, String since) {
        static final Described SHIPPED =
                new Described(ActivationOrder.SHIPPED, "", "", "", "", "what the watch job was started with", "");

        static Optional<Described> of(JsonNode set) {
            return set.isObject()
                    ? Optional.of(new Described(
                            set.path("name").asText(ActivationOrder.SHIPPED),
                            set.path("version").asText(),
                            set.path("sha256").asText(),
                            set.path("order").asText(),
                            set.path("activated_by").asText(),
                            set.path("reason").asText(),
                            set.path("since").asText()))
                    : Optional.empty();
        }
    }

    /**
     * What judges now.
     *
     * @param shadow counted beside it and heard by nobody
     * @param gained hits of the shadow that the set in force has not, by rule; {@code lost} the other way round
     */
    public record Now(
            Described inForce, Optional<Described> shadow, Map<String, Long> gained, Map<String, Long> lost) {}

    public RulesInForce(Search search, EventLog log) {
        this.search = search;
        this.log = log;
    }

    public Now now() {
        List<ObjectNode> answers = search.activationAnswers("rules", Optional.empty(), 1);
        JsonNode newest = answers.isEmpty()
                ? JsonNodeFactory.instance.objectNode()
                : answers.getFirst().at("/plumbline/activation");
        Optional<Described> shadow = Described.of(newest.path("shadow"));
        Map<String, Long> gained = new LinkedHashMap<>();
        Map<String, Long> lost = new LinkedHashMap<>();
        shadow.filter(set -> !set.order().isEmpty()).ifPresent(set -> search.shadowCounts(set.order(), 128)
                .forEach(event -> event.at("/plumbline/shadow/hits").forEach(hit -> {
                    String rule = hit.path("rule").asText();
                    gained.merge(rule, hit.path("gained").asLong(), Long::sum);
                    lost.merge(rule, hit.path("lost").asLong(), Long::sum);
                })));
        return new Now(Described.of(newest.path("in_force")).orElse(Described.SHIPPED), shadow, gained, lost);
    }

    /**
     * The text of a set.
     *
     * @throws EventLogException when the log does not have it any more, does not answer, or has something else
     */
    public Loaded load(Described described) throws EventLogException {
        synchronized (kept) {
            SoftReference<Loaded> known = kept.get(described.sha256());
            Loaded loaded = known == null ? null : known.get();
            if (loaded != null) {
                return loaded;
            }
        }
        Loaded loaded = Loaded.of(described.sha256().isEmpty() ? SHIPPED : bundle(content(described.order())));
        synchronized (kept) {
            if (kept.size() >= MAX_KEPT) {
                kept.remove(kept.keySet().iterator().next());
            }
            kept.put(described.sha256(), new SoftReference<>(loaded));
        }
        return loaded;
    }

    /** What an order or a proposal carries. */
    Activation content(String order) throws EventLogException {
        Event event = log.order(order)
                .orElseThrow(() -> new EventLogException("The log has the order " + order + " no more."));
        return event.hasActivationProposed()
                ? event.getActivationProposed().getActivation()
                : event.getRuleSetActivated().getActivation();
    }

    static RuleBundle bundle(Activation activation) throws EventLogException {
        try {
            ActivationStatement statement = ActivationStatement.parseFrom(activation.getStatement());
            ByteString content = activation.getContent();
            if (content.isEmpty()) {
                return SHIPPED;
            }
            return Contents.bundle(ActivationContent.expand(content, statement.getSize(), statement.getSha256()));
        } catch (InvalidProtocolBufferException | ActivationException e) {
            throw new EventLogException("The rules of the order are not readable.", e);
        }
    }
}
