package io.plumbline.console.rules;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.Outcome.Refusal;
import io.plumbline.console.orders.Outcome.Refused;
import io.plumbline.console.people.Person;
import io.plumbline.console.rules.RulesInForce.Described;
import io.plumbline.console.search.Search;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.activation.ActivationException;
import io.plumbline.events.activation.ActivationOrder;
import io.plumbline.events.activation.ActivationOrder.Subject;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.rules.RuleBundle;
import io.plumbline.rules.RuleException;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.watcher.activation.Contents;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Puts rule sets in force, in the shadow, and back. Where two people are asked for, the first one's order is a proposal, and the second
 * one confirms the hash of its content. Trying a set in the shadow takes one person: it decides nothing.
 */
public final class RuleChanges {
    private static final Duration PROPOSAL_LIFE = Duration.ofDays(7);
    private static final int MAX_PROPOSALS = 20;

    private final Orders orders;
    private final Search search;
    private final RulesInForce rules;
    private final boolean twoPeople;

    public RuleChanges(Orders orders, Search search, RulesInForce rules, boolean twoPeople) {
        this.orders = orders;
        this.search = search;
        this.rules = rules;
        this.twoPeople = twoPeople;
    }

    /**
     * What waits for a second person.
     *
     * @param event id of the proposal
     * @param action activate or roll_back
     * @param sha256 of its content; empty for a roll back and for the shipped set
     */
    public record Proposal(
            String event, String action, String name, String sha256, String by, String reason, Instant at) {}

    public boolean takesTwoPeople() {
        return twoPeople;
    }

    /**
     * A file that one set has otherwise than another; what gives placeholders their values is one of them.
     *
     * @param word new, changed or gone
     * @param text as it would be; empty when it is gone
     */
    public record ChangedFile(String word, String name, String text) {}

    /** What differs between two sets, in the order of the second. */
    public static List<ChangedFile> difference(RuleBundle before, RuleBundle after) {
        Map<String, String> old = new LinkedHashMap<>();
        files(before).forEach(source -> old.put(source.name(), source.text()));
        List<ChangedFile> changed = new ArrayList<>();
        for (RuleSource source : files(after)) {
            String was = old.remove(source.name());
            if (!source.text().equals(was)) {
                changed.add(new ChangedFile(was == null ? "new" : "changed", source.name(), source.text()));
            }
        }
        old.keySet().forEach(name -> changed.add(new ChangedFile("gone", name, "")));
        return changed;
    }

    private static List<RuleSource> files(RuleBundle bundle) {
        List<RuleSource> files = new ArrayList<>(bundle.rules());
        if (!bundle.pipeline().isEmpty()) {
            files.add(new RuleSource("pipeline", bundle.pipeline()));
        }
        return files;
    }

    /**
     * @param base what was in force when the person began to change it; another one since would be undone unseen
     * @param name what people call the set
     */
    public Outcome put(
            ActivationAction action, Described base, RuleBundle bundle, String name, String reason, Person by) {
        Described inForce = rules.now().inForce();
        if (!inForce.sha256().equals(base.sha256())) {
            return new Refused(
                    Refusal.STALE,
                    "Another set has come into force since the page was opened: " + inForce.name() + " by "
                            + inForce.by() + ". Open the page again.");
        }
        try {
            RuleSet set = bundle.load();
            byte[] content = Contents.of(bundle);
            ActivationStatement statement = ActivationOrder.statement(Subject.RULES, action, name, set.hash(), content);
            return order(statement, ActivationContent.compress(content), reason, by);
        } catch (RuleException | ActivationException e) {
            return new Refused(Refusal.CONTENT, String.valueOf(e.getMessage()));
        }
    }

    public Outcome rollBack(String reason, Person by) {
        return order(
                ActivationOrder.statement(Subject.RULES, ActivationAction.ROLL_BACK, "", "", new byte[0]),
                ByteString.EMPTY,
                reason,
                by);
    }

    private Outcome order(ActivationStatement statement, ByteString content, String reason, Person by) {
        return twoPeople && statement.getAction() != ActivationAction.SHADOW
                ? orders.propose(statement, content, reason, by)
                : orders.activate(statement, content, reason, by);
    }

    /** What nobody has confirmed yet, the newest first; whatever came into force since ends it. */
    public List<Proposal> proposals(Instant now) {
        Instant since = search.activationAnswers("rules", Optional.empty(), MAX_PROPOSALS).stream()
                .filter(answer -> answer.at("/plumbline/activation/accepted").asBoolean()
                        && !answer.at("/plumbline/activation/action").asText().equals("shadow"))
                .findFirst()
                .map(answer -> Instant.parse(answer.path("@timestamp").asText()))
                .filter(at -> at.isAfter(now.minus(PROPOSAL_LIFE)))
                .orElse(now.minus(PROPOSAL_LIFE));
        List<Proposal> proposals = new ArrayList<>();
        for (ObjectNode event : search.proposals("rules", MAX_PROPOSALS)) {
            Instant at = Instant.parse(event.path("@timestamp").asText());
            if (at.isAfter(since)) {
                proposals.add(new Proposal(
                        event.at("/event/id").asText(),
                        event.at("/plumbline/activation/action").asText(),
                        event.at("/rule/ruleset").asText(),
                        event.at("/plumbline/sha256").asText(),
                        event.at("/user/name").asText(),
                        event.at("/event/reason").asText(),
                        at));
            }
        }
        return proposals;
    }

    /** The rules of a proposal. */
    public RuleBundle bundle(Proposal proposal) throws EventLogException {
        return RulesInForce.bundle(rules.content(proposal.event()));
    }

    /** @param seenSha256 hash of the content that the person looked at */
    public Outcome confirm(Proposal proposal, String seenSha256, String reason, Person by, Instant now) {
        if (proposals(now).stream().noneMatch(open -> open.event().equals(proposal.event()))) {
            return new Refused(
                    Refusal.STALE,
                    "The proposal does not stand any more: something has come into force since, or it is too old.");
        }
        try {
            Activation proposed = rules.content(proposal.event());
            // By the log's word, not by the page's or the search copy's.
            if (proposed.getActivatedBy().isBlank()
                    || proposed.getActivatedBy().equals(by.name())
                    || proposal.by().equals(by.name())) {
                return new Refused(
                        Refusal.SAME_PERSON, by.name() + " has proposed it; another person has to confirm it.");
            }
            ActivationStatement statement = ActivationStatement.parseFrom(proposed.getStatement());
            if (!statement.getSha256().equals(seenSha256)) {
                return new Refused(Refusal.HASH, "The hash is not that of the rules that would judge.");
            }
            return orders.confirm(
                    statement,
                    proposed.getContent(),
                    proposal.reason() + " / " + reason,
                    by,
                    proposed.getActivatedBy());
        } catch (EventLogException | InvalidProtocolBufferException e) {
            return new Refused(Refusal.LOG, String.valueOf(e.getMessage()));
        }
    }
}
