package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The roads through the console of somebody who has no mouse: nothing here is clicked. */
class KeyboardIT extends ConsoleTest {
    private static final int MOST_STEPS = 80;

    /** As many steps of the focus as it takes. */
    private static void tabTo(Page page, String selector) {
        Locator wanted = page.locator(selector).first();
        assertThat(wanted).isVisible();
        for (int step = 0; step < MOST_STEPS; step++) {
            if (Boolean.TRUE.equals(wanted.evaluate("element => element.contains(document.activeElement)"))) {
                return;
            }
            page.keyboard().press("Tab");
        }
        throw new AssertionError(selector + " is not reached by " + MOST_STEPS + " steps of the focus");
    }

    private static void type(Page page, String reason) {
        assertThat(page.locator("#reason textarea")).isFocused();
        page.keyboard().type(reason);
        page.keyboard().press("Control+Enter");
    }

    private Page signedIn(String person) {
        Page page = stack.opened();
        page.navigate(stack.base + "/login");
        assertThat(page.locator("input[name=username]")).isFocused();
        page.keyboard().type(person);
        page.keyboard().press("Tab");
        page.keyboard().type(ConsoleStack.PASSWORD);
        page.keyboard().press("Enter");
        assertThat(page.locator("#nav-sessions")).isVisible();
        return page;
    }

    @Test
    void fromTheSignInToASessionThatIsFrozen() throws Exception {
        stack.index.write(List.of(DemoIndex.running("by-keys-1")));
        try (Page page = signedIn("bea")) {
            tabTo(page, "#nav-sessions");
            page.keyboard().press("Enter");
            assertThat(page.locator("#sessions")).isVisible();
            // The newest activity is the first row.
            ConsoleStack.key(page, "j");
            ConsoleStack.key(page, "j");
            ConsoleStack.key(page, "k");
            ConsoleStack.key(page, "Enter");
            assertThat(page).hasURL(Pattern.compile(".*/session/by-keys-1"));
            // While the page reads there is nothing that a key could act on.
            assertThat(page.locator("#session-state")).isVisible();
            ConsoleStack.key(page, "f");
            type(page, "nobody touched a mouse");
            assertThat(page.locator("#session-state")).containsText("freeze requested");
            assertThat(stack.log.orders().getLast().getFreezeOrdered().getReason())
                    .isEqualTo("nobody touched a mouse");
        }
    }

    @Test
    void anEventOfASessionIsChosen() throws Exception {
        try (Page page = signedIn("vic")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            tabTo(page, "#tab-files");
            page.keyboard().press("Enter");
            tabTo(page, "#file-events");
            // From the heading into the rows.
            page.keyboard().press("Tab");
            page.keyboard().press("Space");
            assertThat(page).hasURL(Pattern.compile(".*\\?at=[0-9a-f]{32}"));
            assertThat(page.locator("#selected")).isVisible();
        }
    }

    @Test
    void callsThatWaitAreApprovedAndDenied() throws Exception {
        long now = now();
        Event first = DemoIndex.approval(
                now, now + 280_000_000_000L, "by-keys-2", Severity.LOW, "make first", "approvals[0]", "Build it");
        Event second = DemoIndex.approval(
                now, now + 290_000_000_000L, "by-keys-2", Severity.LOW, "make second", "approvals[0]", "Build it");
        stack.index.write(List.of(first, second));
        try (Page page = signedIn("bea")) {
            page.navigate(stack.base + "/approvals");
            choose(page, first);
            ConsoleStack.key(page, "y");
            type(page, "known target");
            assertThat(page.locator("#approval-detail")).containsText("approved by bea");
            choose(page, second);
            ConsoleStack.key(page, "d");
            type(page, "not tonight");
            assertThat(page.locator("#approval-detail")).containsText("denied by bea");
        }
        assertThat(stack.log.orders().stream()
                        .filter(Event::hasApprovalDecided)
                        .filter(event -> event.getSession().equals("by-keys-2"))
                        .map(event -> event.getApprovalDecided().getApproved() + " "
                                + event.getApprovalDecided().getReason()))
                .containsExactly("true known target", "false not tonight");
    }

    private static void choose(Page page, Event approval) {
        Locator entry =
                page.locator("#approval-" + approval.getApprovalRequested().getApproval());
        assertThat(entry).isVisible();
        for (int step = 0; step < MOST_STEPS; step++) {
            if (Boolean.TRUE.equals(entry.evaluate("element => element.classList.contains('on')"))) {
                return;
            }
            String before = page.locator(".entry.on").getAttribute("id");
            ConsoleStack.key(page, "j");
            page.waitForFunction("before => document.querySelector('.entry.on')?.id !== before", before);
        }
        throw new AssertionError("the entry is not reached by its key");
    }

    @Test
    void severalAlertsAreDecidedAtOnce() throws Exception {
        long now = now();
        for (String title : List.of("one", "two")) {
            stack.index.write(List.of(DemoIndex.alert(
                    "by-keys-3", now++, DeviationKind.UNANNOUNCED, Severity.MEDIUM, title, "sh ran " + title, 30)));
        }
        try (Page page = signedIn("bea")) {
            page.navigate(stack.base + "/alerts?q=plumbline.session:by-keys-3");
            assertThat(page.locator("#queue-summary")).hasText("2 causes");
            ConsoleStack.key(page, "x");
            ConsoleStack.key(page, "j");
            ConsoleStack.key(page, "x");
            assertThat(page.locator("#bulk")).containsText("2 marked");
            ConsoleStack.key(page, "v");
            assertThat(page.locator("#verdict")).isVisible();
            page.keyboard().press("Control+Enter");
            assertThat(page.locator("#decision-status")).hasText("2 recorded");
        }
    }
}
