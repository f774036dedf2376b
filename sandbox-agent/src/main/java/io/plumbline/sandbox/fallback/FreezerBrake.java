package io.plumbline.sandbox.fallback;

import io.plumbline.sandbox.container.HostProcesses;
import io.plumbline.sandbox.runtime.Brake;
import java.time.Duration;

/** Stops processes by their freezer control group, and by signals to each when there is none or it does not answer. */
public final class FreezerBrake implements Brake {
    /** Processes that wait for a disk are stopped when it answers. */
    private static final Duration CONFIRMATION_LIMIT = Duration.ofSeconds(1);

    private static final Duration FORCE_LIMIT = Duration.ofSeconds(2);
    private static final Duration KILL_LIMIT = Duration.ofSeconds(10);

    private final HostProcesses processes;

    public FreezerBrake(HostProcesses processes) {
        this.processes = processes;
    }

    @Override
    public Duration confirmationLimit() {
        return CONFIRMATION_LIMIT;
    }

    @Override
    public Answer pause(Duration limit) {
        return processes.freeze(limit) ? Answer.DONE : Answer.FAILED;
    }

    @Override
    public Answer resume(Duration limit) {
        return proceed() ? Answer.DONE : Answer.FAILED;
    }

    /** Nothing is queued: the kernel carries out each order at once. */
    @Override
    public boolean queuePause() {
        return true;
    }

    @Override
    public Answer awaitLate(Duration limit) {
        return Answer.DONE;
    }

    @Override
    public boolean stop() {
        return processes.freeze(FORCE_LIMIT);
    }

    @Override
    public boolean alive() {
        return processes.alive();
    }

    /** What ends in the moment in which it is let go was let go. */
    @Override
    public boolean proceed() {
        boolean there = processes.alive();
        processes.thaw();
        return there;
    }

    @Override
    public boolean kill() {
        return processes.kill(KILL_LIMIT);
    }

    @Override
    public String mechanism() {
        return processes.mechanism();
    }

    @Override
    public String force() {
        return processes.mechanism();
    }
}
