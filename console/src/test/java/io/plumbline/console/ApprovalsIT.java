package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.approvals.FatigueGuard;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Approvals as people decide on them. */
class ApprovalsIT {
    private static Event asked(String subject, Severity tier) {
        long now = System.currentTimeMillis() * 1_000_000L;
        return DemoIndex.approval(now, now + 280_000_000_000L, "8c02-7be1", tier, subject, "approvals[0]", "Share it");
    }

    @Test
    void aHighTierIsApprovedWithItsHashAndShowsWhatItDiffersIn() throws Exception {
        ConsoleStack stack = ConsoleStack.shared();
        Event first = asked("git push origin HEAD:fix/one", Severity.LOW);
        // The second name has a Cyrillic letter.
        Event second = asked("git push \u043erigin HEAD:fix/two --force", Severity.CRITICAL);
        stack.index.write(List.of(first, DemoIndex.approved(first)));
        stack.index.write(List.of(second));
        String id = second.getApprovalRequested().getApproval();
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-" + id).click();
            assertThat(page.locator("#subject .esc")).hasText("\\u043e");
            assertThat(page.locator("#approval-detail")).containsText("looks like “o” and is another letter");
            assertThat(page.locator("#footprint")).containsText("git");
            assertThat(page.locator("#similar .added").last()).containsText("--force");
            ConsoleStack.screenshot(page, "approval");
            page.keyboard().press("y");
            page.locator("#reason textarea").fill("read it");
            assertThat(page.locator("#confirm-approve")).isDisabled();
            page.locator("#typed input")
                    .fill(second.getApprovalRequested().getSubjectSha256().substring(0, 4));
            page.locator("#confirm-approve").click();
            assertThat(page.locator("#approval-detail")).containsText("approved by bea");
        }
        assertThat(stack.failures()).isEmpty();
    }

    @Test
    void whoApprovesWithoutReadingIsSlowedDown() throws Exception {
        ConsoleStack stack = ConsoleStack.shared();
        FatigueGuard guard = stack.bean(FatigueGuard.class);
        Instant now = Instant.now();
        for (int i = 0; i < 10; i++) {
            guard.decided("admin", new FatigueGuard.Decided(now, now, true));
        }
        stack.index.write(List.of(asked("make release", Severity.LOW)));
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-list .entry").last().click();
            assertThat(page.locator("#approve")).isDisabled();
            assertThat(page.locator("#fatigue")).containsText("You approved 10 of the last 10 in under 5 s.");
            assertThat(page.locator("#deny")).isEnabled();
            assertThat(page.locator("#approve")).isEnabled();
        }
        assertThat(stack.failures()).isEmpty();
    }
}
