package io.plumbline.console;

import io.plumbline.console.demo.DemoIndex;
import io.plumbline.console.demo.DemoSession;
import io.plumbline.console.log.EventLog;
import io.plumbline.console.orders.OrderLog;
import io.plumbline.events.EventIds;
import io.plumbline.events.Topics;
import io.plumbline.events.evidence.BundleWriter;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.RuntimeState;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;

/** A log that shows orders in the search copy as the index job would, and plays the host when a test says so. */
final class RecordedLog implements OrderLog, EventLog {
    private final DemoIndex index;
    private final List<Event> orders = new CopyOnWriteArrayList<>();
    private final List<Event> held = new CopyOnWriteArrayList<>();
    private final List<Event> signIns = new CopyOnWriteArrayList<>();
    private final Semaphore gate = new Semaphore(1);
    private final AtomicInteger reading = new AtomicInteger();
    private boolean holding;
    private volatile String forged = "";

    RecordedLog(DemoIndex index) {
        this.index = index;
    }

    @Override
    public void append(Event order) throws OrderLogException {
        if (order.hasSignInRecorded()) {
            // Written beside everything else; tests count orders.
            signIns.add(order);
            write(order);
            return;
        }
        orders.add(order);
        synchronized (held) {
            if (holding) {
                held.add(order);
                return;
            }
        }
        write(order);
    }

    /** From now on orders are in the log and no job reads it. */
    void hold() {
        synchronized (held) {
            holding = true;
        }
    }

    /** What no job has read is never read. */
    void lose() {
        synchronized (held) {
            holding = false;
            held.clear();
        }
    }

    /** The job reads what it was kept from, the newest order first: the log had it before the others. */
    void releaseNewestFirst(int number) throws OrderLogException {
        Awaitility.await().until(() -> held.size() == number);
        List<Event> waiting;
        synchronized (held) {
            holding = false;
            waiting = List.copyOf(held).reversed();
            held.clear();
        }
        for (Event order : waiting) {
            write(order);
        }
    }

    @Override
    public List<Event> telemetry(String session) {
        return index.telemetry(session);
    }

    @Override
    public Optional<Event> order(String id) {
        return orders.stream().filter(order -> order.getId().equals(id)).findFirst();
    }

    /** What the search copy was filled from, and what people ordered, as a log would hold it. */
    @Override
    public void stored(String topic, String session, BundleWriter.Sink sink) throws IOException {
        reading.incrementAndGet();
        try {
            gate.acquire();
            gate.release();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            reading.decrementAndGet();
        }
        List<Event> events =
                switch (topic) {
                    case Topics.TELEMETRY -> index.telemetry(session);
                    case Topics.CONTROL ->
                        orders.stream()
                                .filter(order -> order.getSession().equals(session))
                                .toList();
                    default -> index.verdicts(session);
                };
        long offset = 0;
        for (Event event : events) {
            Event told = event.getId().equals(forged)
                    ? event.toBuilder()
                            .setObservedTimeNs(event.getObservedTimeNs() + 1)
                            .build()
                    : event;
            if (!sink.add(0, offset++, told.toByteArray())) {
                return;
            }
        }
    }

    /** From now on somebody has changed an event in the log; an empty id: nobody has. */
    void forge(String event) {
        forged = event;
    }

    /** The log answers nobody until the result is run. */
    Runnable silence() throws InterruptedException {
        gate.acquire();
        return gate::release;
    }

    /** Who reads stored records now. */
    int readers() {
        return reading.get();
    }

    List<Event> orders() {
        return List.copyOf(orders);
    }

    List<Event> signIns() {
        return List.copyOf(signIns);
    }

    /** The runtime confirms a state of the demo session. */
    void confirm(RuntimeState.State state) throws OrderLogException {
        long now = System.currentTimeMillis() * 1_000_000L;
        write(EventIds.withId(Event.newBuilder()
                .setTenant(DemoSession.TENANT)
                .setSession(DemoSession.SESSION)
                .setHost("host-3")
                .setChannel(Channel.EVIDENCE)
                .setEventTimeNs(now)
                .setObservedTimeNs(now)
                .setRuntimeState(RuntimeState.newBuilder().setState(state).setRuntime("gVisor systrap"))));
    }

    private void write(Event event) throws OrderLogException {
        try {
            index.write(List.of(event));
        } catch (IOException e) {
            throw new OrderLogException("the search copy of the test does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new OrderLogException("interrupted", e);
        }
    }
}
