package io.plumbline.sandbox.session;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * What is on its way to a workload's standard input. Whoever offers may have {@value #WINDOW} bytes under way and learns of
 * those that were taken; so nothing here ever waits for a workload that does not read, except one thread of this object.
 */
final class WorkloadInput {
    /** Most bytes that are offered and not yet taken. */
    static final int WINDOW = 256 * 1024;

    private final IntConsumer taken;

    // Guarded by this.
    private final Deque<byte[]> waiting = new ArrayDeque<>();
    private int bytes;
    private boolean ended;
    private boolean closed;

    /** The workload's end. */
    interface Sink {
        /** May block; false or an exception when nobody reads any more. */
        boolean write(byte[] bytes) throws IOException;

        void end() throws IOException;
    }

    /** @param taken learns how many bytes were taken each time */
    WorkloadInput(IntConsumer taken) {
        this.taken = taken;
    }

    /** @throws IllegalArgumentException when more is under way than the window holds; nothing is kept of it then */
    synchronized void offer(byte[] more) {
        if (more.length == 0) {
            throw new IllegalArgumentException("input: an empty piece (expected: at least one byte, or the end)");
        }
        if (more.length > WINDOW - bytes) {
            throw new IllegalArgumentException(
                    "input: " + ((long) bytes + more.length) + " bytes under way (expected: <= " + WINDOW + ")");
        }
        if (!ended && !closed) {
            bytes += more.length;
            waiting.add(more);
            notifyAll();
        }
    }

    /** Nothing more will be offered. */
    synchronized void end() {
        ended = true;
        notifyAll();
    }

    /** From here on what was offered is passed on. */
    synchronized void attach(Sink target) {
        if (!closed) {
            Thread.ofPlatform().daemon().name("input").start(() -> pump(target));
        }
    }

    /** A workload that has closed its input does not hold up whoever offers: the rest goes nowhere. */
    private void pump(Sink target) {
        boolean reads = true;
        try {
            for (byte[] next = next(); next != null; next = next()) {
                try {
                    reads = reads && target.write(next);
                } catch (IOException e) {
                    reads = false;
                }
                synchronized (this) {
                    bytes -= next.length;
                }
                taken.accept(next.length);
            }
            target.end();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // It has ended already.
        }
    }

    private synchronized byte @Nullable [] next() throws InterruptedException {
        while (waiting.isEmpty() && !ended && !closed) {
            wait();
        }
        return closed ? null : waiting.poll();
    }

    /** What is still under way is lost. */
    synchronized void close() {
        closed = true;
        waiting.clear();
        notifyAll();
    }
}
