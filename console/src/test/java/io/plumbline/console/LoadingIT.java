package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.ReducedMotion;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TaskPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;

/** What stands on a page until its content is there, and where that cannot be had. */
@SuppressWarnings("NullAway.Init")
class LoadingIT extends ConsoleTest {
    private static final String SESSION = "/session/" + DemoSession.SESSION;
    private static final String QUEUE = "/alerts?q=plumbline.session:slow-1";
    private static final String NOTHING_KNOWN = "The search copy does not answer. Nothing is known about";
    private static final String OLD = "The search copy does not answer. What you see may be old.";

    private static SearchLine line;
    private static ConfigurableApplicationContext slow;

    private String base;
    private Page page;

    @AfterAll
    static void close() {
        if (slow != null) {
            slow.close();
        }
        if (line != null) {
            line.close();
        }
    }

    /** A console of this class, whose line to the search copy is ours. */
    @BeforeEach
    void open() throws Exception {
        if (slow == null) {
            line = new SearchLine(stack.search());
            slow = stack.console(DemoSession.TENANT, 0, "--plumbline.elasticsearch-url=" + line.url());
            stack.index.write(List.of(DemoIndex.alert(
                    "slow-1", now(), DeviationKind.UNANNOUNCED, Severity.MEDIUM, "read late", "sh ran late", 30)));
        }
        base = "http://127.0.0.1:" + ConsoleStack.port(slow);
        page = stack.signedIn("bea", base);
    }

    @AfterEach
    void leave() {
        line.restore();
        page.close();
    }

    private static String file(String path) {
        return path.replaceAll("[^a-z]+", "-");
    }

    @Test
    void aPageStandsBeforeItsContentIsRead() {
        Map<String, String> reading =
                Map.of(SESSION, "Reading session " + DemoSession.SESSION, QUEUE, "reading…", "/hosts", "reading…");
        Map<String, String> content =
                Map.of(SESSION, "List the files in this folder.", QUEUE, "read late", "/hosts", "host-3");
        for (String path : List.of(SESSION, QUEUE, "/hosts")) {
            line.hold();
            page.navigate(base + path);
            assertThat(page.locator("#nav-sessions")).isVisible();
            assertThat(page.locator("main")).containsText(reading.get(path));
            assertThat(page.locator("main")).not().containsText(content.get(path));
            ConsoleStack.screenshot(page, "reading" + file(path));
            line.restore();
            assertThat(page.locator("main")).containsText(content.get(path));
            assertThat(page.locator("main")).not().containsText(reading.get(path));
        }
        page.locator("#nav-sessions").click();
        assertThat(page).hasURL(Pattern.compile(".*/sessions"));
    }

    @Test
    void whoReadsAPageThatCannotBeReadIsToldAndNeedNotLoadItAgain() {
        String moment = SESSION + "?at=" + Instant.now();
        String empty = "/alerts?q=plumbline.session:of-nobody";
        Map<String, List<String>> content = new LinkedHashMap<>();
        content.put(moment, List.of("List the files in this folder.", "Compare with"));
        content.put(QUEUE, List.of("read late", "1 cause"));
        // Nothing changes in a list without a row when the search copy answers again.
        content.put(empty, List.of("No alert matches these filters.", "0 causes"));
        // Once it is refused, and once what it says makes no sense.
        for (Runnable failing : List.<Runnable>of(line::cut, line::garble)) {
            content.forEach((path, told) -> {
                failing.run();
                page.navigate(base + path);
                assertThat(page.locator("main")).containsText(NOTHING_KNOWN);
                ConsoleStack.screenshot(page, "unanswered" + file(path));
                line.restore();
                told.forEach(text -> assertThat(page.locator("main")).containsText(text));
                assertThat(page.getByText("Nothing is known about")).isHidden();
                if (path.equals(moment)) {
                    assertThat(page).hasURL(Pattern.compile(".*at=[0-9a-f]{32}.*"));
                } else {
                    // What filters offer as well.
                    assertThat(page.locator("#filter-agent option")).not().hasCount(1);
                }
            });
        }
    }

    /** Path, what stands there while it is read, what it says when it cannot be, and a piece of its content. */
    private record Told(String path, String reading, String unanswered, String content) {}

    private static final List<Told> PAGES = List.of(
            new Told("/audit", "reading…", NOTHING_KNOWN + " acts", "signed in"),
            new Told("/suppressions", "reading…", NOTHING_KNOWN + " suppressions", "in force"),
            new Told(
                    "/report",
                    "Reading the report…",
                    "The search copy does not answer. There is no report right now.",
                    "What became of the alerts"),
            new Told(
                    "/report" + SESSION,
                    "Reading the report…",
                    "The search copy does not answer. There is no report right now.",
                    "Decided by people"),
            new Told(
                    "/compare/" + DemoSession.SESSION + "/8c02-7be1",
                    "Reading both sessions…",
                    "The search copy does not answer. There is no comparison right now.",
                    "The two were not given the same task."),
            new Told(
                    "/rules",
                    "Reading the rules in force…",
                    "The search copy does not answer. Which rules judge is not known right now.",
                    "Roll back…"),
            new Told(
                    "/rules/coverage",
                    "Reading the rules in force…",
                    "The rules in force cannot be read right now.",
                    "MITRE ATLAS"));

    @Test
    void everyListAndReportStandsBeforeItIsReadAndIsReadAgainByItself() {
        try (Page admin = stack.signedIn("admin", base)) {
            Locator main = admin.locator("main");
            for (Told told : PAGES) {
                line.hold();
                admin.navigate(base + told.path());
                assertThat(main).containsText(told.reading());
                assertThat(main).not().containsText(told.content());
                line.restore();
                assertThat(main).containsText(told.content());
                assertThat(main.getByText(told.reading())).isHidden();

                line.cut();
                admin.navigate(base + told.path());
                assertThat(main).containsText(told.unanswered());
                assertThat(main).not().containsText(told.content());
                line.restore();
                assertThat(main).containsText(told.content());
                assertThat(main.getByText(told.unanswered())).isHidden();
            }
            // What makes no sense is no answer either.
            line.garble();
            admin.navigate(base + "/report");
            assertThat(main).containsText("There is no report right now.");
            line.restore();
            assertThat(main).containsText("What became of the alerts");
        }
    }

    @Test
    void whereNothingIsKnownOfASessionItsPoliciesAreNotMadeUp() throws Exception {
        for (String session : List.of("revised-1", "revised-2")) {
            stack.index.write(DemoIndex.under(
                    session, TaskPolicy.newBuilder().setName("p").setRevision(1).build()));
        }
        for (Runnable failing : List.<Runnable>of(line::cut, line::garble)) {
            page.navigate(base + "/policies?session=revised-1");
            assertThat(page.locator("#revisions dt").first()).isVisible();
            failing.run();
            page.locator("#policy-session").selectOption("revised-2");
            assertThat(page.locator("#revisions")).containsText("Only the policies of the product are shown.");
            assertThat(page.locator("#revisions dt")).hasCount(0);
            page.locator("#simulate").click();
            assertThat(page.locator("#simulation")).hasText("The search copy does not answer. Nothing was simulated.");
            line.restore();
        }
    }

    @Test
    void whoIsAskedToApproveIsNotToldThatNothingSpeaksAgainstItWhereNothingCanBeRead() throws Exception {
        Event asked = DemoIndex.approval(
                now(), now() + 280 * SECOND, "slow-2", Severity.LOW, "make slowly", "approvals[0]", "It takes long");
        stack.index.write(List.of(asked));
        page.navigate(base + "/approvals");
        Locator entry = page.locator("#approval-" + asked.getApprovalRequested().getApproval());
        // It may have come after the list was drawn.
        page.waitForCondition(() -> {
            if (page.locator("#new-rows").isVisible()) {
                page.locator("#new-rows").click();
            }
            return entry.isVisible();
        });
        entry.click();
        Locator detail = page.locator("#approval-detail");
        assertThat(detail).containsText("make slowly");
        assertThat(detail).containsText("nothing says that it is off the plan");
        for (Runnable failing : List.<Runnable>of(line::cut, line::garble)) {
            failing.run();
            entry.click();
            assertThat(detail).containsText("fitsnot known: the search copy does not answer");
            assertThat(detail).containsText("Last similar approvalnot known: the search copy does not answer");
            assertThat(detail).not().containsText("nothing says that it is off the plan");
            line.restore();
            entry.click();
            assertThat(detail).containsText("nothing says that it is off the plan");
        }
        int orders = stack.log.orders().size();
        line.cut();
        ConsoleStack.key(page, "d");
        assertNothingOrdered("deny");
        assertThat(stack.log.orders()).hasSize(orders);
    }

    @Test
    void whoOrdersWhereNothingCanBeReadIsToldThatNothingWasOrdered() throws Exception {
        stack.index.write(List.of(DemoIndex.running("unordered-1")));
        page.navigate(base + "/session/unordered-1");
        Locator state = page.locator("#session-state");
        assertThat(state).hasAttribute("data-state", "running");
        int orders = stack.log.orders().size();
        line.cut();
        ConsoleStack.key(page, "f");
        assertNothingOrdered("freeze");
        assertThat(state).not().containsText("requested");
        assertThat(stack.log.orders()).hasSize(orders);
        // Once somebody answers, what was typed need not be typed again.
        line.restore();
        page.locator("#confirm-freeze").click();
        assertThat(state).containsText("freeze requested");
        assertThat(stack.log.orders()).hasSize(orders + 1);
    }

    private void assertNothingOrdered(String word) {
        page.locator("#reason textarea").fill("let me look at it");
        assertThat(page.locator("#confirm-" + word)).isEnabled();
        page.locator("#confirm-" + word).click();
        assertThat(page.locator("#reason")).containsText("The search copy does not answer. Nothing was ordered.");
    }

    @Test
    void whatATabOfASessionCountsAndListsComesByItselfOnceItCanBeRead() {
        page.navigate(base + SESSION);
        assertThat(page.locator("soc-timeline svg")).isVisible();
        Locator unanswered = page.locator(".left").getByText("The search copy does not answer.");
        for (Runnable failing : List.<Runnable>of(line::cut, line::garble)) {
            for (String tab : List.of("files", "egress", "raw")) {
                page.locator("#tab-deviations").click();
                assertThat(page.locator("#deviations")).isVisible();
                failing.run();
                page.locator("#tab-" + tab).click();
                assertThat(unanswered).isVisible();
                assertThat(page.locator(".event-grid")).hasCount(0);
                line.restore();
                assertThat(page.locator(".event-grid")).containsText(Pattern.compile("[1-9][0-9,]* events"));
                assertThat(unanswered).hasCount(0);
                if (!tab.equals("raw")) {
                    assertThat(page.locator("#" + tab + "-table tbody tr").first())
                            .isVisible();
                }
            }
        }
    }

    @Test
    void aListOfEventsThatCannotBeReadAnewStaysAndIsReadWhenSomebodyAsks() throws Exception {
        String session = "slow-4";
        stack.index.write(DemoIndex.live(session, "Wait for it"));
        page.navigate(base + "/session/" + session);
        page.locator("#tab-raw").click();
        Locator list = page.locator(".event-grid");
        assertThat(list).containsText(Pattern.compile("[1-9][0-9,]* events"));
        stack.index.write(List.of(
                DemoIndex.alert(session, now(), DeviationKind.UNANNOUNCED, Severity.LOW, "one more", "sh ran", 3)));
        assertThat(page.locator("#new-events")).hasText(Pattern.compile("[0-9]+ new"));
        line.cut();
        page.locator("#new-events").click();
        assertThat(list).containsText("The search copy does not answer.");
        assertThat(page.locator("#new-events")).hasText("Read it again");
        line.restore();
        page.locator("#new-events").click();
        assertThat(list).containsText(Pattern.compile("[1-9][0-9,]* events"));
        assertThat(page.locator("#new-events")).isHidden();
    }

    @Test
    void ofADecisionOnSeveralNothingIsCalledRequestedThatWasNotSent() throws Exception {
        for (Map.Entry<String, Runnable> failing : Map.<String, Runnable>of(
                        "unsent-1", line::cut, "unsent-2", line::garble)
                .entrySet()) {
            String session = failing.getKey();
            for (String title : List.of("not sent one", "not sent two")) {
                stack.index.write(List.of(DemoIndex.alert(
                        session, now(), DeviationKind.UNANNOUNCED, Severity.MEDIUM, title, "sh ran late", 30)));
            }
            page.navigate(base + "/alerts?q=plumbline.session:" + session);
            assertThat(page.locator("#queue-summary")).hasText("2 causes");
            int orders = stack.log.orders().size();
            markBoth();
            failing.getValue().run();
            page.locator("#bulk-take").click();
            assertThat(page.locator("#decision-status"))
                    .hasText("0 recorded, 2 not sent: the search copy does not answer");
            assertThat(stack.log.orders()).hasSize(orders);
            line.restore();
            markBoth();
            page.locator("#bulk-take").click();
            assertThat(page.locator("#decision-status")).hasText("2 recorded");
            assertThat(stack.log.orders()).hasSize(orders + 2);
        }
    }

    private void markBoth() {
        ConsoleStack.key(page, "x");
        page.locator("#mark-all").click();
        assertThat(page.locator("#bulk")).containsText("2 marked");
    }

    @Test
    void whoWantsNoMotionIsToldWithoutThatAPageReads() {
        String moving = "() => [...document.querySelectorAll('main, main *')]"
                + ".some(part => part.checkVisibility() && getComputedStyle(part).animationName !== 'none')";
        for (ReducedMotion wanted : ReducedMotion.values()) {
            page.emulateMedia(new Page.EmulateMediaOptions().setReducedMotion(wanted));
            line.hold();
            page.navigate(base + QUEUE);
            assertThat(page.locator("#queue-summary")).hasText("reading…");
            assertThat(page.evaluate(moving)).isEqualTo(wanted == ReducedMotion.NO_PREFERENCE);
            line.restore();
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
        }
    }

    @Test
    void whoDecidesOnTheSessionPageIsToldThatNothingWasSent() {
        page.navigate(base + SESSION);
        assertThat(page.locator("#triage-acknowledged")).isVisible();
        int orders = stack.log.orders().size();
        line.cut();
        page.locator("#triage-acknowledged").click();
        assertThat(page.locator("#decision-status")).hasText("not sent: the search copy does not answer");
        assertThat(stack.log.orders()).hasSize(orders);
    }

    @Test
    void aPageThatWasLeftIsReadNoMore() {
        page.navigate(base + "/alerts");
        assertThat(page.locator("#queue-summary")).containsText("cause");
        line.cut();
        page.navigate(base + "/session/left-1?at=" + Instant.now());
        assertThat(page.locator("main")).containsText(NOTHING_KNOWN);
        page.locator("#nav-alerts").click();
        assertThat(page).hasURL(Pattern.compile(".*/alerts.*"));
        Awaitility.await().during(Duration.ofSeconds(7)).until(() -> line.questions().stream()
                .noneMatch(question -> question.contains("left-1")));
    }

    @Test
    void ofHostsThatCannotBeReadNobodySaysWhetherTheyAreHeard() {
        for (Runnable failing : List.<Runnable>of(line::cut, line::garble)) {
            page.navigate(base + "/hosts");
            Locator row = page.locator("#hosts").getByText("not known").first();
            assertThat(page.locator("#hosts").getByText("host-3").first()).isVisible();
            assertThat(row).isHidden();
            failing.run();
            assertThat(page.locator(".page-head")).containsText(OLD);
            assertThat(row).isVisible();
            ConsoleStack.screenshot(page, "unanswered-hosts");
            line.restore();
            assertThat(row).isHidden();
            assertThat(page.locator(".page-head")).not().containsText(OLD);
            assertThat(page.locator(".problem")).isHidden();
        }
        // Who looks at hosts is given those that are known: the next one is to find nobody who looks.
        page.locator("#nav-sessions").click();
        assertThat(page).hasURL(Pattern.compile(".*/sessions"));
    }

    @Test
    void nobodyActsOnTheRowsOfAnotherQuestion() {
        page.navigate(base + QUEUE);
        assertThat(page.locator("#cause h2")).hasText("read late");
        int orders = stack.log.orders().size();
        line.hold();
        page.locator("#filter-severity").selectOption("critical");
        assertThat(page.locator("#queue-summary")).hasText("reading…");
        for (String key : List.of("j", "x", "a", "v", "s", "f")) {
            ConsoleStack.key(page, key);
        }
        assertThat(page.locator("vaadin-dialog[opened]")).hasCount(0);
        line.restore();
        assertThat(page.locator("main")).containsText("No alert matches these filters.");
        assertThat(page.locator("#decision-status")).isHidden();
        assertThat(stack.log.orders()).hasSize(orders);
    }

    @Test
    void whoChangesAFilterWaitsForTheAnswerAloneAndNotForWhatFiltersOffer() {
        page.navigate(base + QUEUE);
        assertThat(page.locator("#queue-summary")).hasText("1 cause");
        // Offered once the page stands.
        assertThat(page.locator("#filter-agent option")).not().hasCount(1);
        line.questions();
        page.locator("#filter-kind").selectOption("unannounced");
        assertThat(page).hasURL(Pattern.compile(".*kind=unannounced.*"));
        assertThat(page.locator("#queue-summary")).hasText("1 cause");
        assertThat(line.questions())
                .anyMatch(question -> question.contains("severity_number"))
                .noneMatch(question -> question.contains("aggregations") && question.contains("clause"));
    }
}
