package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.rules.RuleChanges;
import io.plumbline.events.EventIds;
import io.plumbline.events.activation.ActivationContent;
import io.plumbline.events.v1.Activation;
import io.plumbline.events.v1.ActivationAction;
import io.plumbline.events.v1.ActivationAnswered;
import io.plumbline.events.v1.ActivationStatement;
import io.plumbline.events.v1.ActiveSet;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuleSources;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TriageNoted;
import io.plumbline.rules.RulePack;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.sigma.Level;
import io.plumbline.rules.sigma.Metadata;
import io.plumbline.rules.sigma.Placeholders;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** Rules from what they found to what judges next. */
class RulesIT extends ConsoleTest {
    private static Event alertOf(Metadata rule, String session, String deviation) {
        return EventIds.withId(
                DemoIndex.alert(session, now(), DeviationKind.RULE, Severity.CRITICAL, rule.title(), deviation, 60)
                        .toBuilder()
                        .setAlertRaised(AlertRaised.newBuilder()
                                .setKind(DeviationKind.RULE)
                                .setSeverity(Severity.CRITICAL)
                                .setTitle(rule.title())
                                .setClause("rule " + rule.id())
                                .setDeviation(EventIds.derived(session, deviation))));
    }

    private static Event triaged(Event alert, String verdict) {
        return EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(alert.getSession())
                .setChannel(Channel.CONTROL)
                .setEventTimeNs(now())
                .setObservedTimeNs(now())
                .setTriageNoted(TriageNoted.newBuilder()
                        .setAlert(alert.getId())
                        .setCause(alert.getAlertRaised().getDeviation())
                        .setCoversUntilNs(now())
                        .setVerdict(verdict)
                        .setReasonCode("x")
                        .setNotedBy("ana")));
    }

    /** The watch job takes an order. */
    private static Event answered(Event order) throws Exception {
        Activation activation = order.getRuleSetActivated().getActivation();
        ActivationStatement statement = ActivationStatement.parseFrom(activation.getStatement());
        ActiveSet set = ActiveSet.newBuilder()
                .setName(statement.getName())
                .setVersion(statement.getVersion())
                .setSha256(statement.getSha256())
                .setOrder(order.getId())
                .setActivatedBy(activation.getActivatedBy())
                .build();
        ActivationAnswered.Builder answer = ActivationAnswered.newBuilder()
                .setCause(order.getId())
                .setSubject("rules")
                .setAction(statement.getAction())
                .setName(statement.getName())
                .setAccepted(true);
        if (statement.getAction() == ActivationAction.SHADOW) {
            answer.setShadow(set);
        } else {
            answer.setInForce(set);
        }
        return EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(now())
                .setObservedTimeNs(now())
                .setActivationAnswered(answer));
    }

    /** The watch job ends the shadow: what judges stays. */
    private static Event rolledBack(Event order) {
        return EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(now())
                .setObservedTimeNs(now())
                .setActivationAnswered(ActivationAnswered.newBuilder()
                        .setCause(order.getId())
                        .setSubject("rules")
                        .setAction(ActivationAction.ROLL_BACK)
                        .setAccepted(true)
                        .setInForce(ActiveSet.newBuilder().setName("shipped"))));
    }

    @Test
    void theListSaysHowEachRuleDid() throws Exception {
        RuleSet shipped = RuleSet.load(RulePack.sources(), Placeholders.NONE);
        Metadata rule = shipped.detections().stream()
                .map(detection -> detection.metadata())
                .filter(metadata ->
                        metadata.level().filter(Level.CRITICAL::equals).isPresent()
                                && metadata.tags().stream().anyMatch(tag -> tag.startsWith("attack.t")))
                .findFirst()
                .orElseThrow();
        List<Event> alerts =
                List.of(alertOf(rule, "rules-1", "a"), alertOf(rule, "rules-1", "b"), alertOf(rule, "rules-1", "c"));
        stack.index.write(alerts);
        stack.index.write(List.of(triaged(alerts.get(0), "true_positive"), triaged(alerts.get(1), "benign")));
        try (Page page = stack.signedIn("bea")) {
            page.locator("#nav-rules").click();
            assertThat(page.locator("#in-force")).containsText("shipped");
            page.locator("vaadin-grid").getByText(rule.title()).first().click();
            assertThat(page.locator("#rule h2")).hasText(rule.title());
            assertThat(page.locator("#rule").getByLabel("Copy " + rule.id())).isVisible();
            assertThat(page.locator("#rule")).containsText("1 true, 1 not");
            assertThat(page.locator("#rule-hits")).containsText("3 in 14 days");
            assertThat(page.locator("#rule-precision")).containsText("first 50 %, last 50 %, of 1 day with verdicts");
            assertThat(page.locator("#rule-text")).containsText(rule.id());
            ConsoleStack.screenshot(page, "rules");
            page.locator("#coverage-link").click();
            assertThat(page.locator("#coverage-attack .technique").first()).isVisible();
            assertThat(page.locator("#coverage-atlas .technique").first()).isVisible();
            ConsoleStack.screenshot(page, "coverage");
        }
    }

    /** Alerts under the policy that is shown. */
    private static int simulated(Page page) {
        Matcher alerts = Pattern.compile("alerts(\\d+) → \\d+")
                .matcher(page.locator("#simulation").textContent());
        assertThat(alerts.find()).isTrue();
        return Integer.parseInt(alerts.group(1));
    }

    @Test
    void aPolicyIsTriedOnAPastSessionWithTheRulesInForce() throws Exception {
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/policies?session=" + DemoSession.SESSION);
            page.locator("#simulate").click();
            assertThat(page.locator("#simulation")).containsText("with the rules in force");
            int before = simulated(page);

            page.navigate(stack.base + "/rules/edit");
            var text = page.locator("#rule-source textarea");
            assertThat(text).hasValue(Pattern.compile("condition: selection"));
            text.fill(text.inputValue()
                    .replace("00000000-0000-4000-8000-000000000000", "0d5ac7b4-7b0e-4b0c-9a53-2f1f6e8d4c19"));
            assertThat(page.locator("#activate")).isEnabled();
            page.locator("#activate").click();
            page.locator("#reason textarea").fill("for the simulation");
            page.locator("#confirm-activation").click();
            assertThat(page.locator("#rules-status")).hasText("requested");
            Event order = stack.log.orders().getLast();
            try {
                stack.index.write(List.of(answered(order)));
                assertThat(page.locator("#rules-status")).hasText("in force: console");
                page.navigate(stack.base + "/policies?session=" + DemoSession.SESSION);
                page.locator("#simulate").click();
                assertThat(page.locator("#simulation")).containsText("with the rules in force");
                assertThat(simulated(page)).as("alerts, with one rule more").isGreaterThan(before);
            } finally {
                // Other tests begin with the shipped ones.
                stack.index.write(List.of(rolledBack(order)));
            }
        }
    }

    @Test
    void aRuleIsWrittenTriedAndPutInForce() throws Exception {
        // Among the newest sessions, which are those that a backtest reads, whatever else was written.
        stack.log.confirm(RuntimeState.State.FROZEN);
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/rules/edit");
            var text = page.locator("#rule-source textarea");
            assertThat(text).hasValue(Pattern.compile("condition: selection"));
            String yaml = text.inputValue()
                    .replace("00000000-0000-4000-8000-000000000000", "6f1c7a52-9d1b-4c7e-8b57-3c1f0a5d2e11");
            text.fill(yaml.replace("condition: selection", "condition: other"));
            assertThat(page.locator("#remarks")).containsText("▲ error");
            assertThat(page.locator("#activate")).isDisabled();
            text.fill(yaml);
            assertThat(page.locator("#remarks")).not().containsText("▲ error");
            assertThat(page.locator("#activate")).isEnabled();

            page.locator("#bench-events textarea").fill("{\"Image\": \"/usr/bin/curl\"}\n{\"Image\": \"/bin/ls\"}");
            page.locator("#explain").click();
            assertThat(page.locator("#bench")).containsText("✓ matches event 1");
            assertThat(page.locator("#bench")).containsText("✗ does not match event 2");
            assertThat(page.locator("#bench")).containsText("the event has /bin/ls");
            page.locator("#bench-events textarea").fill("- Image: /opt/curl\n- Image: [");
            page.locator("#explain").click();
            assertThat(page.locator("#bench")).containsText("neither JSON nor YAML");

            page.locator("#bench-session").selectOption(DemoSession.SESSION);
            page.locator("#explain-session").click();
            assertThat(page.locator("#bench")).containsText("1 of");
            assertThat(page.locator("#bench")).containsText("✓ matches");
            page.locator("#run-backtest").click();
            assertThat(page.locator("#backtest")).containsText("1 new against the set in force");
            assertThat(page.locator("#backtest")).containsText("What it finds at");
            page.locator("#run-backtest-stored").click();
            assertThat(page.locator("#backtest")).containsText("rules are not answerable there");
            assertThat(page.locator("#backtest")).containsText("1 new against the set in force");
            ConsoleStack.screenshot(page, "rule-edit");

            page.locator("#try-shadow").click();
            page.locator("#reason textarea").fill("see what it finds");
            page.locator("#confirm-activation").click();
            assertThat(page.locator("#rules-status")).hasText("requested");
            Event shadow = stack.log.orders().getLast();
            Activation activation = shadow.getRuleSetActivated().getActivation();
            ActivationStatement statement = ActivationStatement.parseFrom(activation.getStatement());
            assertThat(statement.getAction()).isEqualTo(ActivationAction.SHADOW);
            assertThat(activation.getActivatedBy()).isEqualTo("admin");
            assertThat(RuleSources.parseFrom(ActivationContent.expand(
                                    activation.getContent(), statement.getSize(), statement.getSha256()))
                            .getRulesList())
                    .hasSize(RulePack.sources().size() + 1)
                    .last()
                    .satisfies(rule -> assertThat(rule.getText()).isEqualTo(yaml));
            stack.index.write(List.of(answered(shadow)));
            assertThat(page.locator("#rules-status")).hasText("in the shadow: console");
            page.navigate(stack.base + "/rules");
            assertThat(page.locator("#shadow")).containsText("console");

            page.locator("#roll-back").click();
            assertThat(page.locator("vaadin-dialog")).containsText("The set in the shadow ends");
            page.locator("#reason textarea").fill("seen enough");
            page.locator("#confirm-roll-back").click();
            assertThat(page.locator("#rules-status")).hasText("requested");
            Event back = stack.log.orders().getLast();
            assertThat(back.getRuleSetActivated().getActivation()).satisfies(order -> {
                assertThat(order.getReason()).isEqualTo("seen enough");
                assertThat(ActivationStatement.parseFrom(order.getStatement()).getAction())
                        .isEqualTo(ActivationAction.ROLL_BACK);
            });
            stack.index.write(List.of(rolledBack(back)));
            assertThat(page.locator("#rules-status")).hasText("rolled back; in force: shipped");
            assertThat(page.locator("#shadow")).hasCount(0);
        }
    }

    @Test
    void whereTwoPeopleAreAskedTheSecondConfirmsTheSameContent() throws Exception {
        try (ConfigurableApplicationContext strict =
                stack.console(DemoSession.TENANT, 0, "--plumbline.rules-four-eyes=true")) {
            String base = "http://127.0.0.1:" + ConsoleStack.port(strict);
            HttpRequest overTheApi = HttpRequest.newBuilder(URI.create(base + "/api/v1/activations/rules"))
                    .header("Authorization", "Bearer " + ConsoleStack.TOKEN)
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString("{\"action\":\"roll_back\",\"reason\":\"x\"}"))
                    .build();
            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> answer = client.send(overTheApi, HttpResponse.BodyHandlers.ofString());
                assertThat(answer.statusCode()).isEqualTo(409);
                assertThat(answer.body()).contains("two people");
            }
            try (Page first = stack.signedIn("bea", base);
                    Page second = stack.signedIn("admin", base)) {
                first.navigate(base + "/rules/edit");
                assertThat(first.locator("#activate")).hasText("Propose to activate…");
                first.locator("#activate").click();
                first.locator("#reason textarea").fill("tried in the shadow");
                first.locator("#confirm-activation").click();
                assertThat(first.locator("#rules-status")).hasText("proposed; another person has to confirm it");
                Event proposal = stack.log.orders().getLast();
                assertThat(proposal.hasActivationProposed()).isTrue();
                ActivationStatement statement = ActivationStatement.parseFrom(
                        proposal.getActivationProposed().getActivation().getStatement());

                first.navigate(base + "/rules");
                assertThat(first.locator("#rule-sets")).containsText("proposed by you");
                assertThat(first.locator("#confirm-proposal")).hasCount(0);

                // Nor past the page.
                RuleChanges changes = strict.getBean(RuleChanges.class);
                RuleChanges.Proposal own = changes.proposals(Instant.now()).stream()
                        .filter(open -> open.event().equals(proposal.getId()))
                        .findFirst()
                        .orElseThrow();
                assertThat(changes.confirm(own, own.sha256(), "it is me again", ConsoleStack.BEA, Instant.now()))
                        .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.refusal())
                                .isEqualTo(Outcome.Refusal.SAME_PERSON));
                assertThat(changes.confirm(own, "0".repeat(64), "other rules", ConsoleStack.ADMIN, Instant.now()))
                        .isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.refusal())
                                .isEqualTo(Outcome.Refusal.HASH));

                second.navigate(base + "/rules");
                assertThat(second.locator(".proposal").first())
                        .containsText("bea wants to activate console: “tried in the shadow”");
                assertThat(second.locator(".proposal")
                                .getByLabel("Copy " + own.sha256())
                                .first())
                        .isVisible();
                ConsoleStack.screenshot(second, "rules-proposal");
                second.locator("#confirm-proposal").first().click();
                assertThat(second.locator("#proposal-changes")).containsText("new rules/new.yml");
                assertThat(second.locator("#proposal-changes")).containsText("Image|endswith: /curl");
                second.locator("#reason textarea").fill("read it");
                assertThat(second.locator("#confirm-activation")).isDisabled();
                second.locator("#typed input").fill(statement.getSha256().substring(0, 4));
                second.locator("#confirm-activation").click();
                assertThat(second.locator("#rules-status")).hasText("requested");
                Event order = stack.log.orders().getLast();
                assertThat(order.getRuleSetActivated().getActivation().getActivatedBy())
                        .isEqualTo("bea and admin");
                assertThat(ActivationStatement.parseFrom(order.getRuleSetActivated()
                                        .getActivation()
                                        .getStatement())
                                .getSha256())
                        .isEqualTo(statement.getSha256());
            }
        }
    }
}
