package io.plumbline.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.plumbline.console.orders.OrderLog;
import io.plumbline.events.v1.Event;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.security.crypto.bcrypt.BCryptPasswordEncoder;

/** Signing in with an identity provider that this test plays over loopback. */
class OidcIT {
    private static final List<Event> LOG = new CopyOnWriteArrayList<>();

    @TempDir
    private static Path folder;

    private static Provider provider;
    private static ConfigurableApplicationContext console;
    private static String base;

    /** Answers with whatever ID token a test wants; {@code claims} has the last word. */
    private static final class Provider {
        private final HttpServer server;
        private final RSAKey key = new RSAKeyGenerator(2048).keyID("k1").generate();
        private final Map<String, String> nonces = new HashMap<>();
        private Consumer<JWTClaimsSet.Builder> claims = builder -> {};

        Provider() throws Exception {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0), 0);
            server.createContext(
                    "/.well-known/openid-configuration", exchange -> json(exchange, """
                        {"issuer":"%1$s","authorization_endpoint":"%1$s/authorize","token_endpoint":"%1$s/token",
                         "jwks_uri":"%1$s/keys","subject_types_supported":["public"],"response_types_supported":["code"],
                         "id_token_signing_alg_values_supported":["RS256"]}\
                        """.formatted(issuer())));
            server.createContext("/keys", exchange -> json(exchange, new JWKSet(key.toPublicJWK()).toString()));
            server.createContext("/authorize", this::authorize);
            server.createContext("/token", this::token);
            server.start();
        }

        String issuer() {
            return "http://127.0.0.1:" + server.getAddress().getPort();
        }

        private synchronized void authorize(HttpExchange exchange) throws IOException {
            Map<String, String> asked = query(exchange.getRequestURI().getRawQuery());
            String code = "code-" + nonces.size();
            nonces.put(code, asked.getOrDefault("nonce", ""));
            assertThat(asked).containsKey("code_challenge");
            exchange.getResponseHeaders()
                    .set(
                            "Location",
                            asked.get("redirect_uri") + "?code=" + code + "&state="
                                    + URLEncoder.encode(asked.getOrDefault("state", ""), StandardCharsets.UTF_8));
            exchange.sendResponseHeaders(302, -1);
            exchange.close();
        }

        private synchronized void token(HttpExchange exchange) throws IOException {
            Map<String, String> asked =
                    query(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            Instant now = Instant.now();
            JWTClaimsSet.Builder told = new JWTClaimsSet.Builder()
                    .issuer(issuer())
                    .subject("s-1")
                    .audience("plumbline")
                    .issueTime(Date.from(now))
                    .expirationTime(Date.from(now.plusSeconds(300)))
                    .claim("nonce", nonces.get(asked.get("code")))
                    .claim("preferred_username", "cleo")
                    .claim("roles", List.of("soc"))
                    .claim("tenant", "acme");
            claims.accept(told);
            try {
                SignedJWT token = new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256).keyID("k1").build(), told.build());
                token.sign(new RSASSASigner(key));
                json(
                        exchange,
                        "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"expires_in\":300,\"id_token\":\""
                                + token.serialize() + "\"}");
            } catch (JOSEException e) {
                throw new IOException(e);
            }
        }

        private static Map<String, String> query(String text) {
            Map<String, String> parameters = new HashMap<>();
            for (String pair : text.split("&", -1)) {
                int equals = pair.indexOf('=');
                parameters.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
            return parameters;
        }

        private static void json(HttpExchange exchange, String text) throws IOException {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        }
    }

    @BeforeAll
    static void start() throws Exception {
        provider = new Provider();
        Files.writeString(folder.resolve("secret"), "the-secret-of-this-test\n");
        console = console(provider.issuer());
        base = "http://127.0.0.1:" + ConsoleStack.port(console);
    }

    private static ConfigurableApplicationContext console(String issuer) {
        return new SpringApplicationBuilder(ConsoleApplication.class)
                .initializers(context -> ((GenericApplicationContext) context)
                        .registerBean("log", OrderLog.class, () -> LOG::add, bean -> bean.setPrimary(true)))
                .run(
                        // Nobody answers there: who may in does not depend on it.
                        "--plumbline.elasticsearch-url=http://127.0.0.1:9",
                        "--plumbline.kafka-bootstrap=127.0.0.1:9",
                        "--plumbline.tenant=acme",
                        "--server.port=0",
                        "--plumbline.users[0].name=bea",
                        "--plumbline.users[0].password-hash={bcrypt}" + new BCryptPasswordEncoder(4).encode("x"),
                        "--plumbline.users[0].role=analyst",
                        "--plumbline.oidc.issuer=" + issuer,
                        "--plumbline.oidc.client-id=plumbline",
                        "--plumbline.oidc.client-secret-file=" + folder.resolve("secret"),
                        "--plumbline.oidc.roles[soc]=analyst,approver",
                        "--logging.level.org.apache.kafka=OFF");
    }

    @AfterAll
    static void stop() {
        console.close();
        provider.server.stop(0);
    }

    @BeforeEach
    void forget() {
        LOG.clear();
        provider.claims = builder -> {};
    }

    @Test
    void whomTheProviderVouchesForIsSignedInWithTheRolesOfTheClaims() throws Exception {
        assertThat(signIn()).isEqualTo(base + "/account");
        recorded("cleo", "signed_in");
    }

    @Test
    void aPersonComesInThroughTheProviderAndGoesAgain() throws Exception {
        ConsoleStack browsers = ConsoleStack.shared();
        try (Page page = browsers.opened()) {
            page.navigate(base + "/login");
            page.locator("#provider").click();
            PlaywrightAssertions.assertThat(page.locator("#nav-account")).hasText("cleo");
            PlaywrightAssertions.assertThat(page.locator("#nav-audit")).hasCount(0);
            ConsoleStack.screenshot(page, "through-the-provider");
            page.locator("#sign-out").click();
            PlaywrightAssertions.assertThat(page.locator("#provider")).isVisible();

            provider.claims = claims -> claims.claim("tenant", "globex");
            page.locator("#provider").click();
            PlaywrightAssertions.assertThat(page.locator("#login-error")).isVisible();
        }
        assertThat(browsers.failures()).isEmpty();
        Awaitility.await().untilAsserted(() -> assertThat(LOG)
                .filteredOn(Event::hasSignInRecorded)
                .extracting(event -> event.getSignInRecorded().getPerson() + " "
                        + event.getSignInRecorded().getOutcome())
                .contains("cleo signed_in", "cleo signed_out", "(nobody's name) failed"));
    }

    @Test
    void aBrowserThatComesBackFromAnotherSiteBringsTheSession() throws Exception {
        // A cookie that is strict would stay behind: the provider's site began the navigation.
        assertThat(get(HttpClient.newHttpClient(), "/oauth2/authorization/provider")
                        .headers()
                        .firstValue("Set-Cookie")
                        .orElse(""))
                .contains("SameSite=Lax");
    }

    @Test
    void aTokenForAnotherAudienceIsRefused() throws Exception {
        refused(claims -> claims.audience("somebody-else"));
    }

    @Test
    void anExpiredTokenIsRefused() throws Exception {
        refused(claims -> claims.issueTime(Date.from(Instant.now().minusSeconds(7_200)))
                .expirationTime(Date.from(Instant.now().minusSeconds(3_600))));
    }

    @Test
    void aTokenOfAnotherIssuerOrAnotherFlowIsRefused() throws Exception {
        refused(claims -> claims.issuer("https://elsewhere.example.net"));
        refused(claims -> claims.claim("nonce", "of-another-flow"));
    }

    @Test
    void anUnknownRoleIsRefused() throws Exception {
        refused(claims -> claims.claim("roles", List.of("admin", "golf")));
    }

    @Test
    void aMissingOrAnotherTenantIsRefused() throws Exception {
        refused(claims -> claims.claim("tenant", null));
        refused(claims -> claims.claim("tenant", "globex"));
    }

    @Test
    void theNameOfALocalUserIsRefused() throws Exception {
        refused(claims -> claims.claim("preferred_username", "Bea"));
    }

    @Test
    void aPersonHasOneNameAndANameOnePerson() throws Exception {
        provider.claims = claims -> claims.subject("s-2").claim("preferred_username", "dana");
        assertThat(signIn()).isEqualTo(base + "/account");
        refused(claims -> claims.subject("s-2").claim("preferred_username", "dana.two"));
        refused(claims -> claims.subject("s-3").claim("preferred_username", "dana"));
    }

    @Test
    void aProviderThatDoesNotAnswerIsSaidOnTheLoginPage() throws Exception {
        try (ConfigurableApplicationContext alone = console("http://127.0.0.1:9")) {
            HttpClient browser = HttpClient.newBuilder()
                    .cookieHandler(new CookieManager())
                    .followRedirects(HttpClient.Redirect.ALWAYS)
                    .build();
            HttpResponse<String> answer = browser.send(
                    HttpRequest.newBuilder(URI.create(
                                    "http://127.0.0.1:" + ConsoleStack.port(alone) + "/oauth2/authorization/provider"))
                            .header("Accept", "text/html")
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.uri().toString()).endsWith("/login?provider");
        }
    }

    private static void refused(Consumer<JWTClaimsSet.Builder> claims) throws Exception {
        LOG.clear();
        provider.claims = claims;
        assertThat(signIn()).startsWith(base + "/login");
        recorded("(nobody's name)", "failed");
    }

    private static void recorded(String person, String outcome) {
        Awaitility.await().untilAsserted(() -> assertThat(LOG)
                .filteredOn(Event::hasSignInRecorded)
                .extracting(Event::getSignInRecorded)
                .singleElement()
                .satisfies(record -> {
                    assertThat(record.getPerson()).isEqualTo(person);
                    assertThat(record.getOutcome()).isEqualTo(outcome);
                    assertThat(record.getMethod()).isEqualTo("oidc");
                    assertThat(record.getAddress()).isEqualTo("127.0.0.1");
                }));
    }

    /** Goes the whole way as a browser does; where it ends up when it asks for its account. */
    private static String signIn() throws Exception {
        HttpClient browser = HttpClient.newBuilder()
                .cookieHandler(new CookieManager())
                .followRedirects(HttpClient.Redirect.ALWAYS)
                .build();
        get(browser, "/oauth2/authorization/provider");
        return get(browser, "/account").uri().toString();
    }

    private static HttpResponse<String> get(HttpClient browser, String path) throws Exception {
        return browser.send(
                HttpRequest.newBuilder(URI.create(base + path))
                        .header("Accept", "text/html")
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
