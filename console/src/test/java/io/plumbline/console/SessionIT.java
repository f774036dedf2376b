package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.search.Search;
import io.plumbline.events.EventIds;
import io.plumbline.events.policy.PolicyDocument;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.PolicyStatement;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The session page: plan beside reality, also for sessions that are too large to read. */
class SessionIT extends ConsoleTest {
    @Test
    void anAnnouncedCallLightsUpWhatBelongsToIt() throws Exception {
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            page.locator("soc-timeline .claim.bad").hover();
            assertThat(page.locator("soc-timeline .process.lit").first()).isVisible();
            assertThat(page.locator("soc-timeline .claim.lit")).hasCount(1);
            // What was judged of it too.
            assertThat(page.locator("soc-timeline .gate.lit")).not().hasCount(0);
            assertThat(page.locator("#evidence")).containsText("kept: descriptors, processes, workspace-diff");
            assertThat(page.locator("#evidence").getByLabel("Copy " + EventIds.sha256Hex("{}")))
                    .hasCount(3);
            String drawn = (String) page.locator("soc-timeline").evaluate(LABELS);
            assertThat(drawn)
                    .contains("told: success “", "api.anthropic.com:443 · allowed · 18,233 B out, 4,120 B in")
                    .contains("gate: deny", "Credential read, then egress", "policy r4");
            assertThat(page.locator("soc-timeline .gate.bad").first()).isVisible();
            page.locator("soc-timeline .claim.bad").click();
            assertThat(page).hasURL(Pattern.compile(".*\\?at=[0-9a-f]{32}"));

            page.locator("#tab-egress").click();
            assertThat(page.locator("#egress-table")).containsText("api.anthropic.com");
            assertThat(page.locator("#egress-table")).containsText("18,233 B");
            page.locator("#tab-files").click();
            assertThat(page.locator("#files-table tbody tr.deviates").first()).containsText("id_rsa");
            ConsoleStack.screenshot(page, "session-files");
        }
    }

    /** What the lanes said, egress and judged have to draw. */
    private static final String LABELS =
            "timeline => ['said', 'egress', 'gates'].flatMap(lane => timeline.model[lane]).map(item => item.label).join('\\n')";

    @Test
    void approvalsAndRevisionsStandInTheLaneOfJudgements() throws Exception {
        long now = now();
        stack.index.write(DemoIndex.under("judged-1", PolicyParser.parse("name: feature-work")));
        Event asked = DemoIndex.approval(
                now, now + 280_000_000_000L, "judged-1", Severity.MEDIUM, "make judged", "approvals[0]", "Share it");
        stack.index.write(List.of(asked, DemoIndex.approved(asked)));
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/judged-1");
            assertThat(page.locator("soc-timeline svg")).isVisible();
            assertThat((String) page.locator("soc-timeline").evaluate(LABELS))
                    .contains("asked: medium", "approved by ana", "policy r1");
        }
    }

    @Test
    void aSessionOfManyEventsIsCountedAndReadPieceByPiece() throws Exception {
        stack.index.many("large-1", now() - 3_600_000_000_000L, 20_000);
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/large-1");
            assertThat(page.locator("#tab-files")).hasText("files 20,000");
            assertThat(page.locator("soc-timeline .density").first()).isVisible();
            assertThat(page.locator("soc-timeline .density")).not().hasCount(1);
            int whole = page.locator("soc-timeline .file").count();
            page.locator("#timeline-in").click();
            page.locator("#timeline-in").click();
            page.waitForCondition(() -> page.locator("soc-timeline .file").count() != whole);
            assertThat(page.locator("soc-timeline .file").first()).isVisible();
            page.locator("#tab-files").click();
            assertThat(page.locator("#files-table")).containsText("/work/file-1");
            ConsoleStack.screenshot(page, "session-large");
            // The oldest one is not among those that are drawn at first.
            String oldest = stack.bean(Search.class)
                    .events("large-1", List.of("file-opened"), Optional.empty(), Search.Keep.OLDEST, 1)
                    .getFirst()
                    .id();
            page.navigate(stack.base + "/session/large-1?at=" + oldest);
            assertThat(page.locator("#selected")).containsText(oldest);
            page.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
            page.locator("#selected").getByLabel("Copy " + oldest).click();
            page.waitForCondition(() -> oldest.equals(page.evaluate("navigator.clipboard.readText()")));
            page.locator(".session-head").getByLabel("Copy large-1").click();
            page.waitForCondition(() -> "large-1".equals(page.evaluate("navigator.clipboard.readText()")));
            assertThat(page.locator("#selected")).containsText("/work/file-1");
        }
    }

    @Test
    void egressIsIsolatedOnceTheHostSaysSo() throws Exception {
        TaskPolicy policy = PolicyParser.parse("""
                name: feature-work
                egress: [{host: api.example.com}, {host: model.example.com, service: model}]
                egress-unknown: ask
                """);
        stack.index.write(DemoIndex.under("isolate-1", policy));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/session/isolate-1");
            assertThat(page.locator("#policy")).containsText("r1confirmed");
            ConsoleStack.key(page, "i");
            assertThat(page.locator("#confirm-isolate")).isDisabled();
            page.locator("#reason textarea").fill("it talks to a stranger");
            page.locator("#confirm-isolate").click();
            assertThat(page.locator("#policy-status")).containsText("requested");
            Event order = stack.log.orders().getLast();
            TaskPolicy ordered = ordered(order);
            assertThat(ordered.getEgressList()).isEmpty();
            assertThat(ordered.getEgressUnknown()).isEqualTo("deny");
            assertThat(order.getPolicyRevised().getRevisedBy()).isEqualTo("bea");
            stack.index.write(List.of(DemoIndex.told(order)));
            assertThat(page.locator("#policy-status")).hasText("Policy revision ordered, not confirmed");
            stack.index.write(List.of(DemoIndex.confirmed(
                    order, ordered.toBuilder().setRevision(2).build())));
            assertThat(page.locator("#policy-status")).hasText("Policy r2 confirmed · no destination is left");
            assertThat(page.locator("#policy")).containsText("“it talks to a stranger”");
            ConsoleStack.screenshot(page, "session-isolated");
            ConsoleStack.key(page, "i");
            assertThat(page.locator("#policy-status")).containsText("nothing to isolate");
            // What was made from the policy before the isolation would undo it.
            Outcome late = stack.bean(Orders.class)
                    .reviseFrom(1, "isolate-1", PolicyDocument.yaml(policy), "x", ConsoleStack.ADMIN);
            assertThat(late).isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.refusal())
                    .isEqualTo(Outcome.Refusal.STALE));
        }
    }

    @Test
    void aPolicyIsTightenedFromAnAlertAndNeverWidened() throws Exception {
        stack.index.write(DemoIndex.under("tighten-1", PolicyParser.parse("name: feature-work")));
        stack.index.write(List.of(
                DemoIndex.alert("tighten-1", now(), DeviationKind.RULE, Severity.HIGH, "to be tightened", "x", 60)));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/alerts?q=plumbline.session:tighten-1");
            assertThat(page.locator("#cause h2")).hasText("to be tightened");
            ConsoleStack.key(page, "p");
            Locator text = page.locator("#policy-text textarea");
            assertThat(text).hasValue(Pattern.compile("memory: 4GiB"));
            String yaml = text.inputValue();
            page.locator("#reason textarea").fill("no more of that");
            text.fill(yaml.replace("memory: 4GiB", "memory: 8GiB"));
            assertThat(page.locator("#policy-changes")).containsText("▲ wider limits.memory");
            assertThat(page.locator("#confirm-tighten")).isDisabled();
            text.fill(yaml.replace("memory: 4GiB", "memory: much"));
            assertThat(page.locator("#policy-changes")).containsText("expected: a size");
            text.fill(yaml.replace("memory: 4GiB", "memory: 1GiB"));
            assertThat(page.locator("#policy-changes")).containsText("▼ tighter limits.memory");
            ConsoleStack.screenshot(page, "tighten");
            page.locator("#confirm-tighten").click();
            assertThat(page.locator("#decision-status")).containsText("requested");
            Event order = stack.log.orders().getLast();
            assertThat(ordered(order).getMemoryBytes()).isEqualTo(1L << 30);
            stack.index.write(List.of(DemoIndex.refused(order, 2, "limits: memory: more is in use")));
            assertThat(page.locator("#decision-status")).hasText("Policy r2 refused: limits: memory: more is in use");
        }
    }

    @Test
    void policiesAreComparedAndTriedOnAPastSession() throws Exception {
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/policies?session=" + DemoSession.SESSION);
            assertThat(page.locator("#revisions")).containsText("r4confirmed");
            assertThat(page.locator(".page-head").getByLabel("Copy " + DemoSession.SESSION))
                    .isVisible();
            assertThat(page.locator("#policy-document")).containsText("name: maintenance");
            page.locator("#policy-shown").selectOption("locked-down");
            page.locator("#policy-against").selectOption("feature-work");
            assertThat(page.locator("#policy-document")).containsText("name: locked-down");
            assertThat(page.locator("#policy-difference")).containsText("▼ tighter egress-unknown");
            assertThat(page.locator("#policy-difference")).not().containsText("▲ wider egress");
            page.locator("#simulate").click();
            assertThat(page.locator("#simulation"))
                    .containsText("Its own policy → the shown one, with the rules in force.");
            assertThat(page.locator("#simulation")).containsText(Pattern.compile("denied\\d+ → \\d+"));
            assertThat(page.locator("#simulation")).containsText("frozen");
            ConsoleStack.screenshot(page, "policies");
            page.locator("#propose").click();
            assertThat(page.locator("#proposal")).containsText("lines from what the session did without an alert");
            assertThat(page.locator("#policy-document")).containsText("name: learned");
            assertThat(page.locator("#policy-shown")).hasValue("proposed");
            page.locator("#policy-against").selectOption("r4");
            assertThat(page.locator("#policy-difference")).containsText("▼ tighter");
            page.locator("#simulate").click();
            assertThat(page.locator("#simulation")).containsText("Its own policy → the shown one");
        }
    }

    private static TaskPolicy ordered(Event order) throws Exception {
        return PolicyParser.parse(
                PolicyStatement.parseFrom(order.getPolicyRevised().getSigned().getStatement())
                        .getPolicyYaml());
    }

    @Test
    void aFreezeFromAnAlertIsRequestedUntilTheHostConfirmsIt() throws Exception {
        stack.index.write(List.of(DemoIndex.running("freeze-1")));
        stack.index.write(List.of(
                DemoIndex.alert("freeze-1", now(), DeviationKind.RULE, Severity.HIGH, "to be frozen", "x", 60)));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/alerts?q=plumbline.session:freeze-1");
            assertThat(page.locator("#cause h2")).hasText("to be frozen");
            ConsoleStack.key(page, "f");
            assertThat(page.locator("#confirm-freeze")).isDisabled();
            page.locator("#reason textarea").fill("looks wrong");
            page.locator("#confirm-freeze").click();
            assertThat(page.locator("#decision-status")).containsText("freeze requested, not confirmed");
            stack.index.write(DemoIndex.frozen("freeze-1", 43));
            assertThat(page.locator("#decision-status")).hasText("❄ Frozen · confirmed 43 ms later by host-3");

            assertThat(page.locator("#kill-open")).isDisabled();
            ConsoleStack.key(page, "t");
            assertThat(page.locator("#confirm-thaw")).isDisabled();
            page.locator("#reason textarea").fill("it was the build");
            page.keyboard().press("Control+Enter");
            assertThat(page.locator("#decision-status")).containsText("thaw requested, not confirmed");
            assertThat(stack.log.orders().getLast().getThawOrdered().getReason())
                    .isEqualTo("it was the build");
            stack.index.write(List.of(DemoIndex.running("freeze-1")));
            assertThat(page.locator("#decision-status")).hasText("Running");
        }
    }
}
