package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/** How much the session may send and receive. What would cross a limit is not taken from it, and must not pass. */
final class Budgets {
    private static final double NANOS_PER_SECOND = 1e9;

    /** The rate is an average over as many seconds: an upload of a few files is no flood. */
    private static final int RATE_SECONDS = 10;

    private final Supplier<TaskPolicy> policy;
    private final LongSupplier nanos;
    /** Destinations whose bytes are told apart; those of more are counted for the rule that let them go. */
    private static final int DESTINATIONS = 1_000;

    /** By destination, and by host and port as the rule wrote them that let it go. */
    private final Map<String, Map<String, Long>> sent = new HashMap<>();

    private long out;
    private long in;
    private final Rate sending;
    private final Rate receiving;

    /**
     * @param policy in force now; what was used before counts
     * @param nanos a clock that only goes forward
     */
    Budgets(Supplier<TaskPolicy> policy, LongSupplier nanos) {
        this.policy = policy;
        this.nanos = nanos;
        this.sending = new Rate(policy.get().getEgressRateBytes());
        this.receiving = new Rate(policy.get().getIngressRateBytes());
    }

    /**
     * Takes what is sent to a host by a rule.
     *
     * @param host as it was asked for; the port is the rule's
     */
    synchronized void takeOut(EgressRule rule, String host, int bytes) throws Denial {
        long before = rule.getMaxOutBytes() == 0 ? 0 : sentBy(rule);
        if (out + bytes > limit(policy.get().getEgressBytes()) || before + bytes > limit(rule.getMaxOutBytes())) {
            throw new Denial(EgressReason.EGRESS_BUDGET);
        }
        if (!sending.takes(policy.get().getEgressRateBytes(), bytes)) {
            throw new Denial(EgressReason.EGRESS_RATE);
        }
        out += bytes;
        String destination = name(host, rule.getPort());
        String kept = sent.containsKey(destination) || sent.size() < DESTINATIONS ? destination : name(rule);
        sent.computeIfAbsent(kept, any -> new HashMap<>()).merge(name(rule), (long) bytes, Long::sum);
    }

    /**
     * What has gone to the hosts of a rule by it, or by a rule that is in force no more: who edits a rule, or puts a pattern in a host's
     * place, gets back nothing. What another rule in force let go counts there.
     */
    private long sentBy(EgressRule rule) {
        Set<String> others =
                policy.get().getEgressList().stream().map(Budgets::name).collect(Collectors.toSet());
        String own = name(rule);
        others.remove(own);
        long sum = 0;
        for (Map.Entry<String, Map<String, Long>> destination : sent.entrySet()) {
            boolean covered = covers(own, destination.getKey());
            for (Map.Entry<String, Long> by : destination.getValue().entrySet()) {
                if (by.getKey().equals(own) || covered && !others.contains(by.getKey())) {
                    sum += by.getValue();
                }
            }
        }
        return sum;
    }

    /** @param name host and port of a rule */
    private static boolean covers(String name, String destination) {
        return destination.equals(name) || name.startsWith("*.") && destination.endsWith(name.substring(1));
    }

    private static String name(EgressRule rule) {
        return name(rule.getHost(), rule.getPort());
    }

    private static String name(String host, int port) {
        return host.toLowerCase(Locale.ROOT) + ":" + port;
    }

    synchronized void takeIn(int bytes) throws Denial {
        if (in + bytes > limit(policy.get().getIngressBytes())) {
            throw new Denial(EgressReason.INGRESS_BUDGET);
        }
        if (!receiving.takes(policy.get().getIngressRateBytes(), bytes)) {
            throw new Denial(EgressReason.INGRESS_RATE);
        }
        in += bytes;
    }

    private static long limit(long bytes) {
        return bytes == 0 ? Long.MAX_VALUE : bytes;
    }

    /** Bytes per second in one direction. Guarded by the budgets. */
    private final class Rate {
        private double credit;
        private long creditedAt = nanos.getAsLong();

        Rate(long rate) {
            credit = (double) rate * RATE_SECONDS;
        }

        /** @param rate in force now; 0: no limit */
        boolean takes(long rate, int bytes) {
            if (rate == 0) {
                return true;
            }
            long now = nanos.getAsLong();
            credit = Math.min((double) rate * RATE_SECONDS, credit + (now - creditedAt) / NANOS_PER_SECOND * rate);
            creditedAt = now;
            if (credit < bytes) {
                return false;
            }
            credit -= bytes;
            return true;
        }
    }
}
