package io.plumbline.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.microsoft.playwright.Page;
import io.plumbline.console.browser.Chromium;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.IntentScore;
import io.plumbline.events.v1.Judged;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Secrets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Rules and the intent model are put in force while the platform runs, and judge real sessions in gVisor. The steps build on each other. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RulesLiveIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LADDER = "{ladder: {alert: 10, ask: 99, freeze: 100}}";

    /** Written here for this product's own log source. */
    private static final String OWN = """
            title: A marker file is made
            id: 6d1d9f0e-2f0f-4a6c-9d5e-1f6c1c1b7a01
            date: 2026-11-29
            author: Plumbline
            logsource: {product: linux, category: file_event}
            detection:
                selection:
                    TargetFilename|endswith: /marker.txt
                    Image|endswith: /touch
                    PolicyVerdict: allow
                condition: selection
            level: medium
            """;

    /** In the field names of public rules for Linux. */
    private static final String PUBLIC = """
            title: Host name or user is asked for
            id: 6d1d9f0e-2f0f-4a6c-9d5e-1f6c1c1b7a02
            date: 2026-11-29
            author: Plumbline
            logsource: {product: linux, category: process_creation}
            detection:
                selection_image:
                    Image|endswith: [/whoami, /hostname]
                selection_line:
                    CommandLine|contains: hostname
                    ParentCommandLine|contains: bash
                condition: 1 of selection_*
            level: medium
            """;

    /** Of a checkout of SigmaHQ's rules, unchanged; {@code -Dplumbline.sigmahq=FOLDER}. The collection is not part of this repository. */
    private static final String CHECKOUT = System.getProperty("plumbline.sigmahq", "");

    private static final String DECODE = "rules/linux/process_creation/proc_creation_lnx_base64_decode.yml";

    private static @Nullable Platform platform;
    private static @Nullable EventLog log;

    @BeforeAll
    static void start() throws Exception {
        Platform started = Platform.start();
        platform = started;
        log = started.log();
    }

    @AfterAll
    static void stop() {
        if (log != null) {
            log.close();
        }
        if (platform != null) {
            platform.close();
        }
    }

    private static Platform platform() {
        return Objects.requireNonNull(platform);
    }

    private static EventLog log() {
        return Objects.requireNonNull(log);
    }

    private static Path rules(String name, String... texts) throws IOException {
        Path folder = Files.createDirectory(platform().layout().home().resolve(name));
        for (int i = 0; i < texts.length; i++) {
            Files.writeString(folder.resolve("rule" + i + ".yml"), texts[i]);
        }
        return folder;
    }

    private static String[] mine() throws IOException {
        String own = OWN.replace("endswith: /marker.txt", "endswith|expand: '/%marker%.txt'");
        return CHECKOUT.isEmpty()
                ? new String[] {own, PUBLIC}
                : new String[] {own, PUBLIC, Files.readString(Path.of(CHECKOUT, DECODE))};
    }

    /** An activation is answered before its judges are made: until a session is judged by them, it is judged as before. */
    private static void awaitInForce(String name, Predicate<Judged> by) throws Exception {
        RunningSession session =
                RunningSession.start(platform(), name, LADDER, "until [ -e stop ]; do sleep 0.2; done");
        String id = session.id();
        await().atMost(LIMIT).until(() -> log().has(id, event -> event.hasJudged() && by.test(event.getJudged())));
        session.finish();
        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();
    }

    private static List<AlertRaised> found(String session, DeviationKind kind) {
        return log().of(session, Event::hasAlertRaised).stream()
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getKind() == kind)
                .toList();
    }

    @Test
    @Order(1)
    void aSetThatDoesNotLoadIsRefusedByItsPlaceBeforeAnythingIsSent() throws Exception {
        Path broken = rules("broken", OWN, PUBLIC.replace("|endswith", "|endsmith"));

        Platform.Answer answer = platform().plumbline("rules", "activate", broken.toString(), "--reason", "try");

        assertThat(answer.code()).isEqualTo(ExitCodes.USAGE);
        assertThat(answer.err()).contains("rule1.yml:8:").contains("endsmith");
        assertThat(platform().plumbline("rules", "active", "--json").json().path("answers"))
                .isEmpty();
    }

    @Test
    @Order(2)
    void rulesThatAreActivatedFireOnARealSessionAndAreExplained() throws Exception {
        Path pipeline = platform().layout().home().resolve("pipeline.yml");
        Files.writeString(pipeline, "vars: {marker: marker}\n");
        Platform.Answer answer = platform()
                .plumbline(
                        "rules",
                        "activate",
                        rules("mine", mine()).toString(),
                        "--pipeline",
                        pipeline.toString(),
                        "--reason",
                        "try",
                        "--json");
        assertThat(answer.code()).as(answer.err()).isZero();
        String version = answer.json().path("in_force").path("version").asText();
        assertThat(version).startsWith("rules ");
        awaitInForce("mine-in-force", judged -> judged.getRuleSet().equals(version));

        RunningSession session = RunningSession.start(
                platform(),
                "rules",
                LADDER,
                "sleep 1; whoami; hostname; touch marker.txt; echo aGk= | base64 -d; echo done");
        String id = session.id();
        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();

        await().atMost(LIMIT).untilAsserted(() -> assertThat(found(id, DeviationKind.RULE))
                .extracting(AlertRaised::getTitle)
                .contains("A marker file is made", "Host name or user is asked for")
                .containsAll(CHECKOUT.isEmpty() ? List.of() : List.of("Decode Base64 Encoded Text")));
        assertThat(found(id, DeviationKind.RULE)).allSatisfy(alert -> {
            boolean own = alert.getExplanation().getAuthor().equals("Plumbline");
            assertThat(alert.getExplanation().getRuleVersion()).isEqualTo(own ? "2026-11-29" : "2021-11-27");
            assertThat(version)
                    .isEqualTo("rules " + alert.getExplanation().getSetSha256().substring(0, 16));
            assertThat(alert.getExplanation().getTree().getMatched()).isTrue();
        });
        assertThat(log().of(id, Event::hasJudged))
                .anyMatch(verdict -> verdict.getJudged().getRuleSet().equals(version));
        assertThat(platform().plumbline("rules", "active").out()).contains("in force  mine " + version);
        aBacktestComparesWithWhatIsInForce(id, pipeline);
        theConsoleShowsWhy(id, version);
    }

    private static void aBacktestComparesWithWhatIsInForce(String session, Path pipeline) throws Exception {
        Path mine = platform().layout().home().resolve("mine");
        Platform.Answer same = platform()
                .plumbline(
                        "rules",
                        "backtest",
                        mine.toString(),
                        "--pipeline",
                        pipeline.toString(),
                        "--session",
                        session,
                        "--against",
                        "active");
        assertThat(same.code()).as(same.err()).isZero();
        assertThat(same.out()).contains("0 hits lost, 0 new against active");
        Platform.Answer less = platform()
                .plumbline(
                        "rules",
                        "backtest",
                        mine.resolve("rule1.yml").toString(),
                        "--session",
                        session,
                        "--against",
                        "active");
        assertThat(less.code()).as(less.err()).isEqualTo(ExitCodes.FAILED);
        assertThat(less.out()).contains("lost  A marker file is made");
    }

    /** Of each alert of a rule: which rule of which set, and what its condition saw. */
    private static void theConsoleShowsWhy(String session, String version) throws IOException {
        Map<String, String> seen = new HashMap<>(
                Map.of("A marker file is made", "/workspace/marker.txt", "Host name or user is asked for", "whoami"));
        if (!CHECKOUT.isEmpty()) {
            seen.put("Decode Base64 Encoded Text", "/base64");
        }
        String console = platform().state().endpoint("console");
        await().atMost(LIMIT).until(() -> platform().search().alerts(session).stream()
                .filter(alert -> alert.path("kind").asText().equals("rule"))
                .map(alert -> alert.path("title").asText())
                .collect(Collectors.toSet())
                .containsAll(seen.keySet()));
        List<Event> alerts = log().of(session, Event::hasAlertRaised);
        try (Chromium chromium = Chromium.start();
                Page page = chromium.open(LIMIT)) {
            page.setDefaultTimeout(LIMIT.toMillis());
            Chromium.signIn(
                    page, console, "admin", Secrets.read(new Secrets(platform().layout()).adminPassword()));
            seen.forEach((title, value) -> {
                Event alert = alerts.stream()
                        .filter(one -> one.getAlertRaised().getTitle().equals(title))
                        .findFirst()
                        .orElseThrow();
                page.navigate(console + "/session/" + session + "?at=" + alert.getId());
                assertThat(page.locator("#rule-explanation").innerText())
                        .contains(
                                alert.getAlertRaised().getExplanation().getRule(),
                                alert.getAlertRaised().getExplanation().getRuleVersion(),
                                version.substring("rules ".length()).substring(0, 12));
                assertThat(page.locator("#rule-tree").innerText())
                        .contains("saw")
                        .contains(value);
                page.screenshot(new Page.ScreenshotOptions()
                        .setPath(Path.of("target", "rule-explained-" + value.replace('/', '-') + ".png")));
            });
            assertThat(chromium.failures()).isEmpty();
        }
    }

    @Test
    @Order(3)
    void aShadowIsCounted() throws Exception {
        Platform.Answer answer = platform()
                .plumbline(
                        "rules", "activate", rules("candidate", PUBLIC).toString(), "--shadow", "--reason", "compare");
        assertThat(answer.code()).as(answer.err()).isZero();

        RunningSession session = RunningSession.start(
                platform(), "shadow", LADDER, "sleep 7; whoami; touch marker.txt; sleep 7; echo done");
        assertThat(session.exit(LIMIT).code()).as(session.output()).isZero();

        await().atMost(LIMIT).untilAsserted(() -> {
            JsonNode active = platform().plumbline("rules", "active", "--json").json();
            assertThat(active.path("shadow")).isNotEmpty();
            assertThat(active.path("shadow").toString()).contains("6d1d9f0e-2f0f-4a6c-9d5e-1f6c1c1b7a01");
        });
        Platform.Answer shadow = platform().plumbline("rules", "rollback", "--reason", "seen");
        assertThat(shadow.code()).as(shadow.err()).isZero();
        Platform.Answer back = platform().plumbline("rules", "rollback", "--reason", "seen");
        assertThat(back.out()).as(back.err()).contains("in force: shipped");
    }

    @Test
    @Order(4)
    void anActThatNoRuleAndNoPolicyNamesIsFlaggedByTheModel() throws Exception {
        Platform.Answer answer = platform().plumbline("model", "activate", "shipped", "--reason", "try");
        assertThat(answer.code()).as(answer.err()).isZero();
        awaitInForce("model-in-force", judged -> !judged.getModel().isEmpty());
        // Nothing but its text speaks against it: no signal of structure, so no floor.
        String act = "convert photo.png -resize 50% small.png";
        RunningSession session = RunningSession.start(platform(), "model", LADDER, "scripted", """
                sleep 1
                printf '%s' 'EVENT' | /opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 20
                echo; echo asked
                """.replace(
                        "EVENT", announcement(act).replace("'", "'\\''")));
        String id = session.id();

        await().atMost(LIMIT).untilAsserted(() -> assertThat(found(id, DeviationKind.OFF_PLAN))
                .as(() -> session.output() + log().of(id, Event::hasGateAnswered))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getIntentScore().getTask()).isEqualTo("Keep busy.");
                    assertThat(alert.getIntentScore().getAct()).isEqualTo(act);
                    assertThat(alert.getIntentScore().getReasonsList()).isNotEmpty();
                    assertThat(alert.getIntentScore().getFloor()).isZero();
                }));
        assertThat(found(id, DeviationKind.RULE)).isEmpty();
        assertThat(found(id, DeviationKind.OUT_OF_POLICY)).isEmpty();
        // The search copy comes behind the log.
        await().atMost(LIMIT).untilAsserted(() -> assertThat(platform()
                        .plumbline("approvals", "--json")
                        .json()
                        .path("approvals")
                        .toString())
                .contains("intent-model"));
        theConsoleShowsTheScore(id, act);
        platform().plumbline("kill", id, "--reason", "seen");
    }

    /** The score, its reasons, and both texts. */
    private static void theConsoleShowsTheScore(String session, String act) throws IOException {
        String console = platform().state().endpoint("console");
        await().atMost(LIMIT).until(() -> platform().search().alerts(session).stream()
                .anyMatch(alert -> alert.path("kind").asText().equals("off_plan")));
        Event alert = log().of(session, Event::hasAlertRaised).stream()
                .filter(one -> one.getAlertRaised().getKind() == DeviationKind.OFF_PLAN)
                .findFirst()
                .orElseThrow();
        IntentScore score = alert.getAlertRaised().getIntentScore();
        try (Chromium chromium = Chromium.start();
                Page page = chromium.open(LIMIT)) {
            page.setDefaultTimeout(LIMIT.toMillis());
            Chromium.signIn(
                    page, console, "admin", Secrets.read(new Secrets(platform().layout()).adminPassword()));
            page.navigate(console + "/session/" + session + "?at=" + alert.getId());
            assertThat(page.locator("#intent-score").innerText())
                    .contains(
                            String.format(Locale.ROOT, "%.2f (does not serve)", score.getRisk()),
                            score.getModelVersion(),
                            score.getTask(),
                            act);
            assertThat(page.locator("#intent-reasons").innerText())
                    .contains(score.getReasons(0).getText());
            page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "intent-score.png")));
            assertThat(chromium.failures()).isEmpty();
        }
    }

    private static String announcement(String command) {
        ObjectNode event = JSON.createObjectNode()
                .put("hook_event_name", "PreToolUse")
                .put("session_id", "scripted")
                .put("cwd", "/workspace")
                .put("tool_name", "Bash")
                .put("tool_use_id", "call_1");
        event.putObject("tool_input").put("command", command).put("description", "Clean up");
        return event.toString();
    }
}
