package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Severity;
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
