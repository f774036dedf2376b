package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.options.AriaRole;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.live.Queues;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.search.Search;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.TriageNoted;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The triage queue as people use it: the keyboard, two of them at once, many alerts at once, files. */
class TriageIT extends ConsoleTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    private void raise(String session, String... titles) throws Exception {
        long now = now();
        for (String title : titles) {
            stack.index.write(List.of(DemoIndex.alert(
                    session, now++, DeviationKind.UNANNOUNCED, Severity.MEDIUM, title, "sh ran " + title, 30)));
        }
    }

    private Page queue(String person, String session) {
        Page page = stack.signedIn(person);
        page.navigate(stack.base + "/alerts?q=plumbline.session:" + session);
        assertThat(page.locator("#queue-summary")).containsText("cause");
        return page;
    }

    private Event lastOrder() {
        return stack.log.orders().getLast();
    }

    @Test
    void everyTriageActNeedsNoMouse() throws Exception {
        raise("keys-1", "first", "second");
        try (Page page = queue("bea", "keys-1")) {
            assertThat(page.locator("#cause h2")).hasText("first");
            ConsoleStack.key(page, "j");
            assertThat(page.locator("#cause h2")).hasText("second");
            ConsoleStack.key(page, "k");
            assertThat(page.locator("#cause h2")).hasText("first");
            ConsoleStack.key(page, "a");
            assertThat(page.locator("#decision-status")).hasText("recorded: acknowledged");
            assertThat(page.locator("#triage-state")).containsText("bea");
            assertThat(lastOrder().getTriageNoted().getAssignee()).isEqualTo("bea");

            ConsoleStack.key(page, "n");
            page.locator("#reason textarea").fill("asked the team");
            assertThat(page.locator("#confirm-triage")).isEnabled();
            page.locator("#confirm-triage").press("Enter");
            assertThat(page.locator("#history")).containsText("asked the team");

            ConsoleStack.key(page, "v");
            assertThat(page.locator("#verdict")).isVisible();
            page.locator("#verdict input[checked], #verdict input").first().press("ArrowDown");
            page.keyboard().press("Control+Enter");
            assertThat(page.locator("#triage-state")).containsText("benign");
            assertThat(lastOrder().getTriageNoted().getReasonCode()).isEqualTo("tooling");

            ConsoleStack.key(page, "j");
            ConsoleStack.key(page, "s");
            page.locator("#confirm-triage").click();
            assertThat(page.getByText("A suppression needs a reason.")).isVisible();
            page.locator("#note textarea").fill("known build step");
            page.keyboard().press("Control+Enter");
            assertThat(page.locator("#triage-state")).containsText("suppressed");
            assertThat(lastOrder().getTriageNoted().getSuppression().getOwner()).isEqualTo("bea");

            ConsoleStack.key(page, "?");
            assertThat(page.locator("#key-help")).containsText("take it");
            page.keyboard().press("Escape");
            assertThat(page.locator("#key-help")).hasCount(0);
            ConsoleStack.key(page, "Enter");
            page.waitForURL(Pattern.compile(".*/session/keys-1\\?at=.*"));
        }
    }

    @Test
    void keysAreSilentWhileSomebodyTypes() throws Exception {
        raise("typing-1", "only");
        int before = stack.log.orders().size();
        try (Page page = queue("bea", "typing-1")) {
            ConsoleStack.key(page, "/");
            assertThat(page.locator("#queue-text")).isFocused();
            page.keyboard().type("a x s v n j");
            assertThat(page.locator("#queue-text")).hasValue(Pattern.compile(".*a x s v n j"));
            assertThat(page.locator("vaadin-dialog[opened]")).hasCount(0);
        }
        assertThat(stack.log.orders()).hasSize(before);
    }

    @Test
    void theSearchLineCompletesNamesAndWhatIsKnown() throws Exception {
        raise("completed-1", "uncompletable");
        try (Page page = queue("vic", "completed-1")) {
            // What is known is offered once the page stands.
            assertThat(page.locator("#filter-host option[value='host-3']")).hasCount(1);
            ConsoleStack.key(page, "/");
            assertThat(page.locator("#queue-text")).isFocused();
            page.keyboard().press("Control+a");
            page.keyboard().type("uncompletable -host");
            Locator offered = page.locator("#queue-completions option");
            assertThat(offered).hasCount(1);
            assertThat(offered).hasAttribute("value", "uncompletable -host.name:");
            page.keyboard().type(".name:host-3");
            assertThat(offered.first()).hasAttribute("value", "uncompletable -host.name:host-3");
            page.keyboard().press("Enter");
            assertThat(page).hasURL(Pattern.compile(".*[?&]q=uncompletable.*host\\.name.*host-3.*"));
            // Of a session that no host told of.
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
        }
    }

    @Test
    void ofTwoPeopleTheSecondSeesWhoWasFaster() throws Exception {
        raise("conflict-1", "contested");
        try (Page ana = queue("admin", "conflict-1");
                Page bea = queue("bea", "conflict-1")) {
            // Ana's page does not hear of Bea's decision: the version that it shows is the old one.
            ana.locator("#verdict-open").click();
            ConsoleStack.key(bea, "a");
            assertThat(bea.locator("#decision-status")).hasText("recorded: acknowledged");
            assertThat(ana.locator("#triage-state")).containsText("bea");
            ana.locator("#cancel").click();
            assertThat(ana.locator("#cancel")).hasCount(0);

            // Both decide on version 1.
            stack.log.hold();
            ConsoleStack.key(ana, "a");
            assertThat(ana.locator("#decision-status")).hasText("requested: acknowledged");
            ConsoleStack.key(bea, "v");
            assertThat(bea.locator("#verdict")).isVisible();
            bea.locator("#confirm-triage").click();
            stack.log.releaseNewestFirst(2);

            assertThat(bea.locator("#decision-status")).hasText("recorded: true positive");
            assertThat(ana.locator("#decision-status"))
                    .hasText(Pattern.compile("refused: bea has called it true positive \\d+ s ago"));
            assertThat(ana.locator("#history")).containsText("refused");
            ConsoleStack.screenshot(ana, "conflict");
        }
    }

    @Test
    void manyAreDecidedAtOnceAlsoThoseThatAreNotShown() throws Exception {
        int many = Queues.MAX_ROWS + 1;
        long now = now();
        List<Event> alerts = new ArrayList<>();
        for (int i = 0; i < many; i++) {
            alerts.add(DemoIndex.alert(
                    "bulk-1", now + i, DeviationKind.UNANNOUNCED, Severity.MEDIUM, "found " + i, "sh ran " + i, 30));
        }
        stack.index.write(alerts);
        try (Page page = queue("bea", "bulk-1")) {
            assertThat(page.locator("#queue-summary")).containsText(many + " causes");
            ConsoleStack.key(page, "x");
            page.locator("#mark-all").click();
            assertThat(page.locator("#bulk")).containsText(many + " marked");
            page.locator("#bulk-verdict").click();
            assertThat(page.locator("#confirm-triage")).isVisible();
            // Of one of them somebody says something before the dialog is done: it is not decided about unseen.
            String noted = alerts.getFirst().getAlertRaised().getDeviation();
            assertThat(stack.bean(Orders.class)
                            .triage(
                                    stack.bean(Search.class)
                                            .cause("bulk-1", noted)
                                            .orElseThrow(),
                                    TriageDecision.acknowledge("admin"),
                                    ConsoleStack.ADMIN))
                    .isInstanceOf(Outcome.Accepted.class);
            int before = stack.log.orders().size();
            stack.log.hold();
            page.locator("#confirm-triage").click();
            assertThat(page.locator("#decision-status")).hasText("0 recorded, " + many + " requested");
            stack.log.lose();
            assertThat(stack.log.orders().stream().skip(before).map(Event::getTriageNoted))
                    .hasSize(many)
                    .allSatisfy(decision -> {
                        assertThat(decision.getVerdict()).isEqualTo("true_positive");
                        assertThat(decision.getVersion()).isZero();
                    })
                    .extracting(TriageNoted::getCause)
                    .doesNotHaveDuplicates()
                    .contains(noted);
        }
    }

    @Test
    void rowsStayWhereTheyAreAndNewOnesWait() throws Exception {
        raise("news-1", "old");
        try (Page page = queue("bea", "news-1")) {
            assertThat(page.locator("#new-rows")).isHidden();
            stack.index.write(
                    List.of(DemoIndex.alert("news-1", now(), DeviationKind.RULE, Severity.CRITICAL, "worse", "x", 99)));
            assertThat(page.locator("#new-rows")).hasText("1 new");
            assertThat(page.locator("#cause h2")).hasText("old");
            assertThat(page.locator("#alerts .what").getByText("worse")).hasCount(0);
            ConsoleStack.key(page, "r");
            assertThat(page.locator("#alerts .what").first()).containsText("worse");
            assertThat(page.locator("#cause h2")).hasText("old");
        }
    }

    @Test
    void namesAreCopiedAndALostConnectionIsSaid() throws Exception {
        raise("copied-1", "one");
        try (Page page = queue("bea", "copied-1")) {
            page.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
            Locator copy = page.getByLabel("Copy copied-1");
            copy.click();
            assertThat(copy).hasText("Copied");
            assertThat(page.evaluate("navigator.clipboard.readText()")).isEqualTo("copied-1");

            page.context().setOffline(true);
            assertThat(page.getByText("The connection to the console is lost.")).isVisible();
            ConsoleStack.screenshot(page, "connection-lost");
            page.context().setOffline(false);
            assertThat(page.getByText("The connection to the console is lost.")).isHidden();
            // Those that nobody could answer meanwhile.
            assertThat(stack.failures()).allMatch(failure -> failure.startsWith("net::"));
            ConsoleStack.key(page, "a");
            assertThat(page.locator("#decision-status")).hasText("recorded: acknowledged");
        }
    }

    @Test
    void aVerdictIsToldBeforeTheSearchCopyHasItUnlessItsCauseIsKnown() throws Exception {
        raise("stream-1", "old");
        Event covered =
                DemoIndex.alert("stream-1", now(), DeviationKind.UNANNOUNCED, Severity.HIGH, "covered", "x", 99);
        stack.index.write(List.of(covered));
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/alerts?host=stream-host");
            assertThat(page.locator("#queue-message")).isVisible();
            Queues queues = stack.bean(Queues.class);
            // Its document says what was decided about it; the list of the search copy shows it.
            queues.verdict(covered.toBuilder().setHost("stream-host").build());
            queues.verdict(
                    DemoIndex.alert(
                                    "stream-1",
                                    now(),
                                    DeviationKind.RULE,
                                    Severity.CRITICAL,
                                    "only in the log",
                                    "y",
                                    99)
                            .toBuilder()
                            .setHost("stream-host")
                            .build());
            assertThat(page.locator("#cause h2")).hasText("only in the log");
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
            ConsoleStack.key(page, "a");
            assertThat(page.locator("#decision-status")).containsText("The search copy does not have this alert yet");
        }
    }

    @Test
    void aCauseLeadsToTheReportOfItsCase() throws Exception {
        raise("case-1", "to be told further");
        try (Page page = queue("vic", "case-1")) {
            page.locator("#case-report").click();
            assertThat(page).hasURL(Pattern.compile(".*/report/session/case-1"));
            assertThat(page.locator("#report-asked")).containsText("case-1");
            assertThat(page.locator("#report-judged")).containsText("to be told further");
        }
    }

    @Test
    void aSuppressedCauseIsCountedAndReachable() throws Exception {
        raise("quiet-1", "noisy");
        try (Page page = queue("bea", "quiet-1")) {
            ConsoleStack.key(page, "s");
            page.locator("#note textarea").fill("known");
            page.locator("#confirm-triage").click();
            assertThat(page.locator("#decision-status")).hasText("recorded: suppressed");
            raise("quiet-1", "noisy");
            page.locator("#filter-state").selectOption("suppressed");
            assertThat(page.locator("#alerts .what").first()).containsText("×2");
            ConsoleStack.key(page, "o");
            page.locator("#reason textarea").fill("not known after all");
            page.locator("#confirm-triage").click();
            assertThat(page.locator("#triage-state")).containsText("open");
        }
    }

    @Test
    void aKindIsSuppressedForTheWholeTenantAndEndedByTheFirstOfTwo() throws Exception {
        raiseFalseReports("everywhere-1", "everywhere-2");
        try (Page page = queue("bea", "everywhere-1");
                Page second = stack.signedIn("ana")) {
            ConsoleStack.key(page, "s");
            page.locator("#suppression-scope")
                    .getByText("all sessions of the tenant")
                    .click();
            assertThat(page.locator("#suppression-told")).containsText("2 causes are open now");
            ConsoleStack.screenshot(page, "suppression-dialog");
            page.locator("#note textarea").fill("a tool that reports wrongly");
            page.locator("#confirm-triage").click();
            assertThat(page.locator("#decision-status")).hasText("recorded: suppressed");
            assertThat(lastOrder().getSuppressionOrdered().getOwner()).isEqualTo("bea");
            assertThat(page.locator("#queue-summary")).hasText("0 causes");
            assertThat(page.locator("#suppressions-link")).hasText("1 suppressed for all");
            page.navigate(stack.base + "/alerts?host=everywhere-host");
            assertThat(page.locator("#queue-message")).isVisible();
            Queues queues = stack.bean(Queues.class);
            queues.verdict(falseReport("everywhere-5", Severity.MEDIUM).toBuilder()
                    .setHost("everywhere-host")
                    .build());
            queues.verdict(
                    DemoIndex.alert(
                                    "everywhere-5",
                                    now(),
                                    DeviationKind.RULE,
                                    Severity.MEDIUM,
                                    "of another kind",
                                    "y",
                                    30)
                            .toBuilder()
                            .setHost("everywhere-host")
                            .build());
            assertThat(page.locator("#cause h2")).hasText("of another kind");
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
            // What is raised later is covered, too, and what is more severe is not.
            raiseFalseReports("everywhere-3");
            raiseFalseReport("everywhere-4", Severity.HIGH);
            page.navigate(stack.base + "/alerts?q=plumbline.session:everywhere-4");
            assertThat(page.locator("#triage-state")).containsText("open");
            page.navigate(stack.base + "/alerts?q=plumbline.session:everywhere-3&state=suppressed");
            assertThat(page.locator("#triage-state")).containsText("by a suppression of the whole tenant");

            page.locator("#suppressions-link").click();
            assertThat(page.locator("#suppressions-summary")).hasText("1 in force");
            assertThat(page.locator("#suppressions")).containsText("a tool that reports wrongly");
            ConsoleStack.screenshot(page, "suppressions");
            page.locator("#suppressions a[href*='plumbline.suppression']").click();
            assertThat(page.locator("#queue-summary")).hasText("3 causes");
            page.goBack();

            second.navigate(stack.base + "/suppressions");
            second.locator("#suppressions button").click();
            page.locator("#suppressions button").click();
            for (Page each : List.of(page, second)) {
                each.locator("#reason textarea").fill("it reports rightly now");
            }
            page.locator("#confirm-end").click();
            assertThat(page.locator("#suppression-status")).hasText("recorded: ended");
            second.locator("#confirm-end").click();
            assertThat(second.locator("#reason")).containsText("The suppression is ended");
            page.navigate(stack.base + "/alerts?q=plumbline.session:everywhere-1");
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
            assertThat(page.locator("#triage-state")).containsText("open");
        }
    }

    private void raiseFalseReports(String... sessions) throws Exception {
        for (String session : sessions) {
            raiseFalseReport(session, Severity.MEDIUM);
        }
    }

    private void raiseFalseReport(String session, Severity severity) throws Exception {
        stack.index.write(List.of(falseReport(session, severity)));
    }

    private static Event falseReport(String session, Severity severity) {
        return DemoIndex.alert(session, now(), DeviationKind.FALSE_REPORT, severity, "told wrongly", "exit 1", 30);
    }

    @Test
    void aSavedViewIsSharedWithOthers() throws Exception {
        raise("views-1", "one");
        try (Page page = queue("bea", "views-1")) {
            page.locator("#save-view").click();
            page.locator("#view-name input").fill("Views test");
            page.getByRole(AriaRole.CHECKBOX, new Page.GetByRoleOptions().setName("Others see it too"))
                    .check();
            page.locator("#confirm-view").click();
            assertThat(page.locator("#view-name")).hasCount(0);
        }
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/alerts");
            page.locator("#views")
                    .selectOption(new com.microsoft.playwright.options.SelectOption().setLabel("Views test · bea"));
            assertThat(page.locator("#queue-summary")).hasText("1 cause");
            assertThat(page).hasURL(Pattern.compile(".*q=plumbline.session%3Aviews-1"));
        }
    }

    @Test
    void hostileTextIsTextOnThePageAndInFiles() throws Exception {
        raise("hostile-1", "=HYPERLINK(\"http://x\",\"<img src=x onerror=alert(1)>\")\u202e");
        stack.index.write(List.of(DemoIndex.alert(
                "hostile-1",
                now(),
                DeviationKind.RULE,
                Severity.LOW,
                "long",
                "\u001b[31mred " + "<b>x</b> ".repeat(125_000),
                1)));
        try (Page page = queue("bea", "hostile-1")) {
            assertThat(page.locator("#cause h2")).containsText("<img src=x onerror=alert(1)>\")\\u202e");
            assertThat(page.locator("#cause img, #alerts img")).hasCount(0);
            // A megabyte with colours of a terminal is cut, and is text, too.
            ConsoleStack.key(page, "j");
            assertThat(page.locator("#cause h2")).hasText("long");
            assertThat(page.locator("#cause")).containsText("\\u001b[31mred <b>x</b> <b>x</b>");
            assertThat(page.locator("#cause b, #alerts b")).hasCount(0);
            Download download =
                    page.waitForDownload(() -> page.locator("#export-csv").click());
            Path file = Files.createTempFile("alerts", ".csv");
            download.saveAs(file);
            assertThat(Files.readString(file))
                    .contains(",\"'=HYPERLINK(\"\"http://x\"\"")
                    .contains("\\u202e");
            ConsoleStack.screenshot(page, "hostile");
        }
    }

    @Test
    void anotherTenantSeesAndDecidesNothing() throws Exception {
        long now = now();
        raise("tenant-1", "zebra");
        Event asked = DemoIndex.approval(
                now, now + 280_000_000_000L, "tenant-1", Severity.LOW, "make zebra", "approvals[0]", "It is one");
        stack.index.write(List.of(asked));
        String alert = JSON.readTree(api(stack.base, "GET", "/alerts", "").body())
                .path("alerts")
                .findValuesAsText("id")
                .getFirst();
        String approval = asked.getApprovalRequested().getApproval();
        String base = stack.ofAnotherTenant();
        try (Page page = stack.signedIn("bea", base)) {
            Map<String, String> told = new LinkedHashMap<>();
            told.put("/session/tenant-1", "There is no such session.");
            told.put("/session/tenant-1?at=" + asked.getId(), "There is no such session.");
            told.put("/compare/tenant-1/tenant-1", "There is no session tenant-1.");
            told.put("/report/session/tenant-1", "There is no such session.");
            told.put("/policies?session=tenant-1", "none is known");
            told.put("/approvals", "No agent waits for a decision.");
            told.put("/sessions", "0 live");
            told.put("/hosts", "No host has reported.");
            told.put("/suppressions", "Nothing is suppressed for the whole tenant.");
            told.put("/alerts?state=all", "No alert matches these filters.");
            for (Map.Entry<String, String> entry : told.entrySet()) {
                page.navigate(base + entry.getKey());
                assertThat(page.locator("main")).containsText(entry.getValue());
                assertThat(page.locator("main")).not().containsText("zebra");
            }
            for (String format : List.of("json", "csv")) {
                Download download = page.waitForDownload(
                        () -> page.locator("#export-" + format).click());
                assertThat(Files.readString(download.path())).doesNotContain("zebra", "tenant-1");
            }
            for (String listing : List.of("/sessions", "/alerts", "/approvals", "/suppressions")) {
                assertThat(api(base, "GET", listing, "").body()).doesNotContain("zebra", "tenant-1");
            }
            int orders = stack.log.orders().size();
            String reason = "{\"reason\":\"x\"}";
            Map<String, String> asks = new LinkedHashMap<>();
            asks.put("GET /sessions/tenant-1", "");
            asks.put("GET /sessions/tenant-1/evidence", "");
            asks.put("GET /approvals/" + approval, "");
            asks.put("GET /alerts/" + alert + "/cause", "");
            asks.put("POST /sessions/tenant-1/events/" + asked.getId() + "/unmask", reason);
            asks.put("POST /sessions/tenant-1/freeze", reason);
            asks.put("POST /sessions/tenant-1/kill", reason);
            asks.put("POST /sessions/tenant-1/policy", "{\"yaml\":\"name: x\",\"reason\":\"x\"}");
            asks.put(
                    "POST /approvals/" + approval,
                    "{\"approved\":true,\"reason\":\"x\",\"subject_sha256\":\""
                            + asked.getApprovalRequested().getSubjectSha256() + "\"}");
            asks.put("POST /alerts/" + alert + "/triage", "{\"verdict\":\"acknowledged\",\"version\":0}");
            for (Map.Entry<String, String> ask : asks.entrySet()) {
                String[] words = ask.getKey().split(" ");
                assertThat(api(base, words[0], words[1], ask.getValue()).statusCode())
                        .as(ask.getKey())
                        .isEqualTo(404);
            }
            assertThat(JSON.readTree(api(base, "GET", "/sessions/tenant-1/events", "")
                                    .body())
                            .path("events"))
                    .isEmpty();
            assertThat(stack.log.orders()).hasSize(orders);
        }
    }

    private static HttpResponse<String> api(String base, String method, String path, String body) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create(base + "/api/v1" + path))
                            .header("Authorization", "Bearer " + ConsoleStack.TOKEN)
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
