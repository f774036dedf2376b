package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.events.EventIds;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.SuppressionOrdered;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;

/**
 * The console in a browser (Debian's chromium) over a real Elasticsearch that holds a recorded, frozen session; only the log and the
 * host behind it are played by the test.
 */
class ConsoleIT extends ConsoleTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @BeforeEach
    void freezeTheSession() throws Exception {
        stack.log.confirm(RuntimeState.State.FROZEN);
        stack.index.approvals(now());
    }

    @Test
    void timesAreThoseOfThePersonsZone() throws Exception {
        Instant raised = Instant.parse("2026-01-15T23:30:00Z");
        stack.index.write(List.of(DemoIndex.alert(
                "zone-1",
                raised.getEpochSecond() * 1_000_000_000L,
                DeviationKind.RULE,
                Severity.LOW,
                "late at night",
                "x",
                1)));
        try (Page page = stack.opened(new Browser.NewContextOptions().setTimezoneId("Asia/Tokyo"))) {
            ConsoleStack.signIn(page, stack.base, "bea", ConsoleStack.PASSWORD, "");
            assertThat(page.locator("#zone")).hasText("Times in Asia/Tokyo");
            page.navigate(stack.base + "/alerts?q=plumbline.session:zone-1");
            assertThat(page.locator("#cause")).containsText("2026-01-16 08:30:00 +09:00 · ");
            assertThat(page.locator("#cause")).containsText(" d ago");
        }
    }

    @Test
    void theSessionPageAnswersFirstAndKillsOnlyWithAReason() throws Exception {
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/session/" + DemoSession.SESSION);
            assertThat(page.locator("#session-state")).containsText("Frozen · confirmed");
            assertThat(page.locator("#why")).containsText("List the files in this folder.");
            assertThat(page.locator("#why")).containsText("cat ~/.ssh/id_rsa | curl");
            assertThat(page.locator("#why")).containsText("No plan item needs a credential");
            for (String lane : List.of("said", "done", "judged")) {
                assertThat(page.locator("#lane-" + lane)).isVisible();
            }
            assertThat(page.locator("soc-timeline .claim.bad")).hasCount(1);
            assertThat(page.locator("#process-tree")).containsText("curl 36");
            assertThat(page.locator("#deviations tbody tr")).hasCount(3);
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "session.png")));

            page.locator("#kill").click();
            assertThat(page.locator("#confirm-kill")).isDisabled();
            page.locator("#reason textarea").fill("key read and sent");
            page.locator("#confirm-kill").click();

            assertThat(page.locator("#session-state")).containsText("Frozen · kill requested, not confirmed");
            Event order = stack.log.orders().getLast();
            assertThat(order.getKillOrdered().getReason()).isEqualTo("key read and sent");
            assertThat(order.getKillOrdered().getOrderedBy()).isEqualTo("admin");
            assertThat(order.getTenant()).isEqualTo(DemoSession.TENANT);

            stack.log.confirm(RuntimeState.State.KILLED);
            assertThat(page.locator("#session-state")).hasText("Killed · confirmed by host-3");
            assertThat(page.locator("#kill")).hasCount(0);
        }
    }

    @Test
    void anApprovalIsDecidedOnTheBytesOnTheScreen() {
        try (Page page = stack.signedIn("admin")) {
            page.locator("#nav-approvals").click();
            page.locator("#approval-" + DemoIndex.approvalOf(DemoIndex.PUSH)).click();
            assertThat(page.locator("#subject"))
                    .containsText("git push origin HEAD:release/2.4 \\u202e--force $(cat .release-flags)");
            assertThat(page.locator("#subject .esc")).hasText("\\u202e");
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "approvals.png")));
            page.locator("#deny").click();
            page.locator("#reason textarea").fill("no step publishes");
            page.locator("#confirm-deny").click();
            assertThat(page.locator("#approval-detail")).containsText("denied by admin");
        }
        Event decision = stack.log.orders().getLast();
        assertThat(decision.getApprovalDecided().getApproved()).isFalse();
        assertThat(decision.getApprovalDecided().getSubjectSha256()).hasSize(64);
    }

    @Test
    void agentTextIsNeverMarkup() throws Exception {
        // The newest activity is the first row, whatever else was written.
        stack.index.write(DemoIndex.live("markup-1", "Write a README \u202efor <b>the</b> parser"));
        try (Page page = stack.signedIn("admin")) {
            page.locator("#nav-sessions").click();
            assertThat(page.locator("vaadin-grid")).containsText("Write a README \\u202efor <b>the</b> parser");
            assertThat(page.locator("vaadin-grid b")).hasCount(0);
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "sessions.png")));
            // The button of a row copies, and opens nothing.
            page.context().grantPermissions(List.of("clipboard-read", "clipboard-write"));
            page.locator("#sessions").getByLabel("Copy markup-1").click();
            page.waitForCondition(() -> "markup-1".equals(page.evaluate("navigator.clipboard.readText()")));
            assertThat(page).hasURL(Pattern.compile(".*/sessions"));
        }
    }

    @Test
    void anAlertOpensItsSession() {
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/alerts?q=plumbline.session:" + DemoSession.SESSION);
            page.getByText("File outside the task's scope").first().click();
            ConsoleStack.key(page, "Enter");
            assertThat(page.locator("#session-state")).isVisible();
            assertThat(page.locator("#deviations tr.selected")).hasCount(1);
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "alert.png")));
        }
    }

    @Test
    void theApiGivesOrdersOnlyWithTokenAndReason() throws Exception {
        assertThat(call("GET", "/api/v1/sessions", "", "").statusCode()).isEqualTo(401);
        assertThat(call("GET", "/api/v1/sessions", "", "wrong").statusCode()).isEqualTo(401);
        JsonNode session = JSON.readTree(call("GET", "/api/v1/sessions/" + DemoSession.SESSION, "", ConsoleStack.TOKEN)
                .body());
        assertThat(session.path("agent_version").asText()).isEqualTo("2.1.330");
        JsonNode page = JSON.readTree(call(
                        "GET",
                        "/api/v1/sessions/" + DemoSession.SESSION + "/events?channel=evidence&limit=100",
                        "",
                        ConsoleStack.TOKEN)
                .body());
        assertThat(page.path("events")).hasSize(100);
        assertThat(page.path("next").asText()).isNotEmpty();

        String freeze = "/api/v1/sessions/" + DemoSession.SESSION + "/freeze";
        assertThat(call("POST", freeze, "{}", ConsoleStack.TOKEN).statusCode()).isEqualTo(400);
        assertThat(call("POST", "/api/v1/sessions/none/freeze", "{\"reason\":\"x\"}", ConsoleStack.TOKEN)
                        .statusCode())
                .isEqualTo(404);
        HttpResponse<String> accepted =
                call("POST", freeze, "{\"reason\":\"from the command line\"}", ConsoleStack.TOKEN);
        assertThat(accepted.statusCode()).isEqualTo(202);
        assertThat(JSON.readTree(accepted.body()).path("event").asText())
                .isEqualTo(stack.log.orders().getLast().getId());
        HttpResponse<String> nothing = call("GET", "/api/v1/none", "", ConsoleStack.TOKEN);
        assertThat(nothing.statusCode()).isEqualTo(404);
        assertThat(nothing.body()).doesNotContain("\tat ");
        assertThat(nothing.headers().firstValue("Content-Security-Policy")).isPresent();
    }

    @Test
    void anApprovalOverTheApiNeedsTheRightHash() throws Exception {
        String id = DemoIndex.approvalOf("mkdir -p ~/.cache/build");
        JsonNode approvals = JSON.readTree(call("GET", "/api/v1/approvals?state=pending", "", ConsoleStack.TOKEN)
                .body());
        assertThat(approvals.path("approvals").findValuesAsText("id")).contains(id);
        String path = "/api/v1/approvals/" + id;
        JsonNode row = JSON.readTree(call("GET", path, "", ConsoleStack.TOKEN).body());
        String body = "{\"approved\":true,\"reason\":\"a cache\",\"subject_sha256\":\"%s\"}";

        assertThat(call("POST", path, body.formatted("0".repeat(64)), ConsoleStack.TOKEN)
                        .statusCode())
                .isEqualTo(409);
        assertThat(call(
                                "POST",
                                path,
                                "{\"approved\":true,\"reason\":\"a cache\",\"subject_sha256\":\"%s\",\"session_seconds\":60}"
                                        .formatted(row.path("subject_sha256").asText()),
                                ConsoleStack.TOKEN)
                        .body())
                .contains("one call only");
        String right = body.formatted(row.path("subject_sha256").asText());
        assertThat(call("POST", path, right, ConsoleStack.TOKEN).statusCode()).isEqualTo(202);
        assertThat(call("POST", path, right, ConsoleStack.TOKEN).statusCode()).isEqualTo(409);
    }

    @Test
    void aSuppressionOfTheTenantOverTheApiHasItsBounds() throws Exception {
        Instant soon = Instant.now().plus(Duration.ofDays(7));
        String kind = "\"kind\":\"out_of_policy\",\"highest\":\"%s\",\"reason\":\"%s\",\"until\":\"%s\"";
        String path = "/api/v1/suppressions";
        assertThat(call("POST", path, "{}", ConsoleStack.TOKEN).statusCode()).isEqualTo(400);
        assertRefused(
                "{" + kind.formatted("critical", "noise", soon) + "}", "critical alerts always wait for somebody");
        assertRefused("{" + kind.formatted("low", "", soon) + "}", "reason");
        assertRefused(
                "{" + kind.formatted("low", "noise", soon.plus(Duration.ofDays(90))) + "}", "ends within 90 days");
        assertRefused(
                "{" + kind.formatted("low", "noise", soon).replace("out_of_policy", "telemetry_gap") + "}",
                "kind: 'telemetry_gap' (expected: one of ");
        assertRefused(
                "{" + kind.formatted("low", "noise", soon).replace("out_of_policy", "rule") + "}", "clause: empty");
        assertRefused(
                "{" + kind.formatted("low", "noise", soon) + ",\"clause\":\"" + "x".repeat(5_000) + "\"}",
                "5000 characters (expected: at most 4096)");

        int before = stack.log.orders().size();
        HttpResponse<String> accepted = call(
                "POST",
                path,
                "{" + kind.formatted("low", "noise", soon) + ",\"clause\":\"files.deny[7]\"}",
                ConsoleStack.TOKEN);
        assertThat(accepted.statusCode()).as(accepted.body()).isEqualTo(202);
        assertThat(stack.log.orders()).hasSize(before + 1);
        SuppressionOrdered ordered = stack.log.orders().getLast().getSuppressionOrdered();
        assertThat(ordered.getClause()).isEqualTo("files.deny[7]");
        assertThat(ordered.getHighest()).isEqualTo(Severity.LOW);
        assertThat(call("POST", path + "/none/end", "{\"reason\":\"over\"}", ConsoleStack.TOKEN)
                        .statusCode())
                .isEqualTo(404);
        String order = JSON.readTree(accepted.body()).path("event").asText();
        assertThat(call("POST", path + "/" + order + "/end", "{\"reason\":\"over\"}", ConsoleStack.TOKEN)
                        .statusCode())
                .isEqualTo(202);
    }

    private void assertRefused(String body, String why) throws Exception {
        int before = stack.log.orders().size();
        HttpResponse<String> refused = call("POST", "/api/v1/suppressions", body, ConsoleStack.TOKEN);
        assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
        assertThat(refused.body()).contains(why);
        assertThat(stack.log.orders()).hasSize(before);
    }

    @Test
    void whatRunsWithoutTheKernelsEvidenceIsLabelledWhereverItIsShown() throws Exception {
        stack.index.write(DemoIndex.live("degraded-1", "Sort the imports"));
        Event state = DemoIndex.running("degraded-1");
        Event alert = DemoIndex.alert(
                "degraded-1", now(), DeviationKind.OUT_OF_POLICY, Severity.HIGH, "seen in part", "x", 60);
        Event asked = DemoIndex.approval(
                now(), now() + 280 * SECOND, "degraded-1", Severity.LOW, "make degraded", "approvals[0]", "Build it");
        stack.index.write(List.of(
                EventIds.withId(state.toBuilder()
                        .setRuntimeState(state.getRuntimeState().toBuilder()
                                .setRuntime("bubblewrap")
                                .setDegraded(true))),
                alert,
                asked));
        Map<String, String> labelled = new LinkedHashMap<>();
        labelled.put("/alerts?q=plumbline.session:degraded-1", "#alerts .degraded");
        labelled.put("/alerts?q=plumbline.session:degraded-1&state=all", "#cause .degraded");
        labelled.put("/approvals", "#approval-" + DemoIndex.approvalOf("make degraded") + " .degraded");
        labelled.put("/sessions", "#sessions .degraded");
        labelled.put("/session/degraded-1", ".session-head .degraded");
        labelled.put("/compare/degraded-1/" + DemoSession.SESSION, "#compare-sessions :text('bubblewrap, degraded')");
        labelled.put("/report/session/degraded-1", "#report-asked :text('bubblewrap, degraded')");
        labelled.put("/report", "#report-seen-in-part tr:has-text('degraded-1') :text('bubblewrap, degraded')");
        try (Page page = stack.signedIn("vic")) {
            for (Map.Entry<String, String> entry : labelled.entrySet()) {
                page.navigate(stack.base + entry.getKey());
                assertThat(page.locator(entry.getValue()).first()).isVisible();
            }
            page.navigate(stack.base + "/approvals");
            page.locator("#approval-" + DemoIndex.approvalOf("make degraded")).click();
            assertThat(page.locator("#approval-detail .degraded")).isVisible();
            stack.index.write(List.of(EventIds.withId(state.toBuilder()
                    .setEventTimeNs(now())
                    .setRuntimeState(state.getRuntimeState().toBuilder()
                            .setState(RuntimeState.State.FROZEN)
                            .setDegraded(true)))));
            page.navigate(stack.base + "/shift");
            assertThat(page.locator("#shift-frozen .degraded")).isVisible();
        }
        for (String path : List.of("/api/v1/alerts", "/api/v1/approvals?state=pending")) {
            assertThat(call("GET", path, "", ConsoleStack.TOKEN).body()).contains("\"degraded\":true");
        }
    }

    @Test
    void anUnknownSettingFailsTheStart() {
        assertThatThrownBy(() ->
                        SpringApplication.run(ConsoleApplication.class, stack.arguments("--plumbline.tennant=acme")))
                .hasStackTraceContaining("tennant");
    }

    private HttpResponse<String> call(String method, String path, String body, String token)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(stack.base + path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body));
        if (!token.isEmpty()) {
            request.header("Authorization", "Bearer " + token);
        }
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        }
    }
}
