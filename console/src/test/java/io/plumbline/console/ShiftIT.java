package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Severity;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What somebody sees who begins a shift, and where it leads. */
class ShiftIT extends ConsoleTest {
    @Test
    void eachCardSaysWhatWaitsAndLeadsThere() throws Exception {
        long now = now();
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/shift");
            Locator critical = page.locator("#shift-open a").first();
            int before = Integer.parseInt(critical.innerText());

            stack.index.write(
                    List.of(DemoIndex.running("shift-1"), opened("shift-1", 1, now), opened("shift-1", 4, now)));
            stack.index.write(DemoIndex.frozen("shift-2", 43));
            stack.index.write(List.of(
                    DemoIndex.alert(
                            "shift-1", now, DeviationKind.RULE, Severity.CRITICAL, "worst of the shift", "x", 100),
                    DemoIndex.approval(
                            now - 3_000 * SECOND,
                            now + 300 * SECOND,
                            "shift-1",
                            Severity.LOW,
                            "make the-oldest",
                            "approvals[0]",
                            "It waits")));

            assertThat(critical).hasText(String.valueOf(before + 1));
            assertThat(page.locator("#shift-approvals")).containsText("oldest for 50 min: make the-oldest");
            assertThat(page.locator("#shift-frozen")).containsText("Frozen · confirmed 43 ms later by host-3");
            assertThat(page.locator("#shift-evidence")).containsText("shift-1 2 missing, 0 dropped");
            assertThat(page.locator("#shift-hosts")).containsText("host-3");
            assertThat(page.locator("#shift-decisions")).containsText("median to decision");

            critical.click();
            assertThat(page).hasURL(Pattern.compile(".*/alerts\\?.*severity=critical.*"));
            assertThat(page.locator("#alerts")).containsText("worst of the shift");
            page.navigate(stack.base + "/shift");
            page.locator("#shift-approvals a").click();
            assertThat(page.locator("#approval-list")).containsText("make the-oldest");
            page.navigate(stack.base + "/shift");
            page.locator("#shift-evidence a", new Page.LocatorOptions().setHasText("shift-1"))
                    .click();
            assertThat(page).hasURL(Pattern.compile(".*/session/shift-1"));
        }
    }

    private static Event opened(String session, long seq, long atNs) {
        return EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(session)
                .setHost("host-3")
                .setChannel(Channel.EVIDENCE)
                .setSeq(seq)
                .setEventTimeNs(atNs)
                .setObservedTimeNs(atNs)
                .setFileOpened(FileOpened.newBuilder().setPath("/work/a")));
    }
}
