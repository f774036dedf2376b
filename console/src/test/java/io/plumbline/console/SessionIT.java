package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The session page: plan beside reality, also for sessions that are too large to read. */
class SessionIT {
    @Test
    void anAnnouncedCallLightsUpWhatBelongsToIt() throws Exception {
        ConsoleStack stack = ConsoleStack.shared();
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            page.locator("soc-timeline .claim.bad").hover();
            assertThat(page.locator("soc-timeline .process.lit").first()).isVisible();
            assertThat(page.locator("soc-timeline .claim.lit")).hasCount(1);
            page.locator("soc-timeline .claim.bad").click();
            assertThat(page).hasURL(Pattern.compile(".*\\?at=[0-9a-f]{32}"));

            page.locator("#tab-egress").click();
            assertThat(page.locator("#egress-table")).containsText("api.anthropic.com");
            assertThat(page.locator("#egress-table")).containsText("18,233 B");
            page.locator("#tab-files").click();
            assertThat(page.locator("#files-table tbody tr.deviates").first()).containsText("id_rsa");
            ConsoleStack.screenshot(page, "session-files");
        }
        assertThat(stack.failures()).isEmpty();
    }

    @Test
    void aSessionOfManyEventsIsCountedAndReadPieceByPiece() throws Exception {
        ConsoleStack stack = ConsoleStack.shared();
        stack.index.many("large-1", System.currentTimeMillis() * 1_000_000L - 3_600_000_000_000L, 20_000);
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
        }
        assertThat(stack.failures()).isEmpty();
    }

    @Test
    void aFreezeFromAnAlertIsRequestedUntilTheHostConfirmsIt() throws Exception {
        ConsoleStack stack = ConsoleStack.shared();
        stack.index.write(List.of(DemoIndex.running("freeze-1")));
        stack.index.write(List.of(DemoIndex.alert(
                "freeze-1",
                System.currentTimeMillis() * 1_000_000L,
                DeviationKind.RULE,
                Severity.HIGH,
                "to be frozen",
                "x",
                60)));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/alerts?q=plumbline.session:freeze-1");
            assertThat(page.locator("#cause h2")).hasText("to be frozen");
            page.keyboard().press("f");
            assertThat(page.locator("#confirm-freeze")).isDisabled();
            page.locator("#reason textarea").fill("looks wrong");
            page.locator("#confirm-freeze").click();
            assertThat(page.locator("#decision-status")).containsText("freeze requested, not confirmed");
            stack.index.write(DemoIndex.frozen("freeze-1", 43));
            assertThat(page.locator("#decision-status")).hasText("❄ Frozen · confirmed 43 ms later by host-3");
        }
        assertThat(stack.failures()).isEmpty();
    }
}
