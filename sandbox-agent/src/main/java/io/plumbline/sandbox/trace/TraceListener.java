package io.plumbline.sandbox.trace;

import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.TraceLoss;
import io.plumbline.sandbox.link.SessionOutbox;
import io.plumbline.sandbox.posix.LinePipe;
import io.plumbline.sandbox.posix.SeqpacketConnection;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listens to the trace of one sandbox: one thread only receives and queues, a second one decodes and publishes.
 *
 * <p>Two channels make one sequence: the messages of the trace points and the lines of the sentry's own log, which names what
 * the points do not. Both are written by the sentry before the call that they tell of returns, so that reading them in turns
 * until one has nothing more leaves nothing unread that happened before anything that was read; what was read is then ordered
 * by time stamp. See docs/decisions/008.
 *
 * <p>Its socket is bound before the sandbox is created, so that it cannot start unseen. Loss is published as {@link TraceLoss}, with its
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

    /** Likewise in bytes. */
    private static final int MAX_TURN_BYTES = 4 << 20;

    /**
     * How long the reader leaves the channels alone after a turn. While it waits for them, each message of the sentry wakes it,
     * which costs a workload on few processors more than the message ({@code bench telemetry}). A first message is taken at once.
     */
    private static final Duration GATHERING = Duration.ofNanos(250_000);

    /** Stands in the queue for a datagram that was too long to take; it decodes to nothing and is counted there. */
    private static final byte[] UNREADABLE = {};
    /** Stands, by identity, for a line that was too long to be kept. */
    private static final byte[] TOO_LONG_LINE = {};

    /** How often one turn goes back and forth before its order is by time stamp alone. */
    private static final int MAX_ROUNDS = 64;

    /** The log ends with the sentry; an end of the trace that follows within this time explains it. */
    private static final Duration LOG_END_PATIENCE = Duration.ofSeconds(2);

    /** Lines of a session that cannot be read and stand in the daemon's log; a workload could make any number. */
    private static final int MAX_SHOWN = 3;

    private static final int MAX_SHOWN_BYTES = 400;

    private static final String ENDED_EARLY = "the trace ended before the session did";
    private static final Logger LOG = LoggerFactory.getLogger(TraceListener.class);

    private final TraceSocket socket;
    private final SessionOutbox outbox;
    private final TraceWatch watch;
    private final Optional<LinePipe> log;
    private final Tripwire tripwire;
    private final TraceTranslator translator;
    private final Thread reader;
    private final Thread publisher;
    private final CountDownLatch published = new CountDownLatch(1);

    /** Held while taking from the socket: whoever has it knows that nothing is between the socket and the queue. */
    private final ReentrantLock receiving = new ReentrantLock(true);

    private final ReentrantLock queueLock = new ReentrantLock();
    private final Condition queued = queueLock.newCondition();
    private final Condition taken = queueLock.newCondition();
    private final ArrayDeque<Item> queue = new ArrayDeque<>();
    private long queuedBytes;
    private long turnsRead;
    private long turnsPublished;
    private long steps;
    private long overflowed;
    private long overflowReported;
    private boolean ended;

    private volatile boolean closing;
    private volatile boolean endExpected;
    private volatile String endCause = "";
    private volatile long droppedTotal;
    private final AtomicLong undecodable = new AtomicLong();
    private volatile long failedSearches;
    private volatile boolean firstProcessExited;

    // Each of one thread, for others to see that it goes on.
    private volatile long readerLoops;
    private volatile long entriesPublished;

    // Guarded by receiving.
    private boolean logEnded;
    private long logEndedAt;

    private volatile long messages;
    private volatile long lines;
    private volatile long linesUndecodable;
    private volatile long linesDropped;
    private volatile boolean endedWell;

    /** What the publisher has to do, in the order in which it was read. */
    private sealed interface Item {
        record Message(byte[] bytes, Optional<Tripwire.Hit> hit) implements Item {}

        record Line(byte[] bytes) implements Item {}

        /** Nothing that was read since the one before has a cause that was not read. */
        record TurnEnd() implements Item {}
    }

    private static final Item TURN_END = new Item.TurnEnd();

    /** What was counted, for the end of the session. */
    public record Counts(
            long processesStarted,
            long processesExited,
            long messages,
            long droppedByRuntime,
            long listenerLost,
            long undecodable,
            long lines,
            long linesUndecodable,
            boolean ended) {}

    /**
     * How far the two threads have come. Only growth counts: a thread that has something to do and does not get on hangs.
     *
     * @param reading whether the reader has something to do: as long as the stream is open
     * @param publishing whether something waits to be published
     */
    public record Work(long read, boolean reading, long published, boolean publishing) {}

    /**
     * What a listener reads and whom it tells.
     *
     * @param socket what the sandbox sends to; closed with the listener
     * @param log the sentry's log; empty: the trace points alone. It is closed with the listener
     */
    public record Surroundings(
            TraceSocket socket,
            Optional<LinePipe> log,
            String session,
            SessionOutbox outbox,
            TraceWatch watch,
            Tripwire tripwire,
            BinaryHashes hashes) {}

    private TraceListener(Surroundings surroundings) {
        this.socket = surroundings.socket();
        this.outbox = surroundings.outbox();
        this.watch = surroundings.watch();
        this.log = surroundings.log();
        this.tripwire = surroundings.tripwire();
        this.translator = new TraceTranslator(surroundings.hashes());
        String session = surroundings.session();
        this.reader = Thread.ofPlatform().daemon().name("trace-read-" + session).unstarted(this::read);
        this.publisher =
                Thread.ofPlatform().daemon().name("trace-publish-" + session).unstarted(this::publish);
    }

    /** Listens to the trace points alone. */
    public static TraceListener open(Path socket, String session, SessionOutbox outbox, TraceWatch watch)
            throws IOException {
        return open(new Surroundings(
                TraceSocket.bind(socket), Optional.empty(), session, outbox, watch, Tripwire.NONE, BinaryHashes.NONE));
    }

    public static TraceListener open(Surroundings surroundings) {
        TraceListener listener = new TraceListener(surroundings);
        listener.publisher.start();
        listener.reader.start();
        return listener;
    }

    /** Waits until the sentry has connected and shaken hands. */
    public boolean awaitHandshake(Duration limit) throws InterruptedException {
        return socket.awaitHandshake(limit);
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
            return droppedTotal + undecodable.get() + overflowed + linesUndecodable + linesDropped;
        } finally {
            queueLock.unlock();
        }
    }

    /** What was read so far; final once {@link #awaitEnd} has said so. */
    public Counts counts() {
        queueLock.lock();
        try {
            return new Counts(
                    translator.processesStarted(),
                    translator.processesExited(),
                    messages,
                    droppedTotal,
                    overflowed + linesDropped,
                    undecodable.get(),
                    lines,
                    linesUndecodable,
                    endedWell);
        } finally {
            queueLock.unlock();
        }
    }

    public Work work() {
        queueLock.lock();
        try {
            return new Work(
                    readerLoops + steps, !ended, entriesPublished, !queue.isEmpty() || turnsPublished < turnsRead);
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
        try {
            Optional<SeqpacketConnection> peer = socket.arrived();
            if (peer.isPresent() && !ended()) {
                turn(peer.get());
            }
        } catch (IOException e) {
            return false;
        } finally {
            receiving.unlock();
        }
        queueLock.lock();
        try {
            long target = turnsRead;
            while (turnsPublished < target) {
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
        socket.shutdown();
        join(reader);
        join(publisher);
        if (!reader.isAlive()) {
            socket.close();
            log.ifPresent(LinePipe::close);
        }
    }

    // ------------------------------------------------------------------------------------------------ reader

    private void read() {
        try {
            Optional<SeqpacketConnection> accepted = socket.connection();
            if (accepted.isEmpty()) {
                return;
            }
            SeqpacketConnection peer = accepted.get();
            boolean more = true;
            while (more && !closing) {
                readerLoops = readerLoops + 1;
                LockSupport.parkNanos(GATHERING.toNanos());
                if (!awaitReadable(peer)) {
                    continue;
                }
                receiving.lock();
                try {
                    more = turn(peer);
                } finally {
                    receiving.unlock();
                }
                if (more && logEndedAlone()) {
                    watch.blind("the log of the sandbox's kernel ended before the session did");
                }
            }
            lastLines();
            endCause = ENDED_EARLY;
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

    private boolean awaitReadable(SeqpacketConnection peer) throws IOException {
        boolean withLog;
        receiving.lock();
        try {
            withLog = log.isPresent() && !logEnded;
        } finally {
            receiving.unlock();
        }
        return withLog ? peer.awaitReadable(log.orElseThrow(), 1000) : peer.awaitReadable(1000) || logEndedAlone();
    }

    private boolean logEndedAlone() {
        receiving.lock();
        try {
            return logEnded
                    && System.nanoTime() - logEndedAt > LOG_END_PATIENCE.toNanos()
                    && !endExpected
                    && !firstProcessExited;
        } finally {
            receiving.unlock();
        }
    }

    /** Takes what is waiting on both channels, without waiting; false at the end of the stream. The lock is held. */
    private boolean turn(SeqpacketConnection peer) throws IOException {
        int taken = receive(peer);
        for (int round = 0; readLines() && taken >= 0 && round < MAX_ROUNDS; round++) {
            taken = receive(peer);
            if (taken == 0) {
                break;
            }
        }
        enqueue(TURN_END, 0);
        return taken >= 0;
    }

    /** How many messages were waiting; -1 at the end of the stream. */
    private int receive(SeqpacketConnection peer) throws IOException {
        int bytes = 0;
        for (int i = 0; i < MAX_TURN; i++) {
            if (bytes > MAX_TURN_BYTES) {
                return i;
            }
            switch (peer.receive()) {
                case SeqpacketConnection.Received.Datagram datagram -> {
                    bytes += datagram.bytes().length;
                    enqueue(
                            new Item.Message(datagram.bytes(), tripwire.look(datagram.bytes())),
                            datagram.bytes().length);
                }
                case SeqpacketConnection.Received.Oversized oversized ->
                    enqueue(new Item.Message(UNREADABLE, Optional.empty()), 0);
                case SeqpacketConnection.Received.Nothing nothing -> {
                    return i;
                }
                case SeqpacketConnection.Received.End end -> {
                    return -1;
                }
            }
        }
        return MAX_TURN;
    }

    /** Whether there were any. */
    private boolean readLines() throws IOException {
        if (log.isEmpty() || logEnded) {
            return false;
        }
        boolean[] any = {false};
        Consumer<byte[]> line = bytes -> {
            any[0] = true;
            enqueue(new Item.Line(bytes), bytes.length);
        };
        LinePipe.Turn turn = log.get().read(line, () -> line.accept(TOO_LONG_LINE));
        if (turn == LinePipe.Turn.ENDED) {
            logEnded = true;
            logEndedAt = System.nanoTime();
        }
        return any[0];
    }

    /** The sentry has gone: what it wrote last is still in the pipe. */
    private void lastLines() throws IOException {
        receiving.lock();
        try {
            boolean more = true;
            while (more) {
                more = readLines();
            }
            enqueue(TURN_END, 0);
        } finally {
            receiving.unlock();
        }
    }

    private void enqueue(Item item, int bytes) {
        queueLock.lock();
        try {
            steps++;
            boolean kept = item instanceof Item.TurnEnd
                    || item instanceof Item.Message message && message.hit.isPresent()
                    || awaitRoom(bytes);
            if (!kept) {
                overflowed++;
                return;
            }
            queue.addLast(item);
            queuedBytes += bytes;
            if (item instanceof Item.TurnEnd) {
                turnsRead++;
            }
            if (queue.size() == 1) {
                queued.signal();
            }
        } finally {
            queueLock.unlock();
        }
    }

    /** A full queue holds the sandbox, since nobody reads what it writes, before anything is lost. */
    private boolean awaitRoom(int bytes) {
        long patience = FULL_QUEUE_PATIENCE.toNanos();
        while ((queue.size() >= MAX_QUEUED || queuedBytes + bytes > MAX_QUEUED_BYTES) && patience > 0) {
            try {
                patience = taken.awaitNanos(patience);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                break;
            }
        }
        return queue.size() < MAX_QUEUED && queuedBytes + bytes <= MAX_QUEUED_BYTES;
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
            Turn turn = new Turn();
            Item item = take();
            while (item != null) {
                turn.add(item);
                item = take();
            }
            turn.end();
            reportOverflow();
            endOfStream();
        } catch (RuntimeException | Error e) {
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

    private @Nullable Item take() {
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
            Item item = queue.removeFirst();
            queuedBytes -= switch (item) {
                case Item.Message message -> message.bytes.length;
                case Item.Line line -> line.bytes.length;
                case Item.TurnEnd end -> 0;
            };
            if (queue.size() == MAX_QUEUED / 2) {
                taken.signalAll();
            }
            return item;
        } finally {
            queueLock.unlock();
        }
    }

    /** Both channels of one turn, until their order is known. Used by the publisher alone. */
    private final class Turn {
        private final List<Entry> entries = new ArrayList<>();
        private boolean named;
        private long lastTime;

        void add(Item item) {
            switch (item) {
                case Item.Message message -> entries.add(decoded(message));
                case Item.Line line -> decoded(line);
                case Item.TurnEnd end -> end();
            }
        }

        void end() {
            if (named) {
                // Stable; without a line between them the socket's own order is the better one.
                entries.sort(Comparator.comparingLong(Entry::time));
            }
            entries.forEach(TraceListener.this::publish);
            entries.clear();
            named = false;
            queueLock.lock();
            try {
                turnsPublished++;
                taken.signalAll();
            } finally {
                queueLock.unlock();
            }
        }

        private Entry decoded(Item.Message item) {
            messages = messages + 1;
            try {
                TraceDecoder.Decoded decoded = TraceDecoder.decode(item.bytes);
                reportDrops(widen(decoded.droppedTotal()));
                long time = decoded.message().context().timeNanos();
                lastTime = time == 0 ? lastTime : time;
                return new Entry(lastTime, () -> translator.translate(decoded.message()), item.hit);
            } catch (MalformedTraceException e) {
                LOG.warn("undecodable trace message: {}", e.getMessage());
                return new Entry(
                        lastTime,
                        () -> {
                            publishLoss(1, undecodable.incrementAndGet(), "undecodable");
                            return Optional.empty();
                        },
                        item.hit);
            }
        }

        /** For people who look for its cause; a workload writes into it. */
        private static String beginning(byte[] line) {
            return new String(line, 0, Math.min(line.length, MAX_SHOWN_BYTES), StandardCharsets.US_ASCII)
                    .replaceAll("[^ -~]", "?");
        }

        private void decoded(Item.Line item) {
            lines = lines + 1;
            List<SyscallLog.Line> told = item.bytes == TOO_LONG_LINE
                    ? List.of(new SyscallLog.Line.Unreadable("longer than " + LinePipe.MAX_LINE + " bytes"))
                    : SyscallLog.parse(item.bytes);
            for (SyscallLog.Line part : told) {
                switch (part) {
                    case SyscallLog.Line.Ended ended -> {
                        named = true;
                        entries.add(new Entry(
                                ended.call().timeNanos(), () -> translator.translate(ended.call()), Optional.empty()));
                    }
                    case SyscallLog.Line.Aside aside -> {}
                    case SyscallLog.Line.Dropped dropped -> {
                        linesDropped = linesDropped + dropped.lines();
                        publishLoss(dropped.lines(), linesDropped, "log_dropped");
                    }
                    case SyscallLog.Line.Unreadable unreadable -> {
                        linesUndecodable = linesUndecodable + 1;
                        if (linesUndecodable <= MAX_SHOWN) {
                            LOG.warn(
                                    "undecodable line of the sandbox's kernel: {}: {}",
                                    unreadable.reason(),
                                    beginning(item.bytes));
                        }
                        publishLoss(1, linesUndecodable, "log_undecodable");
                    }
                }
            }
        }
    }

    /** @param event made when its turn has come: the translator has to see everything in order */
    private record Entry(long time, Supplier<Optional<TraceTranslator.Translated>> event, Optional<Tripwire.Hit> hit) {}

    private void publish(Entry entry) {
        Optional<TraceTranslator.Translated> event = entry.event.get();
        failedSearches = translator.failedSearches();
        firstProcessExited = translator.firstProcessExited();
        if (event.isPresent()) {
            Event published = outbox.publish(
                    Channel.EVIDENCE, event.get().timeNanos(), event.get().payload());
            entry.hit.ifPresent(hit -> hit.published(published));
        } else {
            entry.hit.ifPresent(hit -> hit.published(Event.getDefaultInstance()));
        }
        reportOverflow();
        entriesPublished = entriesPublished + 1;
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
        endedWell = (endCause.isEmpty() || endCause.equals(ENDED_EARLY)) && (firstProcessExited || endExpected);
        if (endExpected || firstProcessExited || closing) {
            return;
        }
        // Freeze first: the report may wait for a disk.
        watch.blind(endCause.isEmpty() ? ENDED_EARLY : endCause);
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
