package io.plumbline.sandbox.egress;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Finds the addresses of a host name. Only names that the policy and the platform allow are ever asked for. */
@FunctionalInterface
interface NameResolver {
    /** Lookups of one resolver at once, and as many again that wait for their turn. */
    int MAX_LOOKUPS = 8;

    /** The C library's own limit for one server that does not answer is 5 s, for two attempts. */
    Duration LOOKUP_LIMIT = Duration.ofSeconds(10);

    /** @throws UnknownHostException when it has none, or none is told in time */
    List<InetAddress> resolve(String host) throws UnknownHostException;

    /** The machine's own resolver. */
    static NameResolver system() {
        return bounded(host -> List.of(InetAddress.getAllByName(host)), LOOKUP_LIMIT);
    }

    /**
     * {@code slow} on threads of its own: the C library waits for a server of names in the kernel, where a virtual thread keeps
     * its carrier, and a workload chooses the names. Idle threads end by themselves.
     */
    static NameResolver bounded(NameResolver slow, Duration limit) {
        ThreadPoolExecutor lookups = new ThreadPoolExecutor(
                MAX_LOOKUPS,
                MAX_LOOKUPS,
                1,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(MAX_LOOKUPS),
                Thread.ofPlatform().daemon().name("egress-names").factory());
        lookups.allowCoreThreadTimeOut(true);
        return host -> {
            try {
                Future<List<InetAddress>> lookup = lookups.submit(() -> slow.resolve(host));
                return lookup.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            } catch (RejectedExecutionException e) {
                throw new UnknownHostException(
                        host + ": too many lookups at once (expected: <= " + 2 * MAX_LOOKUPS + ")");
            } catch (TimeoutException e) {
                throw new UnknownHostException(host + ": no answer within " + limit.toMillis() + " ms");
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new UnknownHostException(host + ": interrupted");
            } catch (ExecutionException e) {
                if (e.getCause() instanceof UnknownHostException unknown) {
                    throw unknown;
                }
                throw new UnknownHostException(host + ": " + e.getCause());
            }
        };
    }
}
