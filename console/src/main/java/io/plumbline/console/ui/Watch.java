package io.plumbline.console.ui;

import com.vaadin.flow.component.UIDetachedException;
import io.plumbline.console.search.SearchUnavailableException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks now and then, beside the page, until there is an answer or {@link #PATIENCE} ends. */
final class Watch {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Duration PAUSE = Duration.ofMillis(250);

    private Watch() {}

    static void until(BooleanSupplier answered) {
        Thread.ofVirtual().name("watch").start(() -> {
            long end = System.nanoTime() + PATIENCE.toNanos();
            try {
                while (System.nanoTime() < end && !ask(answered)) {
                    Thread.sleep(PAUSE);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (UIDetachedException e) {
                LOG.debug("the page was left", e);
            }
        });
    }

    private static boolean ask(BooleanSupplier answered) {
        try {
            return answered.getAsBoolean();
        } catch (SearchUnavailableException e) {
            LOG.debug("no answer yet", e);
            return false;
        }
    }
}
