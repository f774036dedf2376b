package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.approvals.FatigueGuard;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.orders.ApprovalAnswer;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ApprovalState;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Approvals as people decide on them. */
class ApprovalsIT extends ConsoleTest {
    private static Event asked(String subject, Severity tier) {
        long now = now();
        return DemoIndex.approval(now, now + 280_000_000_000L, "8c02-7be1", tier, subject, "approvals[0]", "Share it");
    }

    @Test
    void aHighTierIsApprovedWithItsHashAndShowsWhatItDiffersIn() throws Exception {
        Event first = asked("git push origin HEAD:fix/one", Severity.LOW);
        // The second name has a Cyrillic letter.
        Event second = asked("git push \u043erigin HEAD:fix/two --force", Severity.CRITICAL);
        stack.index.write(List.of(first, DemoIndex.approved(first)));
        stack.index.write(List.of(second));
        String id = second.getApprovalRequested().getApproval();
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-" + id).click();
            assertThat(page.locator("#approval-" + id)).containsText(Pattern.compile("codex · \\d+ (s|min)"));
            assertThat(page.locator("#approval-detail")).containsText(Pattern.compile("asked \\d+ (s|min) ago"));
            assertThat(page.locator("#subject .esc")).hasText("\\u043e");
            assertThat(page.locator("#approval-detail")).containsText("looks like “o” and is another letter");
            assertThat(page.locator("#footprint")).containsText("git");
            assertThat(page.locator("#similar .added").last()).containsText("--force");
            ConsoleStack.screenshot(page, "approval");
            ConsoleStack.key(page, "y");
            page.locator("#reason textarea").fill("read it");
            assertThat(page.locator("#confirm-approve")).isDisabled();
            page.locator("#typed input")
                    .fill(second.getApprovalRequested().getSubjectSha256().substring(0, 4));
            page.locator("#confirm-approve").click();
            assertThat(page.locator("#approval-detail")).containsText("approved by bea");
        }
    }

    @Test
    void twoDifferentPeopleApproveForTheSession() throws Exception {
        Event once = asked("terraform apply -auto-approve", Severity.MEDIUM);
        Event question = EventIds.withId(once.toBuilder()
                .setApprovalRequested(
                        once.getApprovalRequested().toBuilder().setPeople(2).setSessionSeconds(3_600)));
        String id = question.getApprovalRequested().getApproval();
        String sha256 = question.getApprovalRequested().getSubjectSha256();
        stack.index.write(List.of(question));
        try (Page first = stack.signedIn("bea");
                Page second = stack.signedIn("admin")) {
            for (Page page : List.of(first, second)) {
                page.navigate(stack.base + "/approvals");
                page.locator("#approval-" + id).click();
                assertThat(page.locator("#people")).containsText("Two different people have to approve.");
            }
            assertThat(first.locator("#approve-session")).isEnabled();
            ConsoleStack.key(first, "s");
            first.locator("#lasting").selectOption("900");
            first.locator("#reason textarea").fill("the change is reviewed");
            first.locator("#confirm-approve-session").click();
            assertThat(first.locator("#approval-detail")).containsText("decision sent, not confirmed yet");
            assertThat(stack.log.orders().getLast().getApprovalDecided().getSessionSeconds())
                    .isEqualTo(900);

            stack.index.write(
                    List.of(DemoIndex.settled(question, ApprovalState.APPROVAL_NEEDS_SECOND, List.of("bea"), 0)));
            assertThat(first.locator("#approval-detail"))
                    .containsText("approved by you; another person has to approve as well");
            assertThat(first.locator("#approve")).hasCount(0);
            assertThat(first.locator("#deny")).isEnabled();
            ConsoleStack.key(first, "y");
            assertThat(first.locator("#confirm-approve")).hasCount(0);
            Outcome again = stack.bean(Orders.class).decide(id, ApprovalAnswer.once("again"), sha256, ConsoleStack.BEA);
            assertThat(again).isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.refusal())
                    .isEqualTo(Outcome.Refusal.SAME_PERSON));

            assertThat(second.locator("#people")).containsText("bea has approved for 15 min");
            assertThat(second.locator("#approval-" + id)).containsText("needs a second person");
            ConsoleStack.screenshot(second, "approval-second");
            // Whoever has just decided a lot waits a little.
            assertThat(second.locator("#approve-session")).isEnabled();
            ConsoleStack.key(second, "s");
            second.locator("#reason textarea").fill("so it is");
            ConsoleStack.screenshot(second, "approval-session");
            second.locator("#confirm-approve-session").click();
            assertThat(second.locator("#approval-detail")).containsText("decision sent, not confirmed yet");
            assertThat(stack.log.orders().getLast().getApprovalDecided().getSessionSeconds())
                    .isEqualTo(3_600);
            stack.index.write(List.of(DemoIndex.settled(
                    question,
                    ApprovalState.APPROVAL_APPROVED,
                    List.of("bea", "admin"),
                    Instant.parse("2030-01-01T10:15:00Z").getEpochSecond() * 1_000_000_000L)));
            assertThat(second.locator("#approval-detail"))
                    .containsText("approved by bea and admin · the same bytes until 2030-01-01 10:15:00 UTC");
        }
    }

    @Test
    void aPolicyThatHasNoApprovalsForTheSessionIsNotAskedForOne() throws Exception {
        Event question = asked("make docs", Severity.LOW);
        stack.index.write(List.of(question));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-" + question.getApprovalRequested().getApproval())
                    .click();
            assertThat(page.locator("#approve")).isVisible();
            assertThat(page.locator("#approve-session")).hasCount(0);
        }
        Outcome longer = stack.bean(Orders.class)
                .decide(
                        question.getApprovalRequested().getApproval(),
                        ApprovalAnswer.forSession(Duration.ofSeconds(1), "x"),
                        question.getApprovalRequested().getSubjectSha256(),
                        ConsoleStack.BEA);
        assertThat(longer).isInstanceOfSatisfying(Outcome.Refused.class, refused -> assertThat(refused.explanation())
                .contains("session_seconds: 1", "one call only"));
    }

    @Test
    void whoAskedForItHearsAndSeesThatAnAgentWaits() throws Exception {
        try (Page page = stack.signedIn("bea")) {
            // The desktop and the loudspeaker of a browser that has neither.
            page.addInitScript("""
                    window.shown = []; window.tones = 0;
                    window.Notification = class {
                      static permission = 'granted';
                      static requestPermission() { return Promise.resolve('granted'); }
                      constructor(title, options) { window.shown.push(title + ' | ' + options.body); }
                      close() {}
                    };
                    const start = OscillatorNode.prototype.start;
                    OscillatorNode.prototype.start = function(at) { window.tones++; return start.call(this, at); };
                    """);
            page.navigate(stack.base + "/shift");
            stack.index.write(List.of(asked("cp one two", Severity.LOW)));
            assertThat(page.locator("#nav-approvals .n")).not().hasText("");
            assertThat(page.locator("#notify-sound")).hasText("Sound: off");
            assertThat(page.evaluate("window.shown.length + window.tones")).isEqualTo(0);

            page.locator("#notify-desktop").click();
            assertThat(page.locator("#notify-desktop")).hasText("Notifications: on");
            page.locator("#notify-sound").click();
            assertThat(page.locator("#notify-sound")).hasAttribute("aria-pressed", "true");
            stack.index.write(List.of(asked("cp --secret-of-the-agent two", Severity.HIGH)));
            page.waitForCondition(() -> page.evaluate("window.shown.length").equals(1));
            assertThat(page.evaluate("window.shown[0]"))
                    .asString()
                    .contains("high · approval asked | codex waits for an answer")
                    .doesNotContain("secret-of-the-agent");
            // Two of the trial when it was turned on, two of the question.
            page.waitForCondition(() -> page.evaluate("window.tones").equals(4));
        }
    }

    @Test
    void whoApprovesWithoutReadingIsSlowedDown() throws Exception {
        FatigueGuard guard = stack.bean(FatigueGuard.class);
        Instant now = Instant.now();
        // The longer one of the two pauses: a slow browser has to see it, too.
        for (int i = 0; i < 15; i++) {
            guard.decided("admin", new FatigueGuard.Decided(now, now, true));
        }
        Event question = asked("make release", Severity.LOW);
        stack.index.write(List.of(question));
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-" + question.getApprovalRequested().getApproval())
                    .click();
            assertThat(page.locator("#approve")).isDisabled();
            assertThat(page.locator("#fatigue")).containsText("You approved 15 in the last 10 minutes.");
            assertThat(page.locator("#deny")).isEnabled();
            assertThat(page.locator("#approve")).isEnabled();
        }
    }
}
