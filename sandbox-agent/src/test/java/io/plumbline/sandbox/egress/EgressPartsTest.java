package io.plumbline.sandbox.egress;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pure parts of the proxy. */
class EgressPartsTest {
    @ParameterizedTest
    @CsvSource({
        "/api/**, /api/v1/x, true",
        "/api/**, /api/, true",
        "/api/**, /api, false",
        "/api/**, /apix/v1, false",
        "/api/*, /api/v1, true",
        "/api/*, /api/v1/x, false",
        "/*/x, /a/x, true",
        "/*/x, /a/b/x, false",
        "/**/x, /a/b/x, true",
        "/a*b*c, /axbbxc, true",
        "/a*b*c, /axb/c, false",
        "/repo/*.git/info/refs, /repo/a.git/info/refs, true",
        "/**/x/*, /a/x/b/x/y, true",
        "/***x, /a/b/x, true",
        "/a*, /a, true",
        "/, /, true",
        "/, /x, false"
    })
    void matchesPaths(String glob, String path, boolean allowed) {
        assertThat(RequestPaths.allow(List.of(glob), path)).isEqualTo(allowed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/api/../admin",
                "/api/%2e%2e/admin",
                "/api/.%2E/admin",
                "/api/./x",
                "/api//x",
                "/api/..",
                "/api/%2fx",
                "/api/%5cx",
                "/api/\\x",
                "/api/x;/../y",
                "/api/%252e",
                "/api/%00"
            })
    void refusesPathsThatCanBeReadInTwoWays(String path) {
        assertThat(RequestPaths.allow(List.of("/api/**"), path)).isFalse();
        assertThat(RequestPaths.allow(List.of(), path))
                .as("no rule speaks of paths")
                .isTrue();
    }

    @Test
    void countsWhatTheSessionSends() throws Exception {
        AtomicLong now = new AtomicLong();
        EgressRule rule = EgressRule.newBuilder().setMaxOutBytes(600).build();
        EgressRule other = EgressRule.newBuilder().setHost("other").build();
        Budgets budgets = new Budgets(
                () -> TaskPolicy.newBuilder()
                        .setEgressBytes(1000)
                        .setIngressBytes(10)
                        .build(),
                now::get);

        budgets.takeOut(rule, "api.example.com", 600);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(rule, "api.example.com", 1));
        budgets.takeOut(other, "b.example.com", 400);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(other, "b.example.com", 1));
        budgets.takeIn(10);
        assertDenied(EgressReason.INGRESS_BUDGET, () -> budgets.takeIn(1));
    }

    @Test
    void whatWasSentStaysSentWhenTheRuleIsEdited() throws Exception {
        EgressRule rule =
                EgressRule.newBuilder().setHost("api.example.com").setPort(443).build();
        EgressRule edited =
                rule.toBuilder().addMethods("GET").setMaxOutBytes(600).build();
        Budgets budgets = new Budgets(TaskPolicy::getDefaultInstance, () -> 0);

        budgets.takeOut(rule, "api.example.com", 500);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(edited, "api.example.com", 101));
        budgets.takeOut(edited, "api.example.com", 100);
        assertDenied(
                EgressReason.EGRESS_BUDGET,
                () -> budgets.takeOut(edited.toBuilder().addMethods("PUT").build(), "api.example.com", 1));
        budgets.takeOut(edited.toBuilder().setPort(8443).build(), "api.example.com", 600);
    }

    @Test
    void hostsOfOnePatternShareWhatItLetsOut() throws Exception {
        EgressRule pattern = EgressRule.newBuilder()
                .setHost("*.example.com")
                .setPort(443)
                .setMaxOutBytes(600)
                .build();
        Budgets budgets =
                new Budgets(() -> TaskPolicy.newBuilder().addEgress(pattern).build(), () -> 0);

        budgets.takeOut(pattern, "a.example.com", 400);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(pattern, "B.example.com", 201));
        budgets.takeOut(pattern, "b.example.com", 200);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(pattern, "a.example.com", 1));
    }

    @Test
    void aHostThatTakesAPatternsPlaceHasSentWhatWentToItAndNoMore() throws Exception {
        EgressRule pattern =
                EgressRule.newBuilder().setHost("*.example.com").setPort(443).build();
        EgressRule host =
                pattern.toBuilder().setHost("a.example.com").setMaxOutBytes(600).build();
        TaskPolicy.Builder policy = TaskPolicy.newBuilder().addEgress(pattern);
        Budgets budgets = new Budgets(policy::build, () -> 0);
        budgets.takeOut(pattern, "a.example.com", 500);
        budgets.takeOut(pattern, "b.example.com", 500);

        policy.clearEgress().addEgress(host);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(host, "a.example.com", 101));
        budgets.takeOut(host, "a.example.com", 100);

        // And the other way round: the pattern answers for all that went to its hosts.
        EgressRule limited = pattern.toBuilder().setMaxOutBytes(1_200).build();
        policy.clearEgress().addEgress(limited);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(limited, "c.example.com", 101));
        budgets.takeOut(limited, "c.example.com", 100);
    }

    @Test
    void whatAnotherRuleInForceLetGoIsNotThePatterns() throws Exception {
        EgressRule host =
                EgressRule.newBuilder().setHost("a.example.com").setPort(443).build();
        EgressRule pattern =
                host.toBuilder().setHost("*.example.com").setMaxOutBytes(600).build();
        Budgets budgets = new Budgets(
                () -> TaskPolicy.newBuilder().addEgress(host).addEgress(pattern).build(), () -> 0);

        budgets.takeOut(host, "a.example.com", 5_000);
        budgets.takeOut(pattern, "b.example.com", 600);
        assertDenied(EgressReason.EGRESS_BUDGET, () -> budgets.takeOut(pattern, "c.example.com", 1));
    }

    @Test
    @Timeout(60)
    void aGlobOfManyStarsTakesNoLongerThanItsLength() {
        String path = "/" + "a".repeat(8000) + "b";
        assertThat(RequestPaths.allow(List.of("/" + "**a".repeat(100) + "**c"), path))
                .isFalse();
        assertThat(RequestPaths.allow(List.of("/" + "*a".repeat(100) + "*c"), path))
                .isFalse();
        assertThat(RequestPaths.allow(List.of("/" + "**a".repeat(100) + "**b"), path))
                .isTrue();
    }

    @Test
    void averagesTheRateOverTenSeconds() throws Exception {
        AtomicLong now = new AtomicLong();
        EgressRule rule = EgressRule.getDefaultInstance();
        Budgets budgets = new Budgets(
                () -> TaskPolicy.newBuilder().setEgressRateBytes(100).build(), now::get);

        budgets.takeOut(rule, "api.example.com", 1000);
        assertDenied(EgressReason.EGRESS_RATE, () -> budgets.takeOut(rule, "api.example.com", 1));
        now.addAndGet(1_000_000_000L);
        budgets.takeOut(rule, "api.example.com", 100);
        assertDenied(EgressReason.EGRESS_RATE, () -> budgets.takeOut(rule, "api.example.com", 1));
    }

    @Test
    void averagesWhatComesInOverTenSecondsToo() throws Exception {
        AtomicLong now = new AtomicLong();
        Budgets budgets = new Budgets(
                () -> TaskPolicy.newBuilder()
                        .setIngressRateBytes(100)
                        .setEgressRateBytes(1)
                        .build(),
                now::get);

        budgets.takeIn(1000);
        assertDenied(EgressReason.INGRESS_RATE, () -> budgets.takeIn(1));
        now.addAndGet(1_000_000_000L);
        budgets.takeIn(100);
        assertDenied(EgressReason.INGRESS_RATE, () -> budgets.takeIn(1));
        // A direction of its own.
        budgets.takeOut(EgressRule.getDefaultInstance(), "api.example.com", 10);
    }

    @Test
    void findsAPatternAcrossPieces() {
        ByteSearch search = new ByteSearch("aab".getBytes(ISO_8859_1));

        assertThat(search.finds(bytes("xaa"))).isFalse();
        assertThat(search.finds(bytes("a"))).isFalse();
        assertThat(search.finds(bytes("b"))).isTrue();
        assertThat(search.finds(bytes("x"))).as("once found, always found").isTrue();
    }

    @Test
    void releasesEverythingButAPossibleBeginning() {
        ByteSearch search = new ByteSearch("secret".getBytes(ISO_8859_1));
        StringBuilder released = new StringBuilder();
        for (String piece : List.of("a se", "c", "se", "cre", "x secre")) {
            ByteBuffer out = search.released(bytes(piece));
            assertThat(out).isNotNull();
            released.append(ISO_8859_1.decode(out));
        }

        assertThat(released.toString()).isEqualTo("a secsecrex ");
        assertThat(ISO_8859_1.decode(search.held()).toString()).isEqualTo("secre");
        assertThat(search.released(bytes("t"))).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\nSet-Cookie: x\r\n\r\n",
                "HTTP/1.1 200 OK\r\nA: b\rX: y\r\n\r\n",
                "HTTP/2 200 OK\r\n\r\n",
                "HTTP/1.1 20 OK\r\n\r\n",
                "HTTP/1.1 200OK\r\n\r\n",
                "\r\n\r\n"
            })
    void refusesResponsesThatCanBeReadInTwoWays(String response) {
        assertDenied(EgressReason.MALFORMED_RESPONSE, () -> ResponseHead.parse(response.getBytes(ISO_8859_1)));
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(ISO_8859_1));
    }

    private static void assertDenied(EgressReason reason, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Denial.class, denial -> assertThat(denial.reason())
                .isEqualTo(reason));
    }
}
