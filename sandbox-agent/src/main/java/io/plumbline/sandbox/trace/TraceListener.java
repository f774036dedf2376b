package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.posix.SeqpacketConnection;
import io.plumbline.sandbox.posix.SeqpacketServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to the trace of one sandbox: one thread only receives and queues, a second one decodes and publishes.
 *
 * <p>Bound before the sandbox is created, so that it cannot start unseen. Loss is published as {@link TraceLoss}, with its
 * cause; the end of the stream before the sandbox's first process has ended makes the session blind.
 */
public final class TraceListener implements TraceBarrier, AutoCloseable {
    /** Most messages waiting to be published. */
    private static final int MAX_QUEUED = 100_000;

    /** Most bytes waiting to be published. */
    private static final long MAX_QUEUED_BYTES = 64L << 20;

    /** How long a full queue holds the reader, and with it the sandbox, before it counts messages as lost. */
    private static final Duration FULL_QUEUE_PATIENCE = Duration.ofMillis(500);

    /** More than any socket buffer of the kernel holds: after as many, what was queued at the start has been taken. */
    private static final int MAX_TURN = 4096;

    /** Stands in the queue for a datagram that was too long to take; it decodes to nothing and is counted there. */
    private static final byte[] UNREADABLE = {};

    private static final byte[] HANDSHAKE = {0x08, 0x01};
    private static final Logger LOG = LoggerFactory.getLogger(TraceListener.class);

    private final SeqpacketServer server;
    private final SessionOutbox outbox;
    private final TraceWatch watch;
    private final TraceTranslator translator = new TraceTranslator();
    private final Thread reader;
    private final Thread publisher;
    private final CountDownLatch handshaken = new CountDownLatch(1);
    private final CountDownLatch published = new CountDownLatch(1);

    /** Held while taking from the socket: whoever has it knows that nothing is between the socket and the queue. */
    private final ReentrantLock receiving = new ReentrantLock(true);

    private final ReentrantLock queueLock = new ReentrantLock();
    private final Condition queued = queueLock.newCondition();
    private final Condition taken = queueLock.newCondition();
    private final ArrayDeque<byte[]> queue = new ArrayDeque<>();
    private long queuedBytes;
    private long enqueuedTotal;
    private long publishedTotal;
    private long overflowed;
    private long overflowReported;
    private boolean ended;

    private volatile @Nullable SeqpacketConnection connection;
    private volatile boolean closing;
    private volatile boolean endExpected;
    private volatile String endCause = "";
    private volatile long droppedTotal;
    private final AtomicLong undecodable = new AtomicLong();
    private volatile long failedSearches;
    private volatile boolean firstProcessExited;

    private TraceListener(SeqpacketServer server, String session, SessionOutbox outbox, TraceWatch watch) {
        this.server = server;
        this.outbox = outbox;
        this.watch = watch;
        this.reader = Thread.ofPlatform().daemon().name("trace-read-" + session).unstarted(this::read);
        this.publisher =
                Thread.ofPlatform().daemon().name("trace-publish-" + session).unstarted(this::publish);
    }

    /** @param socket bound at once; at most 107 bytes */
    public static TraceListener open(Path socket, String session, SessionOutbox outbox, TraceWatch watch)
            throws IOException {
        TraceListener listener = new TraceListener(SeqpacketServer.bind(socket), session, outbox, watch);
        listener.publisher.start();
        listener.reader.start();
        return listener;
    }

    /** Waits until the sentry has connected and shaken hands. */
    public boolean awaitHandshake(Duration limit) throws InterruptedException {
        return handshaken.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** The sandbox is about to be ended by its host: the end of the stream is no loss from now on. */
    public void expectEnd() {
        endExpected = true;
    }

    /** Waits until the stream has ended and everything of it is published. */
    public boolean awaitEnd(Duration limit) throws InterruptedException {
        return published.await(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Messages lost so far: dropped by the runtime, undecodable, or more than the queue could hold. */
    public long lostTotal() {
        queueLock.lock();
        try {
            return droppedTotal + undecodable.get() + overflowed;
        } finally {
            queueLock.unlock();
        }
    }

    /** Failed opens in system folders that were not published, only counted. */
    public long failedSearches() {
        return failedSearches;
    }

    public boolean firstProcessExited() {
        return firstProcessExited;
    }

    /** The runtime's own count of dropped messages, asked for out of band; a growth is published as loss. */
    public void runtimeDropped(long total) {
        reportDrops(total);
    }

    @Override
    public boolean awaitDrained(Duration limit) throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        if (!receiving.tryLock(limit.toNanos(), TimeUnit.NANOSECONDS)) {
            return false;
        }
        long target;
        try {
            SeqpacketConnection peer = connection;
            if (peer != null && !ended()) {
                receiveTurn(peer);
            }
        } catch (IOException e) {
            return false;
        } finally {
            receiving.unlock();
        }
        queueLock.lock();
        try {
            target = enqueuedTotal;
            while (publishedTotal < target) {
                long left = deadline - System.nanoTime();
                if (left <= 0 || published.getCount() == 0) {
                    return false;
                }
                taken.awaitNanos(left);
            }
            return true;
        } finally {
            queueLock.unlock();
        }
    }

    /** Ends both threads; what was received is published first. */
    @Override
    public void close() {
        endExpected = true;
        closing = true;
        SeqpacketConnection peer = connection;
        if (peer != null) {
            peer.shutdown();
        }
        join(reader);
        join(publisher);
        if (peer != null && !reader.isAlive()) {
            peer.close();
        }
        server.close();
    }

    // ------------------------------------------------------------------------------------------------ reader

    private void read() {
        try {
            SeqpacketConnection peer = accept();
            if (peer == null) {
                return;
            }
            boolean more = true;
            while (more && !closing) {
                if (!peer.awaitReadable(1000)) {
                    continue;
                }
                receiving.lock();
                try {
                    more = receiveTurn(peer);
                } finally {
                    receiving.unlock();
                }
            }
            endCause = "the trace ended before the session did";
        } catch (IOException | RuntimeException e) {
            LOG.error("trace reader ends", e);
            endCause = "the trace listener failed: " + e.getMessage();
        } finally {
            queueLock.lock();
            try {
                ended = true;
                queued.signalAll();
            } finally {
                queueLock.unlock();
            }
        }
    }

    private @Nullable SeqpacketConnection accept() throws IOException {
        Optional<SeqpacketConnection> peer = Optional.empty();
        while (peer.isEmpty()) {
            if (closing) {
                return null;
            }
            peer = server.accept(Duration.ofMillis(100));
        }
        SeqpacketConnection accepted = peer.get();
        connection = accepted;
        byte[] hello = accepted.receive(Duration.ofSeconds(5)).orElse(new byte[0]);
        if (hello.length < 2 || hello[0] != 0x08 || hello[1] < 1) {
            throw new IOException("no handshake of the trace protocol, version 1 or later");
        }
        accepted.send(HANDSHAKE);
        handshaken.countDown();
        return accepted;
    }

    /** Takes what is waiting, without waiting; false at the end of the stream. The lock is held. */
    private boolean receiveTurn(SeqpacketConnection peer) throws IOException {
        for (int i = 0; i < MAX_TURN; i++) {
            switch (peer.receive()) {
                case SeqpacketConnection.Received.Datagram datagram -> enqueue(datagram.bytes());
                case SeqpacketConnection.Received.Oversized oversized -> enqueue(UNREADABLE);
                case SeqpacketConnection.Received.Nothing nothing -> {
                    return true;
                }
                case SeqpacketConnection.Received.End end -> {
                    return false;
                }
            }
        }
        return true;
    }

    private void enqueue(byte[] datagram) {
        queueLock.lock();
        try {
            long patience = FULL_QUEUE_PATIENCE.toNanos();
            while ((queue.size() >= MAX_QUEUED || queuedBytes + datagram.length > MAX_QUEUED_BYTES) && patience > 0) {
                try {
                    patience = taken.awaitNanos(patience);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    break;
                }
            }
            if (queue.size() >= MAX_QUEUED || queuedBytes + datagram.length > MAX_QUEUED_BYTES) {
                overflowed++;
                return;
            }
            queue.addLast(datagram);
            queuedBytes += datagram.length;
            enqueuedTotal++;
            if (queue.size() == 1) {
                queued.signal();
            }
        } finally {
            queueLock.unlock();
        }
    }

    private boolean ended() {
        queueLock.lock();
        try {
            return ended;
        } finally {
            queueLock.unlock();
        }
    }

    // --------------------------------------------------------------------------------------------- publisher

    private void publish() {
        try {
            byte[] datagram = take();
            while (datagram != null) {
                publish(datagram);
                datagram = take();
            }
            reportOverflow();
            endOfStream();
        } catch (RuntimeException e) {
            LOG.error("trace publisher ends", e);
            watch.blind("the trace could not be published: " + e.getMessage());
        } finally {
            published.countDown();
            queueLock.lock();
            try {
                taken.signalAll();
            } finally {
                queueLock.unlock();
            }
        }
    }

    private byte @Nullable [] take() {
        queueLock.lock();
        try {
            while (queue.isEmpty()) {
                if (ended) {
                    return null;
                }
                try {
                    queued.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return null;
                }
            }
            byte[] datagram = queue.removeFirst();
            queuedBytes -= datagram.length;
            return datagram;
        } finally {
            queueLock.unlock();
        }
    }

    private void publish(byte[] datagram) {
        try {
            TraceDecoder.Decoded decoded = TraceDecoder.decode(datagram);
            reportDrops(widen(decoded.droppedTotal()));
            Optional<TraceTranslator.Translated> event = translator.translate(decoded.message());
            failedSearches = translator.failedSearches();
            firstProcessExited = translator.firstProcessExited();
            if (event.isPresent()) {
                outbox.publish(
                        Channel.EVIDENCE, event.get().timeNanos(), event.get().payload());
            }
        } catch (MalformedTraceException e) {
            long total = undecodable.incrementAndGet();
            LOG.warn("undecodable trace message: {}", e.getMessage());
            publishLoss(1, total, "undecodable");
        }
        reportOverflow();
        queueLock.lock();
        try {
            publishedTotal++;
            taken.signalAll();
        } finally {
            queueLock.unlock();
        }
    }

    /** The header's counter has 32 bits and wraps. */
    private long widen(long low) {
        long known = droppedTotal;
        long candidate = (known & ~0xffffffffL) | low;
        return candidate < known && known - candidate > 1L << 31 ? candidate + (1L << 32) : candidate;
    }

    private synchronized void reportDrops(long total) {
        long grown = total - droppedTotal;
        if (grown > 0) {
            droppedTotal = total;
            publishLoss(grown, total, "dropped_by_runtime");
        }
    }

    private void reportOverflow() {
        long total;
        long grown;
        queueLock.lock();
        try {
            total = overflowed;
            grown = overflowed - overflowReported;
            overflowReported = overflowed;
        } finally {
            queueLock.unlock();
        }
        if (grown > 0) {
            publishLoss(grown, total, "listener_lost");
        }
    }

    private void endOfStream() {
        if (endExpected || firstProcessExited || closing) {
            return;
        }
        // Freeze first: the report may wait for a disk.
        watch.blind(endCause.isEmpty() ? "the trace ended before the session did" : endCause);
        publishLoss(0, lostTotal(), "listener_lost");
    }

    private void publishLoss(long dropped, long total, String cause) {
        Instant now = Instant.now();
        outbox.publish(
                Channel.EVIDENCE,
                now.getEpochSecond() * 1_000_000_000L + now.getNano(),
                Event.newBuilder()
                        .setTraceLoss(TraceLoss.newBuilder()
                                .setDropped(dropped)
                                .setDroppedTotal(total)
                                .setCause(cause)));
    }

    private static void join(Thread thread) {
        try {
            thread.join(Duration.ofSeconds(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
