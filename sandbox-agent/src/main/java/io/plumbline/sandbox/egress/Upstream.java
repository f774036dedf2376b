package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/** The far side of an allowed connection: counts, holds and stops what goes there. */
final class Upstream implements AutoCloseable {
    private final EgressSession session;
    private final Questions questions;
    private final Attempt attempt;
    private final Admission admission;
    private final InetAddress address;
    private final String verdict;
    private final Duplex duplex;
    private final Wire wire;
    private final LongAdder out = new LongAdder();
    private final LongAdder in = new LongAdder();

    /** Bytes that the last answer still covers; used by the sending thread alone. */
    private long covered;

    private volatile EgressRule rule;
    private volatile @Nullable Denial failure;

    Upstream(
            EgressSession session,
            Questions questions,
            Attempt attempt,
            Admission admission,
            EgressRule rule,
            Duplex duplex,
            InetAddress address,
            String verdict) {
        this.session = session;
        this.questions = questions;
        this.attempt = attempt;
        this.admission = admission;
        this.rule = rule;
        this.duplex = duplex;
        this.wire = new Wire(duplex);
        this.address = address;
        this.verdict = verdict;
        this.covered = session.policy().getUploadHoldBytes();
        session.open().add(duplex);
        session.upstreams().add(this);
    }

    Wire wire() {
        return wire;
    }

    EgressRule rule() {
        return rule;
    }

    /** Sends bytes that nobody was asked about yet; waits for the platform where the policy says so. */
    void send(ByteBuffer bytes) throws IOException, InterruptedException, Denial {
        int length = bytes.remaining();
        if (session.policy().hasUploadHoldBytes() && covered < length) {
            // These bytes are in hand: what the session did before it wrote them is in the log before the question.
            questions.askAgain(attempt, out.sum());
            covered = Math.max(session.policy().getUploadHoldBytes(), length);
        }
        covered -= length;
        sendAnswered(bytes);
    }

    /** Sends bytes that were in hand when the platform answered. */
    void sendAnswered(ByteBuffer bytes) throws IOException, InterruptedException, Denial {
        int length = bytes.remaining();
        session.budgets().takeOut(rule, attempt.host(), length);
        write(duplex, bytes);
        out.add(length);
        session.bytesOut().add(length);
    }

    /** Passes bytes of the destination on. */
    void deliver(ByteBuffer bytes, Duplex client) throws IOException, InterruptedException, Denial {
        int length = bytes.remaining();
        session.budgets().takeIn(length);
        write(client, bytes);
        in.add(length);
        session.bytesIn().add(length);
    }

    void endOutput() throws IOException {
        duplex.endOutput();
    }

    /** Cuts the connection when the rules in force do not allow it; what it sends from now on counts under them otherwise. */
    synchronized void revised() {
        try {
            EgressRule now = admission.under(session.rules());
            if (!PublicAddresses.allows(address, now.getAllowPrivate())) {
                throw new Denial(EgressReason.ADDRESS_NOT_ALLOWED);
            }
            rule = now;
        } catch (Denial denial) {
            fail(new Denial(EgressReason.POLICY_REVISED, "", denial.reason().word()));
        }
    }

    /** Records why the connection is cut, once, and cuts it. */
    void fail(Denial denial) {
        synchronized (this) {
            if (failure != null) {
                return;
            }
            failure = denial;
        }
        session.journal().denied(attempt, denial);
        EgressSession.closeQuietly(duplex);
    }

    Optional<Denial> failure() {
        return Optional.ofNullable(failure);
    }

    @Override
    public void close() {
        session.upstreams().remove(this);
        session.open().remove(duplex);
        EgressSession.closeQuietly(duplex);
        session.journal().closed(attempt, address.getHostAddress(), verdict, out.sum(), in.sum());
    }

    /** Cuts the connection without a word. */
    void cut() {
        EgressSession.closeQuietly(duplex);
    }

    private void write(Duplex to, ByteBuffer bytes) throws IOException, InterruptedException {
        while (bytes.hasRemaining()) {
            if (!session.passage().awaitOpen()) {
                throw new IOException("the session is over");
            }
            to.write(bytes);
        }
    }
}
