package io.plumbline.sandbox.egress;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.trace.TraceBarrier;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all connections of one session share.
 *
 * @param terms the policy in force; changes when it is revised
 * @param authority there when a rule terminates TLS
 * @param open both sides of every connection; closed when the session is over
 * @param upstreams every connection to a destination; asked for again when the policy is revised
 */
record EgressSession(
        InForce terms,
        EgressJournal journal,
        TraceBarrier barrier,
        Environment environment,
        Passage passage,
        HeldConnections held,
        Budgets budgets,
        Credentials credentials,
        Optional<SessionAuthority> authority,
        UpstreamTrust trust,
        Set<AutoCloseable> open,
        Set<Upstream> upstreams,
        ScheduledExecutorService timer,
        LongAdder bytesOut,
        LongAdder bytesIn) {
    /** How long the platform may take to answer. */
    static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

    /** Beyond the deadline of an approval, since the answer has a way to go. */
    private static final Duration APPROVAL_GRACE = Duration.ofSeconds(10);

    private static final Duration DEFAULT_APPROVAL = Duration.ofMinutes(5);
    private static final Duration HEAD_LIMIT = Duration.ofSeconds(10);

    /** Connections of one session at once: an agent that downloads packages opens a few dozen. */
    private static final int MAX_CONNECTIONS = 256;

    private static final Logger LOG = LoggerFactory.getLogger(EgressSession.class);

    /** The parts that tests replace. */
    record Environment(NameResolver resolver, Duration answerLimit, Duration headLimit, int maxConnections) {
        static Environment standard() {
            return new Environment(NameResolver.system(), ANSWER_LIMIT, HEAD_LIMIT, MAX_CONNECTIONS);
        }
    }

    /** A policy and its rules, which come into force together. */
    record Terms(TaskPolicy policy, EgressRules rules) {}

    /** The terms that hold now. */
    static final class InForce {
        private volatile Terms terms;

        InForce(Terms terms) {
            this.terms = terms;
        }
    }

    TaskPolicy policy() {
        return terms.terms.policy();
    }

    EgressRules rules() {
        return terms.terms.rules();
    }

    /**
     * Makes ready for a revised policy. Once the returned step is run it holds for every new request, and what is open and no
     * longer allowed is closed, each with its reason on record.
     *
     * @throws EgressException when a rule means nothing, or needs what the sandbox was not given at its start
     */
    Runnable prepare(TaskPolicy revised) throws EgressException {
        EgressRules next = EgressRules.of(revised);
        if (!next.services().equals(rules().services())) {
            throw new EgressException(
                    "egress.service: changed (expected: the services of the start, whose sockets the sandbox has)",
                    null);
        }
        for (EgressRule rule : revised.getEgressList()) {
            if (rule.getTerminate() && authority.isEmpty()) {
                throw new EgressException(
                        "egress.terminate: " + rule.getHost()
                                + " (expected: no termination, since the sandbox trusts no authority of its own)",
                        null);
            }
            if (rule.hasCredential() && !credentials.provides(rule.getCredential())) {
                throw new EgressException(
                        "egress.credential: " + rule.getCredential().getName()
                                + " (expected: the credentials of the start, whose placeholders the sandbox has)",
                        null);
            }
        }
        return () -> {
            terms.terms = new Terms(revised, next);
            upstreams.forEach(Upstream::revised);
        };
    }

    static EgressSession of(
            TaskPolicy policy,
            EgressJournal journal,
            TraceBarrier barrier,
            EgressSettings settings,
            Environment environment)
            throws EgressException {
        InForce terms = new InForce(new Terms(policy, EgressRules.of(policy)));
        boolean terminates = policy.getEgressList().stream().anyMatch(rule -> rule.getTerminate());
        return new EgressSession(
                terms,
                journal,
                barrier,
                environment,
                new Passage(),
                new HeldConnections(),
                new Budgets(() -> terms.terms.policy(), System::nanoTime),
                Credentials.load(policy, settings.credentials()),
                terminates ? Optional.of(SessionAuthority.create()) : Optional.empty(),
                UpstreamTrust.load(settings.trustedAuthorities()),
                ConcurrentHashMap.newKeySet(),
                ConcurrentHashMap.newKeySet(),
                Executors.newSingleThreadScheduledExecutor(
                        Thread.ofPlatform().daemon().name("egress-timer").factory()),
                new LongAdder(),
                new LongAdder());
    }

    /** How long an answer to {@code attempt} may take: a person needs longer than the platform. */
    Duration answerLimit(Attempt attempt) {
        if (!attempt.unknown()) {
            return environment.answerLimit();
        }
        int seconds = policy().getApprovalDeadlineSeconds();
        return seconds == 0 ? DEFAULT_APPROVAL : Duration.ofSeconds(seconds).plus(APPROVAL_GRACE);
    }

    /** Closes {@code side} unless cancelled in time. */
    Deadline deadline(AutoCloseable side, Duration limit) {
        return new Deadline(timer, side, limit);
    }

    /** A limit for what the other side has to say; when it is over, the connection is closed and {@link #missed} is true. */
    static final class Deadline implements AutoCloseable {
        private final Future<?> closing;
        private volatile boolean missed;

        private Deadline(ScheduledExecutorService timer, AutoCloseable side, Duration limit) {
            this.closing = timer.schedule(
                    () -> {
                        missed = true;
                        closeQuietly(side);
                    },
                    limit.toMillis(),
                    TimeUnit.MILLISECONDS);
        }

        boolean missed() {
            return missed;
        }

        @Override
        public void close() {
            closing.cancel(false);
        }
    }

    void end() {
        passage.end();
        open.forEach(EgressSession::closeQuietly);
    }

    static void closeQuietly(@Nullable AutoCloseable closeable) {
        if (closeable == null) {
            return;
        }
        try {
            closeable.close();
        } catch (Exception e) {
            LOG.debug("egress: {}", e.toString());
        }
    }
}
