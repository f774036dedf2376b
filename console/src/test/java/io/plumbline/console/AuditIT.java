package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.orders.Orders;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.orders.TriageDecision;
import io.plumbline.console.search.Search;
import io.plumbline.console.triage.QueueQuery;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Prompt;
import io.plumbline.events.v1.TaskPolicy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Raw events are masked, looking at more is an act, and acts are shown to those who watch. */
class AuditIT extends ConsoleTest {
    private static final String SESSION = "raw-1";

    @Test
    void rawEventsAreMaskedAndWhoLooksCloserIsOnTheAuditPage() throws Exception {
        long now = now();
        stack.index.write(DemoIndex.under(
                SESSION, TaskPolicy.newBuilder().setName("p").setRevision(1).build()));
        stack.index.write(List.of(EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(SESSION)
                .setHost("host-3")
                .setChannel(Channel.CLAIMS)
                .setSeq(1)
                .setEventTimeNs(now)
                .setObservedTimeNs(now)
                .setPrompt(Prompt.newBuilder().setText("Write to jane@example.org \u202e<b>now</b>")))));
        try (Page page = stack.signedIn("vic")) {
            assertThat(raw(page, "unmask")).isDisabled();
        }
        String event;
        try (Page page = stack.signedIn("ana")) {
            raw(page, "show").click();
            Locator document = page.locator("#document-" + prompt());
            assertThat(document).containsText("[masked: ");
            assertThat(document).not().containsText("jane@example.org");
            page.locator("#unmask-" + prompt()).click();
            assertThat(page.locator("#confirm-unmask")).isDisabled();
            page.locator("#reason textarea").fill("=cmd what was asked <b>exactly</b>");
            page.locator("#confirm-unmask").click();
            assertThat(document).containsText("Write to jane@example.org \\u202e<b>now</b>");
            Event written = stack.log.orders().stream()
                    .filter(Event::hasUnmaskingRecorded)
                    .reduce((first, last) -> last)
                    .orElseThrow();
            event = written.getUnmaskingRecorded().getEvent();
            assertThat(written.getUnmaskingRecorded().getViewedBy()).isEqualTo("ana");
            assertThat(written.getSession()).isEqualTo(SESSION);
        }
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/audit?act=unmasking&person=ana");
            assertThat(page.locator("#audit")).containsText("=cmd what was asked <b>exactly</b>");
            // Hashes by their beginning; the whole one is in the title, in the file and behind the button.
            Locator about = page.locator("#audit [title='event " + event + "']");
            assertThat(about).containsText("event " + event.substring(0, 12) + "…");
            assertThat(about).not().containsText(event);
            page.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
            about.getByLabel("Copy " + event).click();
            assertThat(about.locator(".copy")).hasText("Copied");
            assertThat(page.evaluate("navigator.clipboard.readText()")).isEqualTo(event);
            // Without a clipboard, as over plain HTTP, all of it is there to be selected.
            page.evaluate(
                    "() => { Object.defineProperty(navigator, 'clipboard', {value: undefined, configurable: true}); }");
            about.locator(".copy").click();
            assertThat(about).containsText(event);
            assertThat(page.evaluate("String(getSelection())")).isEqualTo(event);
            page.evaluate("delete navigator.clipboard");
            ConsoleStack.screenshot(page, "audit");
            Download csv =
                    page.waitForDownload(() -> page.locator("#export-csv").click());
            assertThat(csv.suggestedFilename()).isEqualTo("audit.csv");
            assertThat(Files.readString(csv.path())).contains("\"'=cmd what was asked", event);
            page.locator("#audit-act").selectOption("sign-in");
            assertThat(page.locator("#audit")).containsText("signed in");
            assertThat(page.locator("#audit")).not().containsText("=cmd");
            page.locator("#audit-person").fill("nobody-at-all");
            page.keyboard().press("Enter");
            assertThat(page.locator("#audit-summary")).hasText("0 acts");
        }
        assertThat(stack.log.orders().stream()
                        .filter(Event::hasExportRecorded)
                        .toList()
                        .getLast()
                        .getExportRecorded())
                .satisfies(export -> {
                    assertThat(export.getWhat()).isEqualTo("audit");
                    assertThat(export.getQuery()).isEqualTo("person=ana&act=unmasking");
                });
    }

    @Test
    void wordsOfATriageNoteAreFoundAmongReasons() throws Exception {
        Search search = stack.bean(Search.class);
        var cause = search.causes(QueueQuery.WAITING, "admin", Instant.now(), 1)
                .rows()
                .getFirst();
        assertThat(stack.bean(Orders.class)
                        .triage(cause, TriageDecision.note("the falcon came back"), ConsoleStack.BEA))
                .isInstanceOf(Outcome.Accepted.class);
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/audit?reason=falcon&person=bea");
            assertThat(page.locator("#audit-summary")).hasText("1 act");
            assertThat(page.locator("#audit")).containsText("the falcon came back");
        }
    }

    @Test
    void theAuditPageIsForAdmins() throws Exception {
        try (Page page = stack.signedIn("bea")) {
            page.navigate(stack.base + "/audit");
            assertThat(page.locator("#audit")).hasCount(0);
            assertThat(page.locator("#audit-summary")).hasCount(0);
            assertThat(stack.failures()).allMatch(failure -> failure.equals("404 " + stack.base + "/audit"));
        }
    }

    @Test
    void theApiMasksTooAndUnmasksWithAReasonOnly() throws Exception {
        String path = "/sessions/" + DemoSession.SESSION + "/events";
        JsonNode events = new ObjectMapper()
                .readTree(api("GET", path + "?channel=claims&limit=200", "").body())
                .path("events");
        assertThat(events.findValues("message"))
                .filteredOn(JsonNode::isTextual)
                .isNotEmpty()
                .allSatisfy(text -> assertThat(text.asText()).startsWith("[masked: "));
        String id = stack
                .bean(Search.class)
                .events(DemoSession.SESSION, Optional.of("claims"), Optional.empty(), 200)
                .events()
                .stream()
                .filter(event -> event.action().equals("prompt"))
                .findFirst()
                .orElseThrow()
                .id();
        assertThat(api("POST", path + "/" + id + "/unmask", "{}").statusCode()).isEqualTo(400);
        HttpResponse<String> whole = api("POST", path + "/" + id + "/unmask", "{\"reason\":\"by script\"}");
        assertThat(whole.statusCode()).isEqualTo(200);
        assertThat(whole.body()).contains("List the files in this folder.");
        assertThat(stack.log.orders().getLast().getUnmaskingRecorded().getViewedBy())
                .isEqualTo("api");
        assertThat(api("POST", "/sessions/8c02-7be1/events/" + id + "/unmask", "{\"reason\":\"x\"}")
                        .statusCode())
                .isEqualTo(404);
    }

    private HttpResponse<String> api(String method, String path, String body) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(stack.base + "/api/v1" + path))
                                .header("Authorization", "Bearer " + ConsoleStack.TOKEN)
                                .header("Content-Type", "application/json")
                                .method(method, HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    /** A button of the session's prompt among its raw events. */
    private Locator raw(Page page, String button) {
        page.navigate(stack.base + "/session/" + SESSION);
        page.locator("#tab-raw").click();
        return page.locator("#" + button + "-" + prompt());
    }

    private String prompt() {
        return stack.bean(Search.class)
                .events(SESSION, List.of("prompt"), Optional.empty(), Search.Keep.OLDEST, 1)
                .getFirst()
                .id();
    }
}
