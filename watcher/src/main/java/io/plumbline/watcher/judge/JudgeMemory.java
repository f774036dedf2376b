package io.plumbline.watcher.judge;

import java.util.function.Function;
import java.util.function.Supplier;

/** What judges remember of one session. It is stored with the session's state, so that a restart forgets nothing. */
public interface JudgeMemory {
    /**
     * What a judge of this version remembers, to be changed in place. A judge of the same kind (the first word of the version) and of
     * another version begins anew.
     *
     * @param version see {@link Judge#version}
     * @param fresh when there is nothing yet
     * @param read from what {@code write} wrote; throws {@link IllegalArgumentException} for what it cannot read, and begins anew then
     * @param write equal values give equal bytes
     */
    <T> T of(String version, Supplier<T> fresh, Function<byte[], T> read, Function<T, byte[]> write);
}
