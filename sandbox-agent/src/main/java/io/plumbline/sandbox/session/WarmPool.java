package io.plumbline.sandbox.session;

import io.plumbline.sandbox.runtime.SandboxException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sandboxes that wait for a session, so that it need not wait for a kernel to boot; until then they take memory and no processor. Each is
 * given away once. What does not become
 * ready costs a session time, never safety: it then gets a sandbox that is booted for it.
 */
final class WarmPool implements AutoCloseable {
    /** Longest time between two looks at what waits. */
    private static final Duration LOOK = Duration.ofSeconds(1);

    /** A session that begins needs the processors more than the next one. */
    private static final Duration QUIET = Duration.ofMillis(500);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);
    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    private final PreparedSandbox.Site site;
    private final int size;

    // Guarded by this.
    private final Deque<PreparedSandbox> waiting = new ArrayDeque<>();
    private final List<Thread> ending = new ArrayList<>();
    private @Nullable Thread filler;
    private long notBefore = System.nanoTime();
    private boolean closed;

    /** @param size sandboxes to keep waiting once {@link #fill} was called; 0: none */
    WarmPool(PreparedSandbox.Site site, int size) {
        this.site = site;
        this.size = size;
    }

    /** Begins to keep sandboxes waiting. */
    synchronized void fill() {
        if (size > 0 && filler == null) {
            filler = Thread.ofPlatform().daemon().name("warm-pool").start(this::keepFilled);
        }
    }

    /** One that waits, or one that has still to be booted. The caller's from now on. */
    PreparedSandbox take() throws IOException {
        PreparedSandbox taken;
        synchronized (this) {
            notBefore = System.nanoTime() + QUIET.toNanos();
            taken = waiting.pollFirst();
        }
        if (taken != null && taken.usable()) {
            taken.wake();
            return taken;
        }
        if (taken != null) {
            discard(taken);
        }
        return PreparedSandbox.begin(site);
    }

    /** How many wait. */
    synchronized int waiting() {
        return waiting.size();
    }

    private void keepFilled() {
        try {
            while (awaitTurn()) {
                removeDead().forEach(this::discard);
                if (due()) {
                    add();
                }
            }
        } catch (InterruptedException e) {
            // The host stops.
        }
    }

    /** False when the pool is closed. */
    private synchronized boolean awaitTurn() throws InterruptedException {
        if (!closed) {
            long quiet = (notBefore - System.nanoTime()) / 1_000_000;
            boolean soon = waiting.size() < size && quiet < LOOK.toMillis();
            // A wake-up before its time costs a look too many.
            wait(soon ? Math.max(1, quiet) : LOOK.toMillis());
        }
        return !closed;
    }

    private synchronized boolean due() {
        return waiting.size() < size && System.nanoTime() - notBefore >= 0;
    }

    private synchronized List<PreparedSandbox> removeDead() {
        List<PreparedSandbox> dead = new ArrayList<>();
        for (Iterator<PreparedSandbox> each = waiting.iterator(); each.hasNext(); ) {
            PreparedSandbox next = each.next();
            if (!next.usable()) {
                each.remove();
                dead.add(next);
            }
        }
        return dead;
    }

    private void add() throws InterruptedException {
        PreparedSandbox made = null;
        try {
            made = PreparedSandbox.begin(site);
            made.boot();
            made.rest();
        } catch (IOException | SandboxException | RuntimeException e) {
            LOG.warn("no sandbox could be prepared; sessions wait for their own: {}", e.getMessage());
            synchronized (this) {
                notBefore = System.nanoTime() + AFTER_FAILURE.toNanos();
            }
            if (made != null) {
                made.close();
            }
            return;
        } catch (InterruptedException e) {
            if (made != null) {
                made.close();
            }
            throw e;
        }
        synchronized (this) {
            if (!closed) {
                waiting.addLast(made);
                return;
            }
        }
        made.close();
    }

    private synchronized void discard(PreparedSandbox sandbox) {
        ending.removeIf(thread -> !thread.isAlive());
        ending.add(Thread.ofPlatform().daemon().name("warm-pool-discard").start(sandbox::close));
    }

    /** Ends what waits, and what it is ending already. What was given away is not the pool's any more. */
    @Override
    public void close() {
        Thread filling;
        synchronized (this) {
            closed = true;
            notifyAll();
            filling = filler;
        }
        try {
            if (filling != null) {
                filling.join();
            }
            // Each may wait for the host's init: together, not one after the other.
            for (Thread thread : discardWaiting()) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized List<Thread> discardWaiting() {
        waiting.forEach(this::discard);
        waiting.clear();
        return List.copyOf(ending);
    }
}
