package io.plumbline.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NameResolverTest {
    private static final Duration LONG = Duration.ofMinutes(5);

    private final CountDownLatch answer = new CountDownLatch(1);

    /** A server of names that does not answer until the test is over. */
    private final NameResolver silent = host -> {
        try {
            answer.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new UnknownHostException(host);
    };

    @AfterEach
    void answerAll() {
        answer.countDown();
    }

    @Test
    void answersAsTheResolverDoes() throws Exception {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        NameResolver resolver = NameResolver.bounded(host -> List.of(loopback), LONG);
        assertThat(resolver.resolve("a.example")).containsExactly(loopback);
    }

    @Test
    void saysWhatTheResolverSays() {
        NameResolver resolver = NameResolver.bounded(
                host -> {
                    throw new UnknownHostException(host + ": no such host");
                },
                LONG);
        assertThatThrownBy(() -> resolver.resolve("a.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("a.example: no such host");
    }

    @Test
    void doesNotWaitForEver() {
        NameResolver resolver = NameResolver.bounded(silent, Duration.ofMillis(20));
        assertThatThrownBy(() -> resolver.resolve("a.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("a.example: no answer within 20 ms");
    }

    @Test
    void refusesWhatIsTooMuchAtOnce() {
        NameResolver resolver = NameResolver.bounded(silent, Duration.ofMillis(20));
        for (int i = 0; i < 2 * NameResolver.MAX_LOOKUPS; i++) {
            String host = "h" + i + ".example";
            assertThatThrownBy(() -> resolver.resolve(host)).hasMessageContaining("no answer within");
        }
        assertThatThrownBy(() -> resolver.resolve("a.example"))
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("a.example: too many lookups at once (expected: <= 16)");
    }

    @Test
    void neverAsksOnTheCallersThread() throws Exception {
        Thread[] asked = new Thread[1];
        NameResolver resolver = NameResolver.bounded(
                host -> {
                    asked[0] = Thread.currentThread();
                    return List.of();
                },
                LONG);
        Thread.ofVirtual()
                .start(() -> {
                    try {
                        resolver.resolve("a.example");
                    } catch (UnknownHostException e) {
                        throw new AssertionError(e);
                    }
                })
                .join();
        assertThat(asked[0]).isNotNull();
        assertThat(asked[0].isVirtual()).isFalse();
    }
}
