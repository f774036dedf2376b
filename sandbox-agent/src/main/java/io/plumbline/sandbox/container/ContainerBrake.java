package io.plumbline.sandbox.container;

import io.plumbline.sandbox.runtime.Brake;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a container by its runtime, and by the host's kernel when the runtime does not answer. A container's pauses do not nest, and a
 * runtime that was too slow may still pause it later: a thaw therefore begins with the runtime's word that it answers, and ends only
 * with its word that the container runs.
 */
public final class ContainerBrake implements Brake {
    /** A runtime's answer takes 10 to 100 ms; a machine under load is no reason to go around it. */
    public static final Duration CONFIRMATION_LIMIT = Duration.ofSeconds(1);

    private static final Duration INSPECTION_LIMIT = Duration.ofSeconds(2);
    private static final Duration FORCE_LIMIT = Duration.ofSeconds(2);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(ContainerBrake.class);

    private final ContainerControl control;
    private final Optional<HostProcesses> host;
    private final Duration confirmationLimit;

    /** @param host empty when the container's processes are not on this host: then the runtime alone can stop it */
    public ContainerBrake(ContainerControl control, Optional<HostProcesses> host) {
        this(control, host, CONFIRMATION_LIMIT);
    }

    ContainerBrake(ContainerControl control, Optional<HostProcesses> host, Duration confirmationLimit) {
        this.control = control;
        this.host = host;
        this.confirmationLimit = confirmationLimit;
    }

    @Override
    public Duration confirmationLimit() {
        return confirmationLimit;
    }

    @Override
    public String mechanism() {
        return control.mechanism();
    }

    @Override
    public String force() {
        return host.map(HostProcesses::mechanism).orElse("none");
    }

    private interface Call {
        void call(Duration limit) throws ContainerException;
    }

    /** A refusal of what is already so is none. Nothing that comes late is waited for: it is asked again. */
    private Answer ask(Call call, Duration limit, ContainerControl.Status wanted) {
        try {
            call.call(limit);
            return Answer.DONE;
        } catch (ContainerException e) {
            if (e.reason() == ContainerException.Reason.REFUSED && is(status -> status == wanted)) {
                return Answer.DONE;
            }
            LOG.warn("{}: {}", control.description(), e.getMessage());
            return Answer.FAILED;
        }
    }

    @Override
    public Answer pause(Duration limit) {
        return ask(control::pause, limit, ContainerControl.Status.PAUSED);
    }

    @Override
    public Answer resume(Duration limit) {
        return ask(control::resume, limit, ContainerControl.Status.RUNNING);
    }

    /** Whether the runtime answers at all: if not, what was stopped by force has to stay so. */
    @Override
    public boolean queuePause() {
        return is(status -> true);
    }

    @Override
    public Answer awaitLate(Duration limit) {
        return Answer.DONE;
    }

    @Override
    public boolean stop() {
        return host.map(processes -> processes.freeze(FORCE_LIMIT)).orElse(false);
    }

    @Override
    public boolean alive() {
        if (host.isPresent()) {
            return host.get().alive();
        }
        try {
            return runs(control.inspect(INSPECTION_LIMIT).status());
        } catch (ContainerException e) {
            return true;
        }
    }

    @Override
    public boolean proceed() {
        return host.map(HostProcesses::thaw).orElse(true);
    }

    @Override
    public boolean kill() {
        if (host.map(processes -> processes.kill(KILL_LIMIT)).orElse(false)) {
            return true;
        }
        try {
            control.kill(KILL_LIMIT);
        } catch (ContainerException e) {
            LOG.warn("{}: {}", control.description(), e.getMessage());
        }
        long deadline = System.nanoTime() + KILL_LIMIT.toNanos();
        while (System.nanoTime() < deadline) {
            if (is(status -> !runs(status))) {
                return true;
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return false;
            }
        }
        return false;
    }

    private static boolean runs(ContainerControl.Status status) {
        return switch (status) {
            case CREATED, RUNNING, PAUSED -> true;
            case STOPPED, ABSENT -> false;
        };
    }

    private boolean is(Predicate<ContainerControl.Status> expected) {
        try {
            return expected.test(control.inspect(INSPECTION_LIMIT).status());
        } catch (ContainerException e) {
            LOG.warn("{}: {}", control.description(), e.getMessage());
            return false;
        }
    }
}
