package io.plumbline.sandbox.trace;

/** Where the digest of an executed binary comes from: the sentry does not compute it. Never waits for a disk. */
@FunctionalInterface
public interface BinaryHashes {
    /** A source that knows none. */
    BinaryHashes NONE = binary -> new Digest.Missing("");

    /** An answer. */
    sealed interface Digest {
        /** 64 lower-case hex digits. */
        record Known(String sha256) implements Digest {}

        /** @param reason one of the words of {@code ProcessStarted.unhashed} */
        record Missing(String reason) implements Digest {}
    }

    /** @param binary absolute path inside the sandbox */
    Digest of(String binary);
}
