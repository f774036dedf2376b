package io.plumbline.console;

import static com.microsoft.playwright.assertions.PlaywrightAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.people.Totp;
import io.plumbline.events.v1.Event;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.web.context.WebApplicationContext;

/** Roles, ways in, tokens and second factors, as people meet them. */
class PeopleIT extends ConsoleTest {
    @Test
    void whoMayNotSeesWhyAndTheApiRefusesTheSame() throws Exception {
        stack.index.approvals(now());
        int orders = stack.log.orders().size();
        try (Page page = stack.signedIn("vic")) {
            page.navigate(stack.base + "/session/" + "8c02-7be1");
            assertThat(page.locator("#freeze")).isDisabled();
            assertThat(page.locator("#freeze"))
                    .hasAttribute("title", "Freezing a session needs the role analyst or approver or admin.");
            assertThat(page.locator("#isolate")).hasCount(0);
            page.navigate(stack.base + "/alerts");
            assertThat(page.locator("#take")).isDisabled();
            ConsoleStack.key(page, "a");
            assertThat(page.getByText("Deciding about alerts needs the role analyst or admin."))
                    .isVisible();
            page.navigate(stack.base + "/approvals");
            assertThat(page.locator("#approve")).isDisabled();
            assertThat(page.locator("#deny")).isDisabled();
            page.navigate(stack.base + "/rules");
            assertThat(page.locator("#roll-back")).isDisabled();
            assertThat(page.locator("#nav-audit")).hasCount(0);
        }
        try (Page page = stack.signedIn("ana")) {
            page.navigate(stack.base + "/session/" + "8c02-7be1");
            assertThat(page.locator("#freeze")).isEnabled();
            assertThat(page.locator("#kill")).isDisabled();
            page.navigate(stack.base + "/approvals");
            assertThat(page.locator("#approve")).isDisabled();
        }
        assertThat(stack.log.orders()).hasSize(orders);
    }

    @Test
    void aPersonMakesATokenUsesItAndRevokesIt() throws Exception {
        try (Page page = stack.signedIn("ana")) {
            page.navigate(stack.base + "/account");
            page.locator("#new-token").click();
            page.locator("#token-name input").fill("night-shift");
            page.locator("#token-role").selectOption("admin");
            page.locator("#create-token").click();
            assertThat(page.locator("#token-name [slot='error-message']"))
                    .hasText("A token may be what you are in this tenant, or less.");
            page.locator("#token-role").selectOption("analyst");
            page.locator("#create-token").click();
            String secret = page.locator("#token-secret").textContent();
            page.locator("#close-token").click();
            Locator row = page.locator("#tokens tr", new Page.LocatorOptions().setHasText("night-shift"));
            assertThat(row).containsText("analyst");
            assertThat(row).containsText("never");

            assertThat(api(secret, "GET", "/sessions", "").statusCode()).isEqualTo(200);
            HttpResponse<String> frozen = api(secret, "POST", "/sessions/8c02-7be1/freeze", "{\"reason\":\"token\"}");
            assertThat(frozen.statusCode()).isEqualTo(202);
            assertThat(stack.log.orders().getLast().getFreezeOrdered().getOrderedBy())
                    .isEqualTo("api:ana:night-shift");
            HttpResponse<String> killed = api(secret, "POST", "/sessions/8c02-7be1/kill", "{\"reason\":\"token\"}");
            assertThat(killed.statusCode()).isEqualTo(403);
            assertThat(killed.body()).contains("Killing a session needs the role admin.");
            assertThat(api(secret, "POST", "/activations/rules", "{\"action\":\"roll_back\",\"reason\":\"x\"}")
                            .statusCode())
                    .isEqualTo(403);
            assertThat(api(secret, "POST", "/sessions/8c02-7be1/policy", "{\"yaml\":\"name: wide\",\"reason\":\"x\"}")
                            .statusCode())
                    .isEqualTo(403);

            page.reload();
            assertThat(row).containsText("s ago");
            row.getByText("Revoke").click();
            assertThat(row).hasCount(0);
            assertThat(api(secret, "GET", "/sessions", "").statusCode()).isEqualTo(401);
        }
        assertThat(stack.log.orders().stream().filter(Event::hasAccessChanged).map(event -> event.getAccessChanged()
                        .getWhat()))
                .containsSubsequence("token_created", "token_revoked");
    }

    private HttpResponse<String> api(String token, String method, String path, String body) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(stack.base + "/api/v1" + path))
                                .header("Authorization", "Bearer " + token)
                                .header("Content-Type", "application/json")
                                .method(
                                        method,
                                        body.isEmpty()
                                                ? HttpRequest.BodyPublishers.noBody()
                                                : HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void afterFiveWrongPasswordsTheRightOneIsNotLookedAtAndThePageSaysTheSameAsForANameThatNobodyHas()
            throws Exception {
        // Locks are this console's own.
        try (ConfigurableApplicationContext other = stack.console(DemoSession.TENANT, 0);
                Page page = stack.opened()) {
            String base = "http://127.0.0.1:" + ConsoleStack.port(other);
            for (int i = 0; i < 5; i++) {
                ConsoleStack.signIn(page, base, "vic", "wrong", "");
                assertThat(page.locator("#login-error")).isVisible();
            }
            String told = page.locator("#login-error").textContent();
            ConsoleStack.signIn(page, base, "vic", ConsoleStack.PASSWORD, "");
            assertThat(page.locator("#login-error")).hasText(told);
            ConsoleStack.signIn(page, base, "nobody", "wrong", "");
            assertThat(page.locator("#login-error")).hasText(told);
            assertThat(page).hasURL(Pattern.compile(".*/login\\?error.*"));
            ConsoleStack.screenshot(page, "login");
            ConsoleStack.signIn(page, base, "ana", ConsoleStack.PASSWORD, "");
            assertThat(page.locator("#nav-account")).hasText("ana");
        }
        Awaitility.await().untilAsserted(() -> assertThat(signIns())
                .contains("vic failed", "vic locked", "(nobody's name) failed", "ana signed_in")
                .doesNotContain("nobody failed"));
    }

    private List<String> signIns() {
        return stack.log.signIns().stream()
                .map(event -> event.getSignInRecorded().getPerson() + " "
                        + event.getSignInRecorded().getOutcome())
                .toList();
    }

    @Test
    void aSecondFactorIsAskedForAndACodeIsTakenOnce() throws Exception {
        String secret;
        try (Page page = stack.signedIn("tom")) {
            page.navigate(stack.base + "/account");
            page.locator("#set-factor").click();
            secret = page.locator("#factor-secret").textContent();
            page.locator("#code input").fill("000000");
            page.locator("#confirm-code").click();
            assertThat(page.locator("#code [slot='error-message']")).hasText("The code does not fit.");
            page.locator("#code input").fill(Totp.code(Totp.secret(secret), Instant.now()));
            page.locator("#confirm-code").click();
            assertThat(page.locator("#remove-factor")).isVisible();
        }
        try (Page page = stack.opened()) {
            ConsoleStack.signIn(page, stack.base, "tom", ConsoleStack.PASSWORD, "");
            assertThat(page.locator("#login-error")).isVisible();
            // Later than the code before, whatever the time is by now, and not too late.
            String next = Totp.code(Totp.secret(secret), Instant.now().plusSeconds(30));
            ConsoleStack.signIn(page, stack.base, "tom", ConsoleStack.PASSWORD, next);
            assertThat(page.locator("#nav-account")).hasText("tom");
            page.locator("#sign-out").click();
            assertThat(page.locator("input[name=code]")).isVisible();
            ConsoleStack.signIn(page, stack.base, "tom", ConsoleStack.PASSWORD, next);
            assertThat(page.locator("#login-error")).isVisible();
        }
        Awaitility.await().untilAsserted(() -> assertThat(signIns()).contains("tom signed_out"));
        assertThat(signIns()).doesNotContain("tom session_ended");
        // Who has lost the authenticator.
        try (Page page = stack.signedIn("admin")) {
            page.navigate(stack.base + "/account");
            page.locator("#reset-factor-tom").click();
            page.locator("#confirm-reset").click();
            assertThat(page.locator("#factors-of-others")).hasText("Nobody else has one.");
            ConsoleStack.screenshot(page, "account-admin");
        }
        assertThat(stack.log.orders().getLast().getAccessChanged()).satisfies(changed -> {
            assertThat(changed.getWhat()).isEqualTo("second_factor_reset");
            assertThat(changed.getPerson()).isEqualTo("tom");
            assertThat(changed.getChangedBy()).isEqualTo("admin");
        });
        try (Page page = stack.signedIn("tom")) {
            page.navigate(stack.base + "/account");
            assertThat(page.locator("#set-factor")).isVisible();
            assertThat(page.locator("#factors-of-others")).hasCount(0);
        }
    }

    @Test
    void aSessionThatEndsByTimeIsInTheAuditLog() throws Exception {
        try (ConfigurableApplicationContext other =
                        stack.console(DemoSession.TENANT, 0, "--plumbline.session-lifetime=30s");
                Page page = stack.signedIn("vic", "http://127.0.0.1:" + ConsoleStack.port(other))) {
            Awaitility.await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
                page.reload();
                assertThat(page.url()).contains("/login");
            });
            Awaitility.await().untilAsserted(() -> assertThat(signIns()).contains("vic session_ended"));
        }
    }

    @Test
    void anOpenPageThatNobodyTouchesEnds() throws Exception {
        try (ConfigurableApplicationContext other =
                        stack.impatient(Duration.ofSeconds(25), "--vaadin.heartbeatInterval=5");
                Page page = stack.signedIn("ana", "http://127.0.0.1:" + ConsoleStack.port(other))) {
            // What people meet, in minutes.
            assertThat(Objects.requireNonNull(((WebApplicationContext) other).getServletContext())
                            .getSessionTimeout())
                    .isEqualTo(60);
            // What is pushed to it, and what it asks by itself, is nobody who is there.
            stack.index.approvals(now());
            page.navigate("http://127.0.0.1:" + ConsoleStack.port(other) + "/approvals");
            assertThat(page.locator("#subject")).isVisible();
            Awaitility.await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> assertThat(signIns())
                    .contains("ana session_ended"));
            page.reload();
            assertThat(page).hasURL(Pattern.compile(".*/login.*"));
        }
    }
}
