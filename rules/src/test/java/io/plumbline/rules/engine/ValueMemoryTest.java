package io.plumbline.rules.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What is remembered of values, and what is not. */
class ValueMemoryTest {
    private static int @Nullable [] atoms(ValueMemory memory, int field, String value) {
        return memory.atoms(ValueMemory.hash(field, value), field, value);
    }

    private static boolean comesAgain(ValueMemory memory, int field, String value) {
        return memory.comesAgain(ValueMemory.hash(field, value));
    }

    @Test
    void remembersAValueThatComesAgainForItsFieldOnly() {
        ValueMemory memory = new ValueMemory();
        assertThat(comesAgain(memory, 3, "/usr/bin/git")).isFalse();
        assertThat(comesAgain(memory, 3, "/usr/bin/git")).isTrue();
        memory.set(new int[] {7, 2});
        memory.set(new int[] {7});
        assertThat(memory.remember(ValueMemory.hash(3, "/usr/bin/git"), 3, "/usr/bin/git"))
                .containsExactly(2, 7);
        assertThat(atoms(memory, 3, "/usr/bin/git")).containsExactly(2, 7);
        assertThat(atoms(memory, 4, "/usr/bin/git")).isNull();
        assertThat(atoms(memory, 3, "/usr/bin/gin")).isNull();
        assertThat(memory.remembered()).isEqualTo(1);
        assertThat(memory.read()).isEqualTo(2);
    }

    @Test
    void whatWasToldOfOneValueIsNotSaidOfTheNext() {
        ValueMemory memory = new ValueMemory();
        memory.set(new int[] {1});
        memory.remember(ValueMemory.hash(0, "a"), 0, "a");
        assertThat(memory.remember(ValueMemory.hash(0, "b"), 0, "b")).isEmpty();
        assertThat(atoms(memory, 0, "b")).isEmpty();
    }

    @Test
    void valuesThatComeOnceDoNotPushOutOneThatIsRemembered() {
        ValueMemory memory = new ValueMemory();
        memory.remember(ValueMemory.hash(0, "kept"), 0, "kept");
        for (int i = 0; i < 100_000; i++) {
            assertThat(comesAgain(memory, 0, "once " + i)).isFalse();
        }
        assertThat(atoms(memory, 0, "kept")).isEmpty();
    }

    @Test
    void aLongValueIsNotRemembered() {
        assertThat(ValueMemory.hash(0, "x".repeat(ValueMemory.MAX_LENGTH))).isNotNegative();
        assertThat(ValueMemory.hash(0, "x".repeat(ValueMemory.MAX_LENGTH + 1))).isNegative();
    }
}
