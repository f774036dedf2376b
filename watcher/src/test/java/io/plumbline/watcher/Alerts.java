package io.plumbline.watcher;

import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.Event;
import java.util.List;

/** The alerts among verdicts. */
final class Alerts {
    private Alerts() {}

    static List<AlertRaised> of(List<Event> verdicts) {
        return verdicts.stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .toList();
    }
}
