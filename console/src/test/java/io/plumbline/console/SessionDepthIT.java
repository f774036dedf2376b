package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ElementState;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.ChangesFound;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.events.v1.ToolCall;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The session page beyond one small session: two beside each other, a very large one, one that goes on, and what it changed. */
class SessionDepthIT extends ConsoleTest {
    private static final int MANY = 100_000;

    @Test
    void twoSessionsOfOneTaskAreHeldAgainstEachOther() throws Exception {
        stack.index.write(attempt("attempt-a", "pypi.example.org", 700, "src/parser.py"));
        stack.index.write(attempt("attempt-b", "evil.example.net", 90_000, "src/\u202e<b>x</b>.py"));
        stack.index.write(List.of(DemoIndex.alert(
                "attempt-b", now(), DeviationKind.OUT_OF_POLICY, Severity.HIGH, "A host nobody listed", "x", 60)));
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/attempt-a");
            assertThat(page.locator("#alike")).containsText("attempt-b · same task");
            page.locator("#alike a").first().click();
            assertThat(page).hasURL(Pattern.compile(".*/compare/attempt-a/attempt-b"));
            assertThat(page.locator("#compare-hosts tr.differs")).hasCount(2);
            assertThat(page.locator("#compare-hosts")).containsText("only Bevil.example.net—90,000 B out");
            assertThat(page.locator("#compare-files-written")).containsText("src/\\u202e<b>x</b>.py");
            assertThat(page.locator("#compare-programs")).containsText("Nothing that only one has.");
            page.locator("#compare-programs-both summary").click();
            assertThat(page.locator("#compare-programs-both")).containsText("/usr/bin/python3");
            assertThat(page.locator("#compare-plan")).containsText("1 in both");
            assertThat(page.locator("#compare-alerts")).containsText("only Bhigh out_of_policy: A host nobody listed");
            assertThat(page.locator("#compare-sessions")).not().containsText("not given the same task");
            themes(page, "compare");
            page.locator("#exchange").click();
            assertThat(page.locator("#compare-hosts")).containsText("only Aevil.example.net");
            page.navigate(stack.base + "/compare/attempt-a/" + DemoSession.SESSION);
            assertThat(page.locator("#compare-sessions")).containsText("The two were not given the same task.");
            page.navigate(stack.base + "/compare/attempt-a/of-nobody");
            assertThat(page.locator("#comparison")).hasText("There is no session of-nobody.");
        }
    }

    @Test
    void everyTabOfAHundredThousandEventsIsReadWhereSomebodyLooks() throws Exception {
        stack.index.many("huge-1", now() - 3_600 * SECOND, MANY);
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/huge-1");
            assertThat(page.locator("#tab-files")).hasText("files 100,000");
            assertThat(page.locator("soc-timeline .density").first()).isVisible();
            int whole = page.locator("soc-timeline .file").count();
            page.locator("#timeline-in").click();
            page.locator("#timeline-in").click();
            page.waitForCondition(() -> page.locator("soc-timeline .file").count() != whole);

            page.locator("#tab-files").click();
            assertThat(page.locator("#files-table")).containsText("2,500");
            shows(page, "#file-events", 0);
            scrollTo(page, "#file-events", MANY / 2);
            shows(page, "#file-events", MANY / 2);
            page.locator("#tab-raw").click();
            scrollTo(page, "#raw-events", MANY / 2);
            // Oldest first, and this session has no other events: the row's number is the event's.
            assertThat(page.locator("#raw-events").getByText(Integer.toString(MANY / 2 + 1), exact()))
                    .isVisible();
            themes(page, "session-huge");
            scrollTo(page, "#raw-events", MANY - 1);
            assertThat(page.locator("#raw-events").getByText(Integer.toString(MANY), exact()))
                    .isVisible();
            page.locator("#tab-egress").click();
            assertThat(page.locator("#egress-events")).isVisible();
            page.locator("#tab-workspace").click();
            assertThat(page.locator("main")).containsText("The host told of no changes");
            page.locator("#tab-deviations").click();
            assertThat(page.locator("main")).containsText("No deviation was found.");
        }
    }

    @Test
    void whoReadsALiveSessionKeepsThePlace() throws Exception {
        long started = now() - 600 * SECOND;
        stack.index.write(List.of(DemoIndex.running("live-200")));
        stack.index.write(opened("live-200", 1, 12_000, started));
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/live-200");
            for (int i = 0; i < 2; i++) {
                Object before = view(page);
                page.locator("#timeline-in").click();
                page.waitForCondition(() -> !view(page).equals(before));
            }
            page.locator("#tab-raw").click();
            scrollTo(page, "#raw-events", 6_000);
            Locator read = page.locator("#raw-events").getByText("6001", exact());
            assertThat(read).isVisible();
            read.elementHandle().waitForElementState(ElementState.STABLE);
            double rowAt = read.boundingBox().y;
            Object view = view(page);
            Object scrolled = page.evaluate("document.querySelector('main').scrollTop");
            for (int second = 0; second < 10; second++) {
                // As fast as the search copy takes them; each batch is a second of a busy session.
                stack.index.write(opened("live-200", 12_001 + second * 200, 200, now() - 200_000_000L));
            }
            assertThat(page.locator("#tab-raw")).containsText("14,001");
            assertThat(page.locator("#new-events")).containsText("2,000 new");
            assertThat(read).isVisible();
            assertThat(read.boundingBox().y).isEqualTo(rowAt);
            assertThat(page.evaluate("document.querySelector('main').scrollTop"))
                    .isEqualTo(scrolled);
            assertThat(view(page)).isEqualTo(view);
            ConsoleStack.screenshot(page, "session-live");
            // What arrives late with a time before what is read moves nothing, and no row is missed or shown twice.
            stack.index.write(opened("live-200", 14_001, 1, started));
            assertThat(page.locator("#new-events")).containsText("2,001 new");
            for (int row : List.of(9_000, 6_049, 6_050)) {
                scrollTo(page, "#raw-events", row);
                page.waitForFunction(ROW_IS, List.of(row, String.valueOf(row + 1)));
            }
            page.locator("#new-events").click();
            assertThat(page.locator("#raw-events").locator("xpath=..")).containsText("14,002 events");
            assertThat(page.locator("#new-events")).isHidden();
        }
    }

    @Test
    void aPieceOfALiveSessionThatAnAddressNamesIsReadAgainAndStaysWhatItIs() throws Exception {
        long started = now() - 600 * SECOND;
        stack.index.write(List.of(DemoIndex.running("live-piece")));
        stack.index.write(opened("live-piece", 1, 12_000, started));
        // Twelve seconds long; without the piece the newest events would be read, and none of them is in it.
        Instant from = Instant.ofEpochMilli(started / 1_000_000L + 5_000);
        Instant to = from.plusSeconds(1);
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/live-piece?from=" + from + "&to=" + to);
            assertThat(page.locator("#tab-raw")).containsText("12,001");
            assertThat(page.locator("soc-timeline .file").first()).isVisible();
            List<Double> looked = piece(page);
            assertThat(looked.getFirst()).isBetween(from.toEpochMilli() - 3.0, from.toEpochMilli() + 3.0);
            assertThat(looked.getLast()).isBetween(to.toEpochMilli() - 3.0, to.toEpochMilli() + 3.0);
            // Told by the page itself, which writes colons otherwise than this test does.
            assertThat(page).hasURL(Pattern.compile(".*\\?from=[^&]+%3A[^&]+&to=[^&]+%3A.*"));
            String address = page.url();
            Object drawn = drawn(page);
            for (int second = 0; second < 3; second++) {
                stack.index.write(opened("live-piece", 12_001 + second * 200, 200, now() - 200_000_000L));
                assertThat(page.locator("#tab-raw")).containsText(String.format("12,%d01", (second + 1) * 2));
                assertThat(drawn(page)).isEqualTo(drawn);
                assertThat(piece(page)).isEqualTo(looked);
                assertThat(page.url()).isEqualTo(address);
            }
            // What comes late and lies in the piece is in it when it is read again.
            stack.index.write(opened("live-piece", 12_601, 1, from.toEpochMilli() * 1_000_000L + 500_500_000L));
            assertThat(page.locator("#tab-raw")).containsText("12,602");
            page.waitForCondition(() -> !drawn(page).equals(drawn));
            assertThat(piece(page)).isEqualTo(looked);
        }
    }

    /** The files on the time axis, by their events, once what was told last is drawn. */
    private static Object drawn(Page page) {
        return page.locator("soc-timeline")
                .evaluate("timeline => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() =>"
                        + " done([...timeline.querySelectorAll('.file')].map(file => file.dataset.id).join()))))");
    }

    @Test
    void anAddressOpensASessionAtAMomentAndKeepsThePieceOfTimeThatIsLookedAt() throws Exception {
        long started = now() - 7_200 * SECOND;
        stack.index.many("moments-1", started, 20_000);
        // Half an hour has 20,000 events; the one in the middle, told by its time.
        Instant moment = Instant.ofEpochSecond(0, started + 10_000 * (1_800 * SECOND / 20_000) + 1_000_000);
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/moments-1?at=" + moment);
            assertThat(page.locator("#selected")).containsText("/work/file-" + 10_000 % 40);
            assertThat(page).hasURL(Pattern.compile(".*\\?at=[0-9a-f]{32}&from=[^&]+&to=[^&]+"));
            assertThat(piece(page)).satisfies(shown -> {
                assertThat(shown.getFirst())
                        .isBetween(moment.toEpochMilli() - 15_001.0, moment.toEpochMilli() - 14_999.0);
                assertThat(shown.getLast() - shown.getFirst()).isBetween(29_999.0, 30_002.0);
            });
            String address = page.url();
            page.locator("#timeline-in").click();
            page.waitForCondition(() -> !page.url().equals(address));
            List<Double> chosen = piece(page);
            assertThat(chosen.getLast() - chosen.getFirst()).isLessThan(20_000);
            // Somebody else gets the link.
            try (Page other = stack.signedIn("ana")) {
                other.navigate(page.url());
                assertThat(other.locator("#selected")).containsText("/work/file-" + 10_000 % 40);
                other.waitForCondition(() -> Math.abs(piece(other).getFirst() - chosen.getFirst()) < 3);
                assertThat(piece(other).getLast()).isBetween(chosen.getLast() - 3, chosen.getLast() + 3);
                assertThat(other.locator("soc-timeline .file").first()).isVisible();
            }
            // What is no time and no event selects nothing and breaks nothing.
            page.navigate(stack.base + "/session/moments-1?at=yesterday&from=1&to=2");
            assertThat(page.locator("soc-timeline .density").first()).isVisible();
            assertThat(page.locator("#selected")).hasCount(0);
        }
    }

    /** First and last moment on the time axis, milliseconds since the epoch. */
    private static List<Double> piece(Page page) {
        page.waitForFunction("() => document.querySelector('soc-timeline')?._view");
        return ((List<?>) page.locator("soc-timeline")
                        .evaluate("timeline => timeline._view.map(at => at + timeline.model.start + 0.5e-6)"))
                .stream().map(at -> ((Number) at).doubleValue()).toList();
    }

    @Test
    void whatTheSessionChangedIsShownFileByFileAndItsLinesForAReason() throws Exception {
        String diff = "--- a/a.txt\n+++ b/a.txt\n@@ -1,1 +1,2 @@\n-one\n+two\n+<img src=x> \u202eevil\n";
        stack.index.write(DemoIndex.under(
                "changes-1", TaskPolicy.newBuilder().setName("p").setRevision(1).build()));
        stack.index.write(List.of(EventIds.withId(on("changes-1", Channel.EVIDENCE, now())
                .setChangesFound(ChangesFound.newBuilder()
                        .setChangesSha256("c0ffee00c0ffee00")
                        .setAdded(1)
                        .setChanged(1)
                        .addPaths("M a.txt")
                        .addPaths("A .git/hooks/post-commit")
                        .addProtectedPaths(".git/hooks/post-commit")
                        .setDiff(diff)))));
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/changes-1");
            page.locator("#tab-workspace").click();
            assertThat(page.locator("#workspace-table")).containsText("a.txt");
            assertThat(page.locator("#show-lines")).isDisabled();
        }
        try (Page page = stack.signedIn("ana")) {
            page.navigate(stack.base + "/session/changes-1");
            assertThat(page.locator("#tab-workspace")).hasText("workspace 2");
            page.locator("#tab-workspace").click();
            assertThat(page.locator("#workspace-told")).containsText("1 added, 1 changed, 0 deleted");
            assertThat(page.locator("#workspace-told")).containsText("waits for a review");
            assertThat(page.locator("#workspace-table")).containsText("+2 −1");
            assertThat(page.locator("#workspace-table")).containsText("runs outside later");
            assertThat(page.locator("#workspace-table")).not().containsText("evil");
            page.locator("#show-lines").click();
            page.locator("#reason textarea").fill("what was written");
            page.locator("#confirm-unmask").click();
            assertThat(page.locator("#workspace-table")).containsText("+<img src=x> \\u202eevil");
            assertThat(stack.log.orders().getLast().getUnmaskingRecorded().getReason())
                    .isEqualTo("what was written");
            themes(page, "workspace");
        }
    }

    private static Locator.GetByTextOptions exact() {
        return new Locator.GetByTextOptions().setExact(true);
    }

    /** The row of the list under an index has a cell with that text. */
    private static final String ROW_IS = """
        ([index, text]) => {
          const row = [...document.querySelector('#raw-events').shadowRoot.querySelectorAll('#items tr')].find(tr => tr.index === index);
          return row && [...row.querySelectorAll('slot')].some(slot => slot.assignedNodes()[0]?.textContent.trim() === text);
        }
        """;

    private static void scrollTo(Page page, String grid, int row) {
        page.locator(grid)
                .evaluate("(grid, row) => { grid.scrollIntoView({block: 'nearest'}); grid.scrollToIndex(row); }", row);
    }

    /** The list is newest first and its paths go around in forty. */
    private static void shows(Page page, String grid, int row) {
        assertThat(page.locator(grid)
                        .getByText("open_read /work/file-" + (MANY - row) % 40, exact())
                        .first())
                .isVisible();
    }

    private static Object view(Page page) {
        return page.locator("soc-timeline").evaluate("timeline => String(timeline._view)");
    }

    private static void themes(Page page, String name) {
        for (String theme : List.of("light", "dark")) {
            page.evaluate(
                    "theme => { document.documentElement.setAttribute('theme', theme);"
                            + " document.documentElement.style.colorScheme = theme; }",
                    theme);
            ConsoleStack.screenshot(page, name + "-" + theme);
        }
    }

    private static List<Event> opened(String session, int from, int number, long startNs) {
        List<Event> events = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            events.add(EventIds.withId(on(session, Channel.EVIDENCE, startNs + i * 1_000_000L)
                    .setSeq(from + i)
                    .setFileOpened(FileOpened.newBuilder().setPath("/work/file-" + i % 40))));
        }
        return events;
    }

    private static List<Event> attempt(String session, String host, long bytes, String file) {
        long at = now();
        return Stream.<Event.Builder>of(
                        on(session, Channel.CONTROL, at)
                                .setTaskAssigned(TaskAssigned.newBuilder()
                                        .setTask("Make the parser take tabs")
                                        .setAgent("codex")
                                        .setWorkspace("acme/compared")
                                        .setPolicy(TaskPolicy.newBuilder().setName("feature-work"))),
                        on(session, Channel.CLAIMS, at + SECOND)
                                .setSeq(1)
                                .setPlan(Plan.newBuilder()
                                        .addItems(PlanItem.newBuilder()
                                                .setText("Change the parser")
                                                .setStatus("completed"))),
                        on(session, Channel.CLAIMS, at + SECOND)
                                .setSeq(2)
                                .setToolCall(ToolCall.newBuilder()
                                        .setCall("c1")
                                        .setTool("shell")
                                        .setCommand("python3 -m pytest")),
                        on(session, Channel.EVIDENCE, at + SECOND)
                                .setSeq(1)
                                .setProcessStarted(ProcessStarted.newBuilder()
                                        .setBinary("/usr/bin/python3")
                                        .addArgv("python3")),
                        on(session, Channel.EVIDENCE, at + SECOND)
                                .setSeq(2)
                                .setFileOpened(
                                        FileOpened.newBuilder().setPath(file).setFlags(2)),
                        on(session, Channel.EVIDENCE, at + SECOND)
                                .setSeq(3)
                                .setEgressDecided(EgressDecided.newBuilder()
                                        .setConnection(1)
                                        .setHost(host)
                                        .setPort(443)
                                        .setAllowed(true)
                                        .setBytesOut(bytes)
                                        .setBytesIn(10)))
                .map(EventIds::withId)
                .toList();
    }

    private static Event.Builder on(String session, Channel channel, long atNs) {
        return Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(session)
                .setHost("host-3")
                .setChannel(channel)
                .setEventTimeNs(atNs)
                .setObservedTimeNs(atNs);
    }
}
