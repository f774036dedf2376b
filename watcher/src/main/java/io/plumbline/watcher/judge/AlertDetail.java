package io.plumbline.watcher.judge;

import io.plumbline.events.v1.AlertRaised;

/** What an alert says beyond its texts. It is worked out only for findings that are told. */
@FunctionalInterface
public interface AlertDetail {
    /** Nothing more. */
    AlertDetail NONE = alert -> {};

    /** Adds to the alert; a pure function of the finding. */
    void addTo(AlertRaised.Builder alert);
}
