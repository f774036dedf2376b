package io.plumbline.console;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A test on the stack that all share. What a page asked for in vain, or an error of its own, fails it in the end. */
abstract class ConsoleTest {
    static final long SECOND = 1_000_000_000L;

    @SuppressWarnings("NullAway.Init")
    ConsoleStack stack;

    @BeforeEach
    void share() throws Exception {
        stack = ConsoleStack.shared();
    }

    @AfterEach
    void nothingFailed() {
        assertThat(stack.failures()).isEmpty();
    }

    /** Nanoseconds since the epoch. */
    static long now() {
        return System.currentTimeMillis() * 1_000_000L;
    }
}
