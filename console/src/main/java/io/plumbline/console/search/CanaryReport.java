package io.plumbline.console.search;

import java.time.Duration;
import java.time.Instant;

/**
 * What a host's canary says: a sandbox of nobody's that is frozen and thawed from time to time.
 *
 * @param problem empty when it is proven
 * @param freeze how long it took; zero when it was not reached, {@code thaw} likewise
 */
public record CanaryReport(Instant at, boolean proven, String problem, Duration freeze, Duration thaw) {}
