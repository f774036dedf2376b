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

    /** A session that begins needs the processors more than the next one, and so does all that watches it: to boot takes one for a second. */
    private static final Duration QUIET = Duration.ofSeconds(3);

    private static final Duration AFTER_FAILURE = Duration.ofSeconds(30);

    /** What waits has a copy of the host's configuration beside the host's programs as they are: both may have been updated. */
    private static final Duration MAX_AGE = Duration.ofMinutes(10);

    private static final Logger LOG = LoggerFactory.getLogger(WarmPool.class);

    /** Where a sandbox comes from when none waits. */
    private enum Cold {
        /** As it was begun. */
        BEGUN,
        /** As if it had waited: booted, laid to rest and woken. */
        WOKEN
    }

    private final PreparedSandbox.Site site;
    private final int size;
    private final Duration maxAge;
    private final Cold cold;

    // Guarded by this.
    private final Deque<PreparedSandbox> waiting = new ArrayDeque<>();
    private final List<Thread> ending = new ArrayList<>();
    private @Nullable Thread filler;
    private long notBefore = System.nanoTime();
    private boolean closed;

    /** @param size sandboxes to keep waiting once {@link #fill} was called; 0: none */
    WarmPool(PreparedSandbox.Site site, int size) {
        this(site, size, MAX_AGE, Cold.BEGUN);
    }

    /** @param maxAge of a sandbox that is given away */
    WarmPool(PreparedSandbox.Site site, int size, Duration maxAge) {
        this(site, size, maxAge, Cold.BEGUN);
    }

    private WarmPool(PreparedSandbox.Site site, int size, Duration maxAge, Cold cold) {
        this.site = site;
        this.size = size;
        this.maxAge = maxAge;
        this.cold = cold;
    }

    /** Keeps none waiting, and gives away what is as if it had waited: a proof that it works is one of those that wait too. */
    static WarmPool ofWoken(PreparedSandbox.Site site) {
        return new WarmPool(site, 0, MAX_AGE, Cold.WOKEN);
    }

    /** Begins to keep sandboxes waiting. */
    synchronized void fill() {
        if (size > 0 && filler == null) {
            filler = Thread.ofPlatform().daemon().name("warm-pool").start(this::keepFilled);
        }
    }

    /** One that waits, or one that may have still to be booted. The caller's from now on. */
    PreparedSandbox take() throws IOException, SandboxException, InterruptedException {
        PreparedSandbox taken;
        synchronized (this) {
            notBefore = System.nanoTime() + QUIET.toNanos();
            taken = waiting.pollFirst();
        }
        if (taken != null && usable(taken) && taken.wake()) {
            return taken;
        }
        if (taken != null) {
            discard(taken);
        }
        return switch (cold) {
            case BEGUN -> PreparedSandbox.begin(site);
            case WOKEN -> woken();
        };
    }

    private PreparedSandbox woken() throws IOException, SandboxException, InterruptedException {
        PreparedSandbox made = PreparedSandbox.begin(site);
        boolean woken = false;
        try {
            made.boot();
            made.rest();
            woken = made.wake();
        } finally {
            if (!woken) {
                made.close();
            }
        }
        if (!woken) {
            throw new SandboxException("the sandbox's kernel could not be woken");
        }
        return made;
    }

    private boolean usable(PreparedSandbox sandbox) {
        return sandbox.usable() && sandbox.age().compareTo(maxAge) <= 0;
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
            if (!usable(next)) {
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
        } catch (Throwable e) {
            // Whatever it is, such as no further thread to be had: what runs must not be left behind, and the pool goes
            // on.
            synchronized (this) {
                notBefore = System.nanoTime() + AFTER_FAILURE.toNanos();
            }
            if (made != null) {
                made.close();
            }
            if (e instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            LOG.warn("no sandbox could be prepared; sessions wait for their own: {}", e.getMessage());
            return;
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
