package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import io.plumbline.console.browser.Chromium;
import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.people.Person;
import io.plumbline.console.people.Role;
import io.plumbline.events.policy.PolicyStatements.SigningKey;
import io.plumbline.events.policy.PolicyStatements.TrustedKeys;
import jakarta.servlet.http.HttpSessionEvent;
import jakarta.servlet.http.HttpSessionListener;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;

/**
 * The console over a real Elasticsearch that holds demo sessions, and a browser (Debian's chromium). The log is played by the test; what
 * it writes goes through the index job's own projection. Started once per JVM; tests take sessions of their own.
 */
final class ConsoleStack {
    static final String PASSWORD = "a-password-of-this-test";
    private static final String HASH = "{bcrypt}" + new BCryptPasswordEncoder(4).encode(PASSWORD);
    static final String TOKEN = "a-token-of-this-test";

    static final Person ADMIN = Person.of("admin", Role.ADMIN);
    static final Person BEA = Person.of("bea", Role.ANALYST, Role.APPROVER, Role.RULE_ENGINEER);

    private static @Nullable ConsoleStack shared;

    final DemoIndex index;
    final RecordedLog log;
    final String base;
    /** Milliseconds: the machines of a build are busy. */
    private static final int PATIENCE = 60_000;

    private final Path directory;
    private final SearchChild node;
    private final ConfigurableApplicationContext console;
    private @Nullable ConfigurableApplicationContext another;
    private final Chromium chromium;

    private ConsoleStack(int port) throws Exception {
        PlaywrightAssertions.setDefaultAssertionTimeout(PATIENCE);
        Awaitility.setDefaultTimeout(Duration.ofMillis(PATIENCE));
        directory = Files.createTempDirectory("console-it");
        node = SearchChild.start(directory);
        Runtime.getRuntime().addShutdownHook(new Thread(node::close));
        index = new DemoIndex(node.url());
        index.install();
        index.fill(System.currentTimeMillis() * 1_000_000L);
        log = new RecordedLog(index);
        Files.writeString(directory.resolve("password"), PASSWORD);
        Files.writeString(directory.resolve("token"), TOKEN);
        Files.writeString(
                directory.resolve("policy-key.pem"), SigningKey.generate().pem());
        console = console(DemoSession.TENANT, port);
        base = "http://127.0.0.1:" + port(console);
        chromium = Chromium.start();
    }

    static synchronized ConsoleStack shared() throws Exception {
        ConsoleStack stack = shared;
        if (stack == null) {
            stack = new ConsoleStack(0);
            shared = stack;
        }
        return stack;
    }

    /** Starts everything for a person to look at. Argument: the console's port. */
    public static void main(String[] arguments) throws Exception {
        ConsoleStack stack = new ConsoleStack(Integer.parseInt(arguments[0]));
        System.out.println(stack.base + " admin " + PASSWORD);
        Thread.currentThread().join();
    }

    /** A further console on the same search copy and log. */
    ConfigurableApplicationContext console(String tenant, int port, String... more) {
        return started(context -> {}, tenant, port, more);
    }

    /** Likewise; whoever does nothing for so long is signed out. Settings know whole minutes only. */
    ConfigurableApplicationContext impatient(Duration idle, String... more) {
        HttpSessionListener impatience = new HttpSessionListener() {
            @Override
            public void sessionCreated(HttpSessionEvent created) {
                created.getSession().setMaxInactiveInterval((int) idle.toSeconds());
            }
        };
        return started(
                context -> context.registerBean("impatience", HttpSessionListener.class, () -> impatience),
                DemoSession.TENANT,
                0,
                more);
    }

    private ConfigurableApplicationContext started(
            Consumer<GenericApplicationContext> prepare, String tenant, int port, String... more) {
        return new SpringApplicationBuilder(ConsoleApplication.class)
                .initializers(context -> {
                    GenericApplicationContext beans = (GenericApplicationContext) context;
                    beans.registerBean("recordedLog", RecordedLog.class, () -> log, bean -> bean.setPrimary(true));
                    prepare.accept(beans);
                })
                .run(arguments(Stream.concat(
                                Stream.of("--plumbline.tenant=" + tenant, "--server.port=" + port), Stream.of(more))
                        .toArray(String[]::new)));
    }

    /** The address of a console that shows a tenant which has nothing; all tests share it. */
    synchronized String ofAnotherTenant() {
        ConfigurableApplicationContext other = another;
        if (other == null) {
            other = console("another", 0);
            another = other;
        }
        return "http://127.0.0.1:" + port(other);
    }

    /** Where the search copy answers. */
    URI search() {
        return node.url();
    }

    static String port(ConfigurableApplicationContext console) {
        return String.valueOf(console.getEnvironment().getProperty("local.server.port"));
    }

    /** Of one option the last value counts. */
    String[] arguments(String... more) {
        List<String> usual = List.of(
                "--plumbline.elasticsearch-url=" + node.url(),
                "--plumbline.kafka-bootstrap=127.0.0.1:9",
                "--plumbline.admin-password-file=" + directory.resolve("password"),
                "--plumbline.api-token-file=" + directory.resolve("token"),
                "--plumbline.views-file=" + directory.resolve("views.json"),
                "--plumbline.policy-key-file=" + directory.resolve("policy-key.pem"),
                "--plumbline.users[0].name=bea",
                "--plumbline.users[0].password-hash=" + HASH,
                "--plumbline.users[0].role=analyst,approver,rule-engineer",
                "--plumbline.users[1].name=vic",
                "--plumbline.users[1].password-hash=" + HASH,
                "--plumbline.users[1].role=viewer",
                "--plumbline.users[2].name=ana",
                "--plumbline.users[2].password-hash=" + HASH,
                "--plumbline.users[2].roles." + DemoSession.TENANT + "=analyst",
                "--plumbline.users[3].name=tom",
                "--plumbline.users[3].password-hash=" + HASH,
                "--plumbline.users[3].role=viewer",
                "--plumbline.people-file=" + directory.resolve("people.json"),
                "--logging.level.org.apache.kafka=OFF");
        Map<String, String> options = new LinkedHashMap<>();
        Stream.concat(usual.stream(), Stream.of(more))
                .forEach(option -> options.put(option.replaceFirst("=.*", ""), option));
        return options.values().toArray(String[]::new);
    }

    /** What evidence that the console signs can be checked with. */
    TrustedKeys keys() throws Exception {
        return TrustedKeys.parse(Files.readString(directory.resolve("policy-key.pem")));
    }

    <T> T bean(Class<T> type) {
        return console.getBean(type);
    }

    Page signedIn(String person) {
        return signedIn(person, base);
    }

    /** A browser of its own. */
    Page signedIn(String person, String console) {
        Page page = opened();
        signIn(page, console, person, PASSWORD, "");
        assertThat(page.getByRole(AriaRole.NAVIGATION)).isVisible();
        return page;
    }

    /** @param code of the second factor; empty: none */
    static void signIn(Page page, String console, String person, String password, String code) {
        page.navigate(console + "/login");
        page.locator("input[name=username]").fill(person);
        page.locator("input[name=password]").fill(password);
        page.locator("input[name=code]").fill(code);
        page.keyboard().press("Enter");
    }

    /** A browser of its own; nobody is signed in. */
    Page opened() {
        return opened(new Browser.NewContextOptions());
    }

    /** Likewise, in a browser that is set up as {@code options} say. */
    Page opened(Browser.NewContextOptions options) {
        return chromium.open(options.setViewportSize(1280, 720), Duration.ofMillis(PATIENCE));
    }

    /** Failed requests and errors of pages since the last time. */
    List<String> failures() {
        return chromium.failures();
    }

    /** Presses a key of the page once the page listens: those are silent while a dialog is open or closes. */
    static void key(Page page, String key) {
        assertThat(page.locator("vaadin-dialog[opened], vaadin-dialog-overlay")).hasCount(0);
        page.waitForFunction("() => customElements.get('soc-keys') && document.querySelector('soc-keys')");
        page.keyboard().press(key);
    }

    /** Once the browser waits for nothing any more: while it does, a bar at the top says so, and fades away afterwards. */
    static void screenshot(Page page, String name) {
        page.waitForFunction("""
            () => window.Vaadin?.connectionState?.state !== 'loading'
                && [...document.querySelectorAll('.v-loading-indicator')].every(bar => getComputedStyle(bar).opacity === '0')
            """);
        page.screenshot(new Page.ScreenshotOptions().setPath(Path.of("target", name + ".png")));
    }
}
