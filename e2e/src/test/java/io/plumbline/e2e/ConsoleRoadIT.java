package io.plumbline.e2e;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static com.microsoft.playwright.assertions.PlaywrightAssertions.setDefaultAssertionTimeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;
import static org.awaitility.Awaitility.await;

import com.microsoft.playwright.Download;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.console.browser.Chromium;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.evidence.BundleVerifier;
import io.plumbline.events.evidence.Verification;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.RuntimeState;
import io.plumbline.standalone.Secrets;
import io.plumbline.standalone.scenario.Recording;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * What two people do in two browsers, on the whole platform: the log, the jobs, the search copy, and live sessions in gVisor. They use two
 * consoles, so that neither can know of the other but through the log.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ConsoleRoadIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final String LADDER = "ladder: {alert: 10, ask: 99, freeze: 100}";

    private static final String BEAS_PASSWORD = "a-password-of-this-test";
    private static final String BEAS_HASH = "{bcrypt}$2a$04$eI7KFXM2VGdbLmP1Kpv.zOtV5lLhz0rwZOT0UBpPlYxb/W1SdcjaG";

    /** Of the session that goes on while somebody reads it. */
    private static final int EVENTS_PER_SECOND = 200;

    private static final int SECONDS = 20;
    private static final int BEATS_PER_SECOND = 10;
    private static final int BEFORE = 4_000;

    @TempDir
    private static Path folder;

    private static @Nullable Platform platform;
    private static @Nullable EventLog log;
    private static @Nullable Chromium chromium;
    private static @Nullable Page admin;
    private static @Nullable Page bea;
    private static @Nullable HttpServer destination;
    private static @Nullable RunningSession talking;
    private static String adminsConsole = "";
    private static String beasConsole = "";

    @BeforeAll
    static void start() throws Exception {
        setDefaultAssertionTimeout(LIMIT.toMillis());
        Platform started = Platform.start();
        platform = started;
        log = started.log();
        destination = listening();
        adminsConsole = started.state().endpoint("console");
        beasConsole = started.console(
                "bea",
                "--plumbline.tenant=default",
                "--plumbline.users[0].name=bea",
                "--plumbline.users[0].password-hash=" + BEAS_HASH,
                "--plumbline.users[0].role=analyst,approver");
        Chromium browsers = Chromium.start();
        chromium = browsers;
        admin = browsers.open(LIMIT);
        Chromium.signIn(admin(), adminsConsole, "admin", Secrets.read(new Secrets(started.layout()).adminPassword()));
        bea = browsers.open(LIMIT);
        Chromium.signIn(bea(), beasConsole, "bea", BEAS_PASSWORD);
    }

    private static HttpServer listening() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
        server.createContext("/", exchange -> {
            byte[] answer = "here".getBytes(StandardCharsets.US_ASCII);
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        return server;
    }

    @AfterEach
    void nothingFailed() {
        assertThat(Objects.requireNonNull(chromium).failures()).isEmpty();
    }

    @AfterAll
    static void stop() {
        if (chromium != null) {
            chromium.close();
        }
        if (destination != null) {
            destination.stop(0);
        }
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

    private static RunningSession talking() {
        return Objects.requireNonNull(talking);
    }

    private static Page admin() {
        return Objects.requireNonNull(admin);
    }

    private static Page bea() {
        return Objects.requireNonNull(bea);
    }

    private static void screenshot(Page page, String name) {
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", "road-" + name + ".png")));
    }

    /** Presses a key of the page once the page listens: those are silent while a dialog is open or closes. */
    private static void key(Page page, String key) {
        assertThat(page.locator("vaadin-dialog[opened], vaadin-dialog-overlay")).hasCount(0);
        page.waitForFunction("() => customElements.get('soc-keys') && document.querySelector('soc-keys')");
        page.keyboard().press(key);
    }

    /** What a real session once told, told again as another one that begins now. */
    private static String replayed(String scenario) throws Exception {
        String session = EventIds.derived("console-road", scenario);
        List<Event> recorded = Recording.read(Recording.file(Scenarios.RECORDINGS, scenario), scenario);
        long later = System.currentTimeMillis() * 1_000_000L
                - recorded.stream().mapToLong(Event::getEventTimeNs).max().orElseThrow();
        try (KafkaProducer<String, byte[]> producer = platform().producer()) {
            for (Event event : recorded) {
                produce(
                        producer,
                        event.toBuilder()
                                .setSession(session)
                                .setHost("host-9")
                                .setEventTimeNs(event.getEventTimeNs() + later)
                                .setObservedTimeNs(event.getObservedTimeNs() + later));
            }
        }
        return session;
    }

    private static void produce(KafkaProducer<String, byte[]> producer, Event.Builder event) {
        Event made = EventIds.withId(event);
        producer.send(new ProducerRecord<>(Topics.TELEMETRY, Topics.key(made), made.toByteArray()));
    }

    @Test
    @Order(1)
    void ofTwoPeopleWhoDecideOneAlertTheSecondIsRefused() throws Exception {
        String session = replayed("ssh-key-read-hook-open");
        for (Page page : List.of(admin(), bea())) {
            page.navigate((page == bea() ? beasConsole : adminsConsole)
                    + "/alerts?kind=unannounced&q=plumbline.session:" + session);
        }
        assertThat(admin().locator("#triage-state")).containsText("open");
        assertThat(bea().locator("#triage-state")).containsText("open");
        // Both have it before them as it is now.
        key(bea(), "v");
        assertThat(bea().locator("#verdict")).isVisible();
        key(admin(), "a");
        assertThat(admin().locator("#decision-status")).hasText("recorded: acknowledged");
        assertThat(bea().locator("#triage-state")).containsText("admin");
        bea().locator("#confirm-triage").click();

        assertThat(bea().locator("#decision-status"))
                .hasText(Pattern.compile("refused: admin has taken it \\d+ s ago"));
        assertThat(bea().locator("#triage-state")).containsText("acknowledged");
        screenshot(bea(), "conflict");
    }

    @Test
    @Order(2)
    void ofTwoCallsThatWaitOneIsApprovedAndOneDenied() throws Exception {
        RunningSession asking = RunningSession.start(
                platform(), "asking", "{tools: {ask: [Glob, Grep]}, " + LADDER + "}", "scripted", """
                call() {
                  printf '{"hook_event_name":"PreToolUse","session_id":"scripted","cwd":"/workspace","tool_name":"%s","tool_use_id":"%s","tool_input":{"pattern":"x"}}' "$1" "$1" \
                    | /opt/plumbline/plumbline-guest hook /run/plumbline/door.sock /hooks/claude 120
                }
                sleep 1
                echo "first $(call Glob)"
                echo "second $(call Grep)"
                """);
        String id = asking.id();
        decide(bea(), beasConsole, id, 1, "approve", "Known pattern");
        await().atMost(LIMIT).until(asking::output, output -> output.lines()
                .anyMatch(line -> line.startsWith("first ") && line.contains("\"allow\"")));
        decide(admin(), adminsConsole, id, 2, "deny", "Not in this repository");
        assertThat(asking.exit(LIMIT).code()).as(asking.output()).isZero();
        assertThat(asking.output().lines()).anySatisfy(line -> assertThat(line)
                .startsWith("second ")
                .contains("\"deny\"")
                .contains("Not in this repository"));
        assertThat(log().of(id, Event::hasApprovalDecided))
                .extracting(event -> event.getApprovalDecided().getDecidedBy(), event -> event.getApprovalDecided()
                        .getApproved())
                .containsExactlyInAnyOrder(tuple("bea", true), tuple("admin", false));
    }

    private static void decide(Page page, String console, String session, int number, String word, String reason)
            throws Exception {
        await().atMost(LIMIT)
                .until(() -> log().of(session, Event::hasApprovalRequested).size() == number);
        String approval = log().of(session, Event::hasApprovalRequested)
                .get(number - 1)
                .getApprovalRequested()
                .getApproval();
        page.navigate(console + "/approvals");
        page.locator("#approval-" + approval).click();
        assertThat(page.locator("#subject")).containsText("pattern");
        key(page, word.equals("approve") ? "y" : "d");
        page.locator("#reason textarea").fill(reason);
        screenshot(page, word);
        page.keyboard().press("Control+Enter");
        assertThat(page.locator("#approval-detail"))
                .containsText(Pattern.compile((word.equals("approve") ? "approved" : "denied") + " by"));
    }

    @Test
    @Order(3)
    void aSessionIsFrozenAndThawedOnceTheRuntimeSaysSo() throws Exception {
        int port = Objects.requireNonNull(destination).getAddress().getPort();
        talking = RunningSession.start(
                platform(),
                "talking",
                "{egress: [{host: 127.0.0.1, port: " + port + ", allow-private: true}], " + LADDER + "}",
                "while true; do curl -sf --noproxy '' --max-time 5 http://127.0.0.1:" + port
                        + "/ > /dev/null && echo reached || echo closed; sleep 0.3; done");
        String id = talking().id();
        await().atMost(LIMIT).until(() -> talking().output().contains("reached"));
        bea().navigate(beasConsole + "/session/" + id);
        Locator state = bea().locator("#session-state");
        assertThat(state).hasAttribute("data-state", "running");

        order(bea(), "f", "freeze", "let me look at it");
        assertThat(state).hasAttribute("data-state", "frozen");
        assertThat(state).hasText(Pattern.compile("❄ Frozen · confirmed [0-9.,]+ ms later by .+"));
        Event freeze = log().of(id, Event::hasFreezeOrdered).getFirst();
        assertThat(freeze.getFreezeOrdered().getOrderedBy()).isEqualTo("bea");
        await().atMost(LIMIT).until(() -> log().of(id, EventLog.reached(RuntimeState.State.FROZEN)).stream()
                .anyMatch(event -> !event.getRuntimeState().getOrder().isEmpty()));
        screenshot(bea(), "frozen");

        int before = talking().output().length();
        order(bea(), "t", "thaw", "it may go on");
        assertThat(state).hasAttribute("data-state", "running");
        await().atMost(LIMIT).until(() -> talking().output().length() > before);
    }

    private static void order(Page page, String key, String word, String reason) {
        key(page, key);
        assertThat(page.locator("#confirm-" + word)).isDisabled();
        page.locator("#reason textarea").fill(reason);
        page.keyboard().press("Control+Enter");
        assertThat(page.locator("#confirm-" + word)).hasCount(0);
    }

    @Test
    @Order(4)
    void itsEgressIsIsolatedAndThenItIsKilled() throws Exception {
        String id = talking().id();
        admin().navigate(adminsConsole + "/session/" + id);
        order(admin(), "i", "isolate", "nobody knows that host");
        assertThat(admin().locator("#policy-status")).hasText("Policy r2 confirmed · no destination is left");
        await().atMost(LIMIT).until(() -> talking().output().lines().reduce((first, last) -> last), last -> last.filter(
                        "closed"::equals)
                .isPresent());
        screenshot(admin(), "isolated");

        assertThat(platform().sandboxProcesses()).isNotEmpty();
        order(admin(), "K", "kill", "seen enough");
        assertThat(admin().locator("#session-state")).hasAttribute("data-state", "killed");
        assertThat(talking().exit(LIMIT).reason()).contains("seen enough");
        platform().awaitNoSandbox();
    }

    @Test
    @Order(5)
    void itsEvidenceIsSignedAndWhole() throws Exception {
        String id = talking().id();
        await().atMost(LIMIT).until(() -> platform().search().state(id), "killed"::equals);
        bea().navigate(beasConsole + "/session/" + id);
        Download download =
                bea().waitForDownload(() -> bea().locator("#evidence-bundle").click());
        Path bundle = folder.resolve(download.suggestedFilename());
        download.saveAs(bundle);
        Verification verification = BundleVerifier.verify(
                bundle,
                TrustedKeys.parse(Files.readString(new Secrets(platform().layout()).policyPublicKey())));
        assertThat(verification.findings()).isEmpty();
        assertThat(verification.session()).isEqualTo(id);
        assertThat(verification.records()).isPositive();
        await().atMost(LIMIT).until(() -> log().has(
                        id, event -> event.getExportRecorded().getExportedBy().equals("bea")));
    }

    @Test
    @Order(6)
    void rulesAreActivatedAndRolledBack() {
        Page page = admin();
        page.navigate(adminsConsole + "/rules/edit");
        Locator text = page.locator("#rule-source textarea");
        assertThat(text).hasValue(Pattern.compile("condition: selection"));
        text.fill(text.inputValue()
                .replace("00000000-0000-4000-8000-000000000000", "6f1c7a52-9d1b-4c7e-8b57-3c1f0a5d2e11"));
        assertThat(page.locator("#activate")).isEnabled();
        page.locator("#activate").click();
        page.locator("#reason textarea").fill("tried on a session");
        page.locator("#confirm-activation").click();
        assertThat(page.locator("#rules-status")).hasText("in force: console");
        page.navigate(adminsConsole + "/rules");
        assertThat(page.locator("#in-force")).containsText("console");
        screenshot(page, "rules");

        page.locator("#roll-back").click();
        page.locator("#reason textarea").fill("too loud");
        page.locator("#confirm-roll-back").click();
        assertThat(page.locator("#rules-status")).hasText("rolled back; in force: shipped");
        assertThat(page.locator("#in-force")).containsText("shipped");
    }

    @Test
    @Order(7)
    void whoReadsASessionOfTwoHundredEventsASecondKeepsThePlace() throws Exception {
        String session = EventIds.derived("console-road", "busy");
        AtomicInteger seq = new AtomicInteger();
        ScheduledExecutorService host = Executors.newSingleThreadScheduledExecutor();
        try (KafkaProducer<String, byte[]> producer = platform().producer()) {
            opened(producer, session, seq, BEFORE);
            producer.flush();
            Reader files = new Reader(admin(), "files", "#file-events", 2_000);
            Reader raw = new Reader(bea(), "raw", "#raw-events", 3_000);
            files.open(adminsConsole + "/session/" + session);
            raw.open(beasConsole + "/session/" + session);

            AtomicInteger left = new AtomicInteger(SECONDS * BEATS_PER_SECOND);
            AtomicLong ended = new AtomicLong();
            var running = host.scheduleAtFixedRate(
                    () -> {
                        if (left.get() > 0) {
                            opened(producer, session, seq, EVENTS_PER_SECOND / BEATS_PER_SECOND);
                            ended.set(System.nanoTime());
                            left.decrementAndGet();
                        }
                    },
                    0,
                    1_000 / BEATS_PER_SECOND,
                    TimeUnit.MILLISECONDS);
            int all = BEFORE + SECONDS * EVENTS_PER_SECOND;
            await().atMost(Duration.ofSeconds(SECONDS).plus(LIMIT)).until(() -> left.get() == 0);
            running.cancel(false);
            for (Reader reader : List.of(files, raw)) {
                assertThat(reader.page().locator("#tab-files")).hasText(String.format("files %,d", all));
                System.out.printf(
                        "figure e2e.busy_session.lag %.1f s (from the last of %d events in %d s to the page that counts all of them; tab %s)%n",
                        (System.nanoTime() - ended.get()) / 1e9, SECONDS * EVENTS_PER_SECOND, SECONDS, reader.tab);
                reader.isWhereItWas();
            }
            assertThat(files.page().locator("#new-events")).hasText(String.format("%,d new", all - BEFORE));
            screenshot(admin(), "busy");
        } finally {
            host.shutdownNow();
        }
    }

    @Test
    @Order(8)
    void whoBeginsAShiftSeesHowTheWatcherItselfDoes() throws Exception {
        String host = log().of(talking().id(), EventLog.reached(RuntimeState.State.FROZEN))
                .getFirst()
                .getHost();
        Page page = bea();
        page.navigate(beasConsole + "/shift");
        // The gravest first; of what was found in the session that was told again nobody has taken the high ones.
        assertThat(page.locator("#shift-open a").nth(1)).hasText(Pattern.compile("[1-9]\\d*"));
        assertThat(page.locator("#shift-hosts")).containsText(host);
        assertThat(page.locator("#shift-hosts")).containsText(Pattern.compile("version \\S+, spool "));
        assertThat(page.locator("#shift-lag")).containsText(Pattern.compile("newest \\d+ verdicts"));
        assertThat(page.locator("#shift-canaries"))
                .containsText(Pattern.compile("frozen in \\d+ ms, thawed in \\d+ ms"));
        // Of two calls that were asked about one was approved.
        assertThat(page.locator("#shift-decisions")).containsText("accepted50 %");
        screenshot(page, "shift");
        page.locator("#all-hosts").click();
        assertThat(page).hasURL(Pattern.compile(".*/hosts"));
        assertThat(page.locator("#hosts").getByText(host).first()).isVisible();
        assertThat(page.locator("#hosts")
                        .getByText("heard", new Locator.GetByTextOptions().setExact(true))
                        .first())
                .isVisible();
        screenshot(page, "hosts");
        page.navigate(beasConsole + "/report?days=1");
        assertThat(page.locator("#report-approvers")).containsText("bea1");
        assertThat(page.locator("#report-approvers")).containsText("admin1");
        assertThat(page.locator("#report-acts")).containsText("bea");
    }

    /** Somebody who has zoomed into the timeline and scrolled in a list, and what was on the screen then. */
    private static final class Reader {
        /**
         * Places and texts of the rows of the list on the screen, once they are all read and the same twice, the one that is looked for among
         * them.
         */
        private static final String ROWS_AT_REST = """
            ([list, wanted]) => {
              const grid = document.querySelector(list), drawn = [...grid.shadowRoot.querySelectorAll('#items tr:not([hidden])')];
              // A row that is used again has its new place before its new content.
              if (grid.hasAttribute('loading') || drawn.some(tr => tr.hasAttribute('loading'))) return false;
              const rows = drawn
                  .sort((a, b) => a.index - b.index)
                  .map(tr => tr.index + ' ' + Math.round(tr.getBoundingClientRect().y) + ' '
                      + [...tr.querySelectorAll('slot')].map(s => s.assignedNodes()[0]?.textContent.trim() ?? '').join(' '));
              const now = '\\n' + rows.join('\\n'), rest = now === window.rowsBefore;
              window.rowsBefore = now;
              return rest && now.includes('\\n' + wanted + ' ') && rows.every(row => / \\d\\d:\\d\\d:\\d\\d\\.\\d{3} /.test(row)) && now;
            }
            """;

        private final Page page;
        private final String tab;
        private final String list;
        private final int row;
        private Object rows = "";
        private Object view = "";

        Reader(Page page, String tab, String list, int row) {
            this.page = page;
            this.tab = tab;
            this.list = list;
            this.row = row;
        }

        Page page() {
            return page;
        }

        void open(String address) {
            page.navigate(address);
            // What the watcher says about the session is counted elsewhere: of all its documents there may be as many
            // long before.
            assertThat(page.locator("#tab-files")).hasText(String.format("files %,d", BEFORE));
            for (int i = 0; i < 2; i++) {
                Object before = view();
                page.locator("#timeline-in").click();
                page.waitForCondition(() -> !view().equals(before));
            }
            page.locator("#tab-" + tab).click();
            page.locator(list).scrollIntoViewIfNeeded();
            page.locator(list).evaluate("(grid, row) => grid.scrollToIndex(row)", row);
            rows = rows();
            view = view();
            // The newest are first among files; among all there is what the watcher says as well.
            assertThat(rows.toString())
                    .contains(tab.equals("files") ? "/work/file-" + (BEFORE - row) % 40 + " " : " evidence ");
        }

        void isWhereItWas() {
            assertThat(rows()).isEqualTo(rows);
            assertThat(view()).isEqualTo(view);
        }

        private Object rows() {
            return page.waitForFunction(ROWS_AT_REST, List.of(list, row)).jsonValue();
        }

        private Object view() {
            return page.locator("soc-timeline")
                    .evaluate("timeline => String(timeline._view.map(at => Math.round(at + timeline.model.start)))");
        }
    }

    /** As many openings of files, a millisecond apart, up to now. */
    private static void opened(KafkaProducer<String, byte[]> producer, String session, AtomicInteger seq, int number) {
        long now = System.currentTimeMillis();
        for (int i = 0; i < number; i++) {
            long at = (now - number + i) * 1_000_000L;
            int next = seq.incrementAndGet();
            produce(
                    producer,
                    Event.newBuilder()
                            .setTenant("default")
                            .setSession(session)
                            .setHost("host-9")
                            .setChannel(Channel.EVIDENCE)
                            .setSeq(next)
                            .setEventTimeNs(at)
                            .setObservedTimeNs(at)
                            .setFileOpened(FileOpened.newBuilder().setPath("/work/file-" + next % 40)));
        }
    }
}
