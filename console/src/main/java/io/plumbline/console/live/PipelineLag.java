package io.plumbline.console.live;

import io.plumbline.events.v1.StageTimes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * How long the newest verdicts took from the kernel to this console, by the clocks of host and console; what an agent told has no kernel
 * time and counts from when its host had it. Kept in memory since this console started.
 */
public final class PipelineLag {
    /** Verdicts that are remembered. */
    static final int MAX_SAMPLES = 600;

    /** What is older may have been judged again from the log: it is counted and gives no sample. */
    public static final Duration LONGEST = Duration.ofMinutes(10);

    private final Deque<Sample> samples = new ArrayDeque<>();
    private long tooLong;
    private long beforeTheirCause;

    /** @param at when the verdict arrived here */
    public record Sample(Instant at, Duration lag) {}

    /**
     * Verdicts of which no lag is told, since this console started.
     *
     * @param tooLong longer than {@link #LONGEST}: late, or judged again from the log
     * @param beforeTheirCause by clocks that differ
     */
    public record LeftOut(long tooLong, long beforeTheirCause) {}

    /** @param stages as the log has them beside the verdict */
    public void arrived(StageTimes stages, Instant at) {
        long begunNs = stages.getKernelNs() > 0 ? stages.getKernelNs() : stages.getHostObservedNs();
        Duration lag = Duration.between(Instant.ofEpochSecond(0, begunNs), at);
        if (begunNs <= 0) {
            return;
        }
        synchronized (samples) {
            // Clocks of two machines may differ; an arrival before the cause tells nothing.
            if (lag.isNegative()) {
                beforeTheirCause++;
                return;
            }
            if (lag.compareTo(LONGEST) > 0) {
                tooLong++;
                return;
            }
            samples.addLast(new Sample(at, lag));
            if (samples.size() > MAX_SAMPLES) {
                samples.removeFirst();
            }
        }
    }

    public LeftOut leftOut() {
        synchronized (samples) {
            return new LeftOut(tooLong, beforeTheirCause);
        }
    }

    /** The oldest first. */
    public List<Sample> samples() {
        synchronized (samples) {
            return new ArrayList<>(samples);
        }
    }

    /**
     * @param samples of {@link #samples}
     * @param percent 50: the median
     */
    public static Optional<Duration> percentile(List<Sample> samples, int percent) {
        if (samples.isEmpty()) {
            return Optional.empty();
        }
        List<Duration> sorted = samples.stream().map(Sample::lag).sorted().toList();
        return Optional.of(sorted.get(Math.max(0, (sorted.size() * percent + 99) / 100 - 1)));
    }
}
