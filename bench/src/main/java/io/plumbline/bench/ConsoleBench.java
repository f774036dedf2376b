package io.plumbline.bench;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.CDPSession;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.options.LoadState;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.DeviationKind;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Severity;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Secrets;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What a person waits for at the console, in a real browser on a platform of its own. */
@Command(
        name = "console",
        mixinStandardHelpOptions = true,
        description = {
            "Sign-in, first transfer, push, filters over many alerts, and memory of open consoles, seen by Chromium.",
            "Starts a platform of its own below PLUMBLINE_HOME/bench: many alerts are written to it."
        })
final class ConsoleBench implements Callable<Integer> {
    private static final int FIRST_ALERTS = 300;
    private static final int ALERTS_PER_SESSION = 50;
    private static final int MINUTES_TO_INDEX = 20;
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");
    private static final Pattern LIVE_HEAP = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
    private static final Pattern COUNT = Pattern.compile("\"count\":(\\d+)");

    /** Remembers when the pill that says "N new" was seen first, in milliseconds since the epoch; it has no id before. */
    private static final String WATCH_PILL = """
        () => { window.pillSeen = 0;
          if (window.pillWatched) return;
          const look = () => { const pill = document.querySelector('#new-rows'); if (!window.pillSeen && pill && pill.offsetParent && /^[1-9]/.test(pill.textContent)) window.pillSeen = Date.now(); };
          window.pillWatched = new MutationObserver(look);
          window.pillWatched.observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true}); }
        """;

    /** Whether the new row is shown and the pill is away again. */
    private static final String PILL_GONE =
            "() => { const pill = document.querySelector('#new-rows'); return !pill || !pill.offsetParent; }";

    /** Whether the session's page counts so many uses of files. */
    private static final String FILES_ARE =
            "number => (document.querySelector('#tab-files')?.textContent ?? '').replace(/[^0-9]/g, '') === String(number)";

    private static final String VIEW = "() => String(document.querySelector('soc-timeline')._view)";

    /** Where a reader is: how far page and list are scrolled, what is selected and lit, what piece of time is shown. */
    private static final String PLACE = """
        () => JSON.stringify({page: document.querySelector('main').scrollTop, list: document.querySelector('#raw-events').$.table.scrollTop,
          selected: location.search, lit: document.querySelectorAll('soc-timeline .claim.lit').length,
          time: String(document.querySelector('soc-timeline')._view)})
        """;

    /** Remembers when the page counted how many uses of files. */
    private static final String WATCH_FILES = """
        () => { window.filesSeen = []; const tab = () => Number((document.querySelector('#tab-files')?.textContent ?? '').replace(/[^0-9]/g, ''));
          let last = tab();
          new MutationObserver(() => { const now = tab(); if (now > last) { last = now; window.filesSeen.push([Date.now(), now]); } })
            .observe(document.body, {subtree: true, childList: true, characterData: true}); }
        """;

    /** Chooses a filter and waits until the summary says another number, not only that it reads, and two frames have been drawn. */
    private static final String FILTER = """
        ([id, value]) => new Promise(done => { const choice = document.querySelector('#filter-' + id), summary = document.querySelector('#queue-summary');
          const begun = performance.now(), before = summary.textContent;
          const seen = new MutationObserver(() => { if (summary.textContent === before || !/[0-9]/.test(summary.textContent)) return; seen.disconnect(); requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - begun))); });
          seen.observe(summary, {subtree: true, childList: true, characterData: true});
          choice.value = value; choice.dispatchEvent(new Event('change', {bubbles: true})); })
        """;

    @Option(
            names = "--consoles",
            defaultValue = "20",
            description = "Consoles open at once (default: ${DEFAULT-VALUE}).")
    private int consoles;

    @Option(
            names = "--alerts",
            defaultValue = "100000",
            description = "Alerts in the store (default: ${DEFAULT-VALUE}).")
    private int alerts;

    @Option(
            names = "--rounds",
            defaultValue = "10",
            description = "Sign-ins, pushed alerts (default: ${DEFAULT-VALUE}).")
    private int rounds;

    @Option(
            names = "--live",
            description = "Only a live session that goes on at 200 events a second, beside somebody who reads in it.")
    private boolean live;

    @Option(
            names = "--seconds",
            defaultValue = "30",
            description = "How long it goes on, with --live (default: ${DEFAULT-VALUE}).")
    private int seconds;

    @Option(names = "--json", description = "Print one JSON object per figure.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    private long written;

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (consoles < 1 || alerts < 1_000 || rounds < 2 || seconds < 1) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--consoles, --alerts, --rounds, --seconds: " + consoles + ", " + alerts + ", " + rounds + ", "
                            + seconds + " (expected: at least 1, 1000, 2, 1)");
        }
        if (!Files.isExecutable(CHROMIUM)) {
            throw new CommandException(CHROMIUM + ": is not there (expected: Debian's chromium)", ExitCodes.UNFIT);
        }
        List<Figure> figures = new ArrayList<>();
        try (OwnHome own = OwnHome.take(Layout.current())) {
            Layout layout = own.layout();
            measure(layout, figures);
            // What takes room, and what nobody needs any more; the logs stay.
            for (Path written : List.of(layout.data("kafka"), layout.data("search"), layout.secrets())) {
                Bundle.deleteTree(written);
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        figures.forEach(figure -> out.println(json ? figure.json().toString() : figure.describe()));
        out.flush();
        return figures.stream().allMatch(Figure::met) ? ExitCodes.OK : ExitCodes.FAILED;
    }

    private void measure(Layout layout, List<Figure> figures) throws IOException, InterruptedException {
        try (Platform platform = Platform.open(layout, spec.commandLine().getErr());
                KafkaProducer<String, byte[]> log = producer(platform.endpoint("broker"));
                Playwright playwright = Playwright.create(
                        new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
                Browser browser = chromium(playwright)) {
            String base = platform.endpoint("console");
            String password = Secrets.read(new Secrets(layout).adminPassword());
            if (live) {
                live(browser, base, password, log, figures);
            } else {
                write(log, FIRST_ALERTS);
                awaitCauses(platform, FIRST_ALERTS);
                signIns(browser, base, password, figures);
                openConsoles(platform, browser, base, password, log, figures);
                write(log, alerts - written);
                filters(platform, browser, base, password, figures);
            }
        }
    }

    private static Browser chromium(Playwright playwright) {
        return playwright
                .chromium()
                .launch(new BrowserType.LaunchOptions()
                        .setExecutablePath(CHROMIUM)
                        .setArgs(List.of("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")));
    }

    private static KafkaProducer<String, byte[]> producer(String bootstrap) {
        return new KafkaProducer<>(
                Map.of(
                        ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
                        bootstrap,
                        ProducerConfig.ACKS_CONFIG,
                        "all",
                        ProducerConfig.LINGER_MS_CONFIG,
                        "0"),
                new StringSerializer(),
                new ByteArraySerializer());
    }

    /** Alerts of causes of their own, spread over sessions, severities and kinds. */
    private void write(KafkaProducer<String, byte[]> log, long number) {
        for (long i = 0; i < number; i++) {
            var unused = send(log, alert(written++, 40));
        }
        log.flush();
    }

    private static Future<?> send(KafkaProducer<String, byte[]> log, Event event) {
        return log.send(new ProducerRecord<>(Topics.VERDICTS, Topics.key(event), event.toByteArray()));
    }

    private static Event alert(long number, int risk) {
        long now = System.currentTimeMillis() * 1_000_000L;
        String session = "bench-" + number / ALERTS_PER_SESSION;
        Severity[] severities = {Severity.LOW, Severity.MEDIUM, Severity.HIGH, Severity.CRITICAL};
        DeviationKind[] kinds = {DeviationKind.RULE, DeviationKind.UNANNOUNCED, DeviationKind.OUT_OF_POLICY};
        return EventIds.withId(Event.newBuilder()
                .setTenant("default")
                .setSession(session)
                .setHost("bench-host-" + number % 20)
                .setChannel(Channel.VERDICTS)
                .setEventTimeNs(now)
                .setObservedTimeNs(now)
                .setAlertRaised(AlertRaised.newBuilder()
                        .setKind(kinds[(int) (number % kinds.length)])
                        .setSeverity(severities[(int) (number / 3 % severities.length)])
                        .setTitle("A program that nobody announced, number " + number)
                        .setSaid("Run the tests")
                        .setSeen("python3 (211) ran /tmp/.cache/x-" + number + ".py")
                        .setWhy("No announced call explains it")
                        .setClause("attribution")
                        .setDeviation(EventIds.derived(session, Long.toString(number)))
                        .setRiskAdded(8)
                        .setRisk(risk)));
    }

    private static Page queue(Browser browser, String base, String password) {
        Page page = browser.newContext(new Browser.NewContextOptions().setViewportSize(1440, 900))
                .newPage();
        page.setDefaultTimeout((double) Duration.ofMinutes(2).toMillis());
        page.navigate(base + "/alerts");
        signIn(page, password);
        usable(page);
        return page;
    }

    private static void signIn(Page page, String password) {
        page.locator("input[name=username]").fill("admin");
        page.locator("input[name=password]").fill(password);
        page.keyboard().press("Enter");
    }

    /** A row is there, its detail beside it, and the keys answer. */
    private static void usable(Page page) {
        page.locator("#cause h2").first().waitFor();
    }

    /** The index job has come to the end of what was written. */
    private void awaitCauses(Platform platform, long number) throws IOException, InterruptedException {
        PrintWriter progress = spec.commandLine().getErr();
        long begun = System.nanoTime();
        long end = begun + Duration.ofMinutes(MINUTES_TO_INDEX).toNanos();
        URI count = URI.create(platform.endpoint("search") + "/plumbline-causes/_count");
        try (HttpClient client = HttpClient.newHttpClient()) {
            while (true) {
                String told = client.send(
                                HttpRequest.newBuilder(count)
                                        .timeout(Duration.ofSeconds(30))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
                Matcher counted = COUNT.matcher(told);
                long known = counted.find() ? Long.parseLong(counted.group(1)) : 0;
                if (known >= number) {
                    progress.printf(
                            "  indexed  %d causes after %d s%n", known, (System.nanoTime() - begun) / 1_000_000_000L);
                    progress.flush();
                    return;
                }
                if (System.nanoTime() > end) {
                    throw new CommandException("the search copy has " + known + " causes (expected: " + number
                            + " within " + MINUTES_TO_INDEX + " minutes)");
                }
                Thread.sleep(1_000);
            }
        }
    }

    private void signIns(Browser browser, String base, String password, List<Figure> figures) {
        List<Double> seconds = new ArrayList<>();
        List<Double> kilobytes = new ArrayList<>();
        // The first one warms the server up.
        for (int i = 0; i <= rounds; i++) {
            try (BrowserContext context =
                    browser.newContext(new Browser.NewContextOptions().setViewportSize(1440, 900))) {
                Page page = context.newPage();
                AtomicLong bytes = new AtomicLong();
                CDPSession wire = context.newCDPSession(page);
                wire.send("Network.enable");
                wire.on(
                        "Network.loadingFinished",
                        told -> bytes.addAndGet(told.get("encodedDataLength").getAsLong()));
                page.navigate(base + "/alerts");
                page.locator("input[name=username]").fill("admin");
                page.locator("input[name=password]").fill(password);
                long begun = System.nanoTime();
                page.keyboard().press("Enter");
                usable(page);
                if (i > 0) {
                    seconds.add((System.nanoTime() - begun) / 1e9);
                    kilobytes.add(bytes.get() / 1_000.0);
                }
            }
        }
        figures.add(Figure.of(
                "console.sign_in",
                "s",
                seconds,
                OptionalDouble.of(1.5),
                "from Enter on the login form to the queue's first row with its detail, a fresh browser context each"));
        figures.add(Figure.of(
                "console.first_transfer",
                "kB",
                kilobytes,
                OptionalDouble.of(500),
                "bytes on the wire of login page and queue with an empty cache, as Chromium counts them,"
                        + " WebSocket frames left out"));
    }

    private void openConsoles(
            Platform platform,
            Browser browser,
            String base,
            String password,
            KafkaProducer<String, byte[]> log,
            List<Figure> figures)
            throws IOException, InterruptedException {
        long before = liveHeap(platform.pid("console"));
        List<Page> pages = new ArrayList<>();
        for (int i = 0; i < consoles; i++) {
            pages.add(queue(browser, base, password));
        }
        double each = (liveHeap(platform.pid("console")) - before) / 1e6 / consoles;
        figures.add(Figure.of(
                "console.memory",
                "MB",
                List.of(each),
                OptionalDouble.of(6),
                "live heap after a collection with " + consoles + " open queues less that before, by console"));
        pushes(pages, log, figures);
        pages.forEach(page -> page.context().close());
    }

    private void pushes(List<Page> pages, KafkaProducer<String, byte[]> log, List<Figure> figures)
            throws InterruptedException {
        List<Double> seconds = new ArrayList<>();
        List<Double> first = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
            pages.forEach(page -> page.evaluate(WATCH_PILL));
            Event alert = alert(written++, 90);
            long begun = System.currentTimeMillis();
            try {
                send(log, alert).get();
            } catch (ExecutionException e) {
                throw new CommandException("the log does not take an alert: " + e.getCause());
            }
            List<Double> each = new ArrayList<>();
            for (Page page : pages) {
                page.waitForFunction("() => window.pillSeen > 0");
                each.add((((Number) page.evaluate("() => window.pillSeen")).longValue() - begun) / 1e3);
            }
            seconds.addAll(each);
            first.add(each.stream().min(Double::compare).orElseThrow());
            // The new row is shown, so that the next one waits behind a pill again.
            pages.forEach(page -> page.locator("#new-rows").click());
            pages.forEach(page -> page.waitForFunction(PILL_GONE));
        }
        String method = "from handing the verdict to the log to \"1 new\" in ";
        figures.add(Figure.of(
                "console.push.first",
                "s",
                first,
                OptionalDouble.empty(),
                method + "the first of the pages: what log, console and one page take; the rest is the other pages"));
        figures.add(Figure.of(
                "console.push",
                "s",
                seconds,
                OptionalDouble.of(1),
                method + "the page, " + consoles + " consoles in one browser"));
    }

    private void filters(Platform platform, Browser browser, String base, String password, List<Figure> figures)
            throws IOException, InterruptedException {
        awaitCauses(platform, written);
        Page page = queue(browser, base, password);
        List<Double> milliseconds = new ArrayList<>();
        // Each answer is a part of the one before it, or has it as a part: the summary always says another number.
        List<List<String>> choices = List.of(
                List.of("severity", "high"),
                List.of("kind", "rule"),
                List.of("kind", ""),
                List.of("severity", ""),
                List.of("kind", "out_of_policy"),
                List.of("severity", "critical"),
                List.of("kind", ""),
                List.of("severity", ""));
        for (int i = 0; i <= Math.max(20, rounds) * 2; i++) {
            double took = ((Number) page.evaluate(FILTER, choices.get(i % choices.size()))).doubleValue();
            if (i > 0) {
                milliseconds.add(took);
            }
        }
        List<Double> sorted = milliseconds.stream().sorted().toList();
        double p95 = sorted.get((int) Math.ceil(sorted.size() * 0.95) - 1);
        String method = "from the choice in the browser to the drawn answer, " + written + " alerts of as many causes";
        figures.add(Figure.of("console.filter", "ms", milliseconds, OptionalDouble.empty(), method));
        figures.add(Figure.of(
                "console.filter.p95",
                "ms",
                List.of(p95),
                OptionalDouble.of(300),
                "the 95th percentile of the " + milliseconds.size() + " values of console.filter"));
        page.context().close();
    }

    private void live(
            Browser browser, String base, String password, KafkaProducer<String, byte[]> log, List<Figure> figures)
            throws InterruptedException {
        LiveSession session = new LiveSession(event -> telemetry(log, event));
        session.begin();
        Page page = browser.newContext(new Browser.NewContextOptions().setViewportSize(1440, 900))
                .newPage();
        page.setDefaultTimeout((double) Duration.ofMinutes(2).toMillis());
        page.navigate(base + "/session/" + LiveSession.ID);
        signIn(page, password);
        page.waitForFunction(FILES_ARE, LiveSession.FIRST_FILES);
        page.reload();
        page.waitForFunction(FILES_ARE, LiveSession.FIRST_FILES);
        page.locator("#tab-raw").click();
        page.locator("#raw-events").evaluate("(grid, row) => grid.scrollToIndex(row)", LiveSession.FIRST_FILES / 2);
        for (int i = 0; i < 2; i++) {
            Object before = page.evaluate(VIEW);
            page.locator("#timeline-in").click();
            page.waitForCondition(() -> !page.evaluate(VIEW).equals(before));
        }
        page.locator("soc-timeline .claim").first().click();
        page.waitForURL(url -> url.contains("?at="));
        page.locator("soc-timeline .claim.lit").first().waitFor();
        page.waitForLoadState(LoadState.NETWORKIDLE);
        String place = String.valueOf(page.evaluate(PLACE));
        page.evaluate(WATCH_FILES);
        List<Long> sent = session.goOn(Duration.ofSeconds(seconds));
        page.waitForFunction(FILES_ARE, LiveSession.FIRST_FILES + sent.size());
        String placeAfter = String.valueOf(page.evaluate(PLACE));
        if (!place.equals(placeAfter)) {
            throw new CommandException("the reader lost the place: " + placeAfter + " (expected: " + place + ")");
        }
        List<Double> delays = new ArrayList<>();
        int known = 0;
        for (Object one : (List<?>) page.evaluate("() => window.filesSeen")) {
            List<?> seen = (List<?>) one;
            int count = ((Number) seen.get(1)).intValue() - LiveSession.FIRST_FILES;
            for (; known < Math.min(count, sent.size()); known++) {
                delays.add((((Number) seen.get(0)).longValue() - sent.get(known)) / 1e3);
            }
        }
        double took = (sent.getLast() - sent.getFirst()) / 1e3;
        figures.add(Figure.of(
                "console.live",
                "s",
                delays,
                OptionalDouble.empty(),
                "from handing an event to the log to the page counting it, " + sent.size() + " events in "
                        + Math.round(took) + " s, none missing; scroll, selection, brushed call and zoom as before"));
        page.context().close();
    }

    private static void telemetry(KafkaProducer<String, byte[]> log, Event event) {
        var unused = log.send(new ProducerRecord<>(
                event.getChannel() == Channel.CONTROL ? Topics.CONTROL : Topics.TELEMETRY,
                Topics.key(event),
                event.toByteArray()));
    }

    /** Bytes of live objects in a JVM of this machine, after a collection. */
    private static long liveHeap(long pid) throws IOException, InterruptedException {
        Process jcmd = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "jcmd").toString(),
                        Long.toString(pid),
                        "GC.class_histogram")
                .redirectErrorStream(true)
                .start();
        String told = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        jcmd.waitFor();
        Matcher total = LIVE_HEAP.matcher(told);
        if (!total.find()) {
            throw new CommandException("jcmd " + pid + " GC.class_histogram: "
                    + told.lines().findFirst().orElse("no answer") + " (expected: a line with the total)");
        }
        return Long.parseLong(total.group(1));
    }
}
