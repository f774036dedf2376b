package io.plumbline.watcher.judge;

import java.util.function.Function;
import java.util.function.Supplier;

/** What judges remember of one session. It is stored with the session's state, so that a restart forgets nothing. */
public interface JudgeMemory {
    /**
     * What judges of this kind remember, to be changed in place. The next version of a judge finds what the one before left, and keeps of
     * it what still means the same.
     *
     * @param kind the first word of {@link Judge#version}
     * @param fresh when there is nothing yet
     * @param read from what {@code write} wrote; throws {@link IllegalArgumentException} for what it cannot read, which is counted, and
     *     begins anew then
     * @param write equal values give equal bytes
     */
    <T> T of(String kind, Supplier<T> fresh, Function<byte[], T> read, Function<T, byte[]> write);
}
