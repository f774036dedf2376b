package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** How much the session may send and receive. What would cross a limit is not taken from it, and must not pass. */
final class Budgets {
    private static final double NANOS_PER_SECOND = 1e9;

    /** The rate is an average over as many seconds: an upload of a few files is no flood. */
    private static final int RATE_SECONDS = 10;

    private final Supplier<TaskPolicy> policy;
    private final LongSupplier nanos;
    /** By host and port as a rule writes them: who edits a rule gets back nothing of what was sent under it. */
    private final Map<String, Long> outByDestination = new HashMap<>();

    private long out;
    private long in;
    private double credit;
    private long creditedAt;

    /**
     * @param policy in force now; what was used before counts
     * @param nanos a clock that only goes forward
     */
    Budgets(Supplier<TaskPolicy> policy, LongSupplier nanos) {
        this.policy = policy;
        this.nanos = nanos;
        this.credit = (double) policy.get().getEgressRateBytes() * RATE_SECONDS;
        this.creditedAt = nanos.getAsLong();
    }

    synchronized void takeOut(EgressRule rule, int bytes) throws Denial {
        String destination = rule.getHost() + ":" + rule.getPort();
        long before = outByDestination.getOrDefault(destination, 0L);
        if (out + bytes > limit(policy.get().getEgressBytes()) || before + bytes > limit(rule.getMaxOutBytes())) {
            throw new Denial(EgressReason.EGRESS_BUDGET);
        }
        long rate = policy.get().getEgressRateBytes();
        if (rate > 0) {
            long now = nanos.getAsLong();
            credit = Math.min((double) rate * RATE_SECONDS, credit + (now - creditedAt) / NANOS_PER_SECOND * rate);
            creditedAt = now;
            if (credit < bytes) {
                throw new Denial(EgressReason.EGRESS_RATE);
            }
            credit -= bytes;
        }
        out += bytes;
        outByDestination.put(destination, before + bytes);
    }

    synchronized void takeIn(int bytes) throws Denial {
        if (in + bytes > limit(policy.get().getIngressBytes())) {
            throw new Denial(EgressReason.INGRESS_BUDGET);
        }
        in += bytes;
    }

    private static long limit(long bytes) {
        return bytes == 0 ? Long.MAX_VALUE : bytes;
    }
}
