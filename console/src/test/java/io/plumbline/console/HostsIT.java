package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.RuntimeState;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Every host of the tenant, those that have fallen silent as well. */
class HostsIT extends ConsoleTest {
    private static final long DAY = 86_400 * SECOND;

    @Test
    void everyHostIsListedWithWhatItRunsAndWhatItLost() throws Exception {
        long now = now();
        stack.index.write(List.of(
                        on("hosts-1", "hosts-alpha", now).setSeq(1).setRuntimeState(running("gVisor systrap", false)),
                        on("hosts-1", "hosts-alpha", now).setSeq(2).setHeartbeat(beat("0.1.0", 2_000_000)),
                        // Silent for two days, left behind, with a gap, and its session is one of those that are seen
                        // in part only.
                        on("hosts-2", "hosts-beta", now - 2 * DAY)
                                .setSeq(1)
                                .setRuntimeState(running("bubblewrap", true)),
                        on("hosts-2", "hosts-beta", now - 2 * DAY).setSeq(5).setHeartbeat(beat("0.0.7", 700_000_000)),
                        // It has never run a session.
                        on("", "hosts-gamma", now).setHeartbeat(beat("0.1.0", 0)),
                        on("", "hosts-gamma", now)
                                .setCanaryReported(CanaryReported.newBuilder()
                                        .setProven(true)
                                        .setFreezeNs(41_000_000)
                                        .setThawNs(9_000_000)))
                .stream()
                .map(EventIds::withId)
                .toList());
        try (Page page = stack.signedIn("vic")) {
            page.locator("#nav-hosts").click();
            // Where somebody was looking before, new ones wait to be asked for.
            page.waitForCondition(() -> {
                ConsoleStack.key(page, "r");
                return !row(page, "hosts-gamma").isEmpty();
            });
            assertThat(page.locator("main")).containsText(Pattern.compile("\\d+, \\d+ silent"));
            String alpha = row(page, "hosts-alpha");
            assertThat(alpha)
                    .contains("heard", "s ago", "0.1.0", "gVisor systrap", "1 of 1", "2.0 MB · 0 %", "not reported")
                    .doesNotContain("degraded", "silent");
            assertThat(row(page, "hosts-beta"))
                    .contains(
                            "silent",
                            "2 d ago",
                            "0.0.7 ▲ differs",
                            "bubblewrap 1 degraded",
                            "1 of 1",
                            "700.0 MB · 70 %")
                    .containsPattern("\\b3\\b");
            assertThat(row(page, "hosts-gamma")).contains("heard", "none yet", "0 of 0", "proven in 41 ms");
            ConsoleStack.screenshot(page, "hosts");

            // It speaks again, and its row stays where it was.
            stack.index.write(List.of(EventIds.withId(
                    on("hosts-2", "hosts-beta", now()).setSeq(6).setHeartbeat(beat("0.1.0", 1_000_000)))));
            page.waitForCondition(() -> row(page, "hosts-beta").contains("1.0 MB"));
            assertThat(row(page, "hosts-beta")).doesNotContain("silent", "differs");

            page.getByText("hosts-beta").click();
            assertThat(page).hasURL(Pattern.compile(".*/alerts\\?host=hosts-beta"));
        }
    }

    /** What stands in the row of a host. */
    private static String row(Page page, String host) {
        return (String) page.locator("#hosts").evaluate("""
                (grid, host) => [...grid.shadowRoot.querySelectorAll('#items tr:not([hidden])')]
                    .map(tr => [...tr.querySelectorAll('slot')].map(s => s.assignedNodes()[0]?.textContent.trim() ?? '').join(' | '))
                    .find(text => text.startsWith(host)) ?? ''
                """, host);
    }

    private static RuntimeState.Builder running(String runtime, boolean degraded) {
        return RuntimeState.newBuilder()
                .setState(RuntimeState.State.RUNNING)
                .setRuntime(runtime)
                .setDegraded(degraded);
    }

    private static Heartbeat.Builder beat(String version, long spool) {
        return Heartbeat.newBuilder()
                .setHostVersion(version)
                .setSpoolBytes(spool)
                .setSpoolLimitBytes(1_000_000_000);
    }

    private static Event.Builder on(String session, String host, long atNs) {
        return Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(session)
                .setHost(host)
                .setChannel(Channel.EVIDENCE)
                .setEventTimeNs(atNs)
                .setObservedTimeNs(atNs);
    }
}
