package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.search.Beats;
import io.plumbline.console.search.HostList;
import io.plumbline.console.search.HostRow;
import io.plumbline.console.search.Search;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.CanaryReported;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Heartbeat;
import io.plumbline.events.v1.RuntimeState;
import java.time.Instant;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every host of the tenant, those that have fallen silent as well. */
class HostsIT extends ConsoleTest {
    private static final long DAY = 86_400 * SECOND;

    /** Milliseconds: a slow search copy is asked every 30 s only, and looked back in as seldom. */
    private static final double PATIENCE = 150_000;

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
        // Nothing but a heartbeat, hours ago.
        Event last =
                EventIds.withId(on("", "hosts-delta", now - 5 * 3_600 * SECOND).setHeartbeat(beat("0.1.0", 0)));
        stack.index.write(List.of(last));
        try (Page page = stack.signedIn("vic")) {
            page.locator("#nav-hosts").click();
            await(page, "hosts-gamma", "none yet", "0 of 0", "proven in 41 ms");
            assertThat(page.locator("main")).containsText(Pattern.compile("\\d+, \\d+ silent"));
            // However long it took until here.
            stack.index.write(List.of(
                    EventIds.withId(
                            on("hosts-1", "hosts-alpha", now()).setSeq(3).setHeartbeat(beat("0.1.0", 3_000_000))),
                    EventIds.withId(on("", "hosts-gamma", now()).setHeartbeat(beat("0.1.0", 0)))));
            await(page, "hosts-gamma", "heard", "s ago");
            assertThat(await(
                            page,
                            "hosts-alpha",
                            "heard",
                            "s ago",
                            "0.1.0",
                            "gVisor systrap",
                            "1 of 1",
                            "3.0 MB · 0 %",
                            "not reported"))
                    .doesNotContain("degraded", "silent");
            assertThat(await(
                            page,
                            "hosts-beta",
                            "silent",
                            "2 d ago",
                            "0.0.7 ▲ differs",
                            "bubblewrap 1 degraded",
                            "1 of 1",
                            "700.0 MB · 70 %"))
                    .containsPattern("\\b3\\b");
            await(page, "hosts-delta", "silent", "5 h ago", "0.1.0", "none yet");
            ConsoleStack.screenshot(page, "hosts");

            // It speaks again, and its row stays where it was.
            stack.index.write(List.of(EventIds.withId(
                    on("hosts-2", "hosts-beta", now()).setSeq(6).setHeartbeat(beat("0.1.0", 1_000_000)))));
            assertThat(await(page, "hosts-beta", "1.0 MB")).doesNotContain("silent", "differs");

            // What nothing tells of any more stays where somebody reads it, and is not said to be heard or silent.
            stack.index.forget(last);
            assertThat(await(page, "hosts-delta", "gone")).doesNotContain("silent", "ago");

            page.getByText("hosts-beta").click();
            assertThat(page).hasURL(Pattern.compile(".*/alerts\\?host=hosts-beta"));
        }
    }

    @Test
    void ofMoreHostsThanAreListedTheListSaysSoAndHasThoseThatFellSilent() throws Exception {
        long now = now();
        stack.index.write(IntStream.range(0, 1_002)
                .mapToObj(
                        i -> EventIds.withId(on("", "wide-" + i, i == 700 ? now - 3_600 * SECOND : now - i * 1_000_000L)
                                .setTenant("wide")
                                .setHeartbeat(beat("0.1.0", 0))))
                .toList());
        // Known by its session alone: it fell silent before the day of which heartbeats are asked for.
        stack.index.write(List.of(EventIds.withId(on("wide-session", "wide-silent", now - 2 * DAY)
                .setTenant("wide")
                .setSeq(1)
                .setRuntimeState(running("gVisor systrap", false)))));
        Search wide = new Search(stack.bean(ElasticsearchClient.class), "wide");
        Instant time = Instant.ofEpochSecond(0, now());
        Beats recent = wide.heartbeats(time.minusSeconds(600), time, List.of());
        Beats day =
                wide.heartbeats(time.minusSeconds(86_400), time, recent.newest().keySet());
        HostList listed = wide.hosts(recent.over(day), time.minusSeconds(7 * 86_400));

        assertThat(recent.isCut()).isTrue();
        assertThat(day.newest()).hasSize(2).containsKey("wide-700");
        assertThat(listed.isCut()).isTrue();
        assertThat(listed.rows()).hasSize(1_000).extracting(HostRow::host).contains("wide-700", "wide-silent");
        // Nobody of another tenant is among them.
        assertThat(listed.rows()).allSatisfy(row -> assertThat(row.host()).startsWith("wide-"));
    }

    /** The row of a host once it has all that is expected; where somebody was looking before, new ones wait to be asked for. */
    private static String await(Page page, String host, String... expected) {
        page.waitForCondition(
                () -> {
                    if (page.locator("#new-rows").isVisible()) {
                        ConsoleStack.key(page, "r");
                    }
                    String row = row(page, host);
                    return Stream.of(expected).allMatch(row::contains);
                },
                new Page.WaitForConditionOptions().setTimeout(PATIENCE));
        return row(page, host);
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
