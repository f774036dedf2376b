package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressAnswered;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Connections that wait for the platform's answer. An answer may overtake its registration and is remembered then. */
final class HeldConnections {
    private static final int MAX_EARLY = 1024;

    /** @param verdict id of the verdict that carried it */
    record Answer(String verdict, EgressAnswered answer) {}

    private final Map<String, CompletableFuture<Answer>> held = new HashMap<>();
    private final LinkedHashMap<String, Answer> early = new LinkedHashMap<>();

    /** @param cause id of the EgressRequested event */
    synchronized CompletableFuture<Answer> hold(String cause) {
        CompletableFuture<Answer> future = new CompletableFuture<>();
        Answer answer = early.remove(cause);
        if (answer != null) {
            future.complete(answer);
        } else {
            held.put(cause, future);
        }
        return future;
    }

    synchronized void release(String cause) {
        held.remove(cause);
    }

    void answered(String verdict, EgressAnswered answered) {
        Answer answer = new Answer(verdict, answered);
        CompletableFuture<Answer> waiting;
        synchronized (this) {
            waiting = held.remove(answered.getCause());
            if (waiting == null) {
                early.put(answered.getCause(), answer);
                if (early.size() > MAX_EARLY) {
                    early.pollFirstEntry();
                }
                return;
            }
        }
        waiting.complete(answer);
    }
}
