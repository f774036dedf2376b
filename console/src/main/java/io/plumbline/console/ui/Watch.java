package io.plumbline.console.ui;

import com.vaadin.flow.component.UIDetachedException;
import io.plumbline.console.search.SearchUnavailableException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks beside the page, ever more rarely, until there is an answer or {@link #PATIENCE} ends. */
final class Watch {
    private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    private Watch() {}

    static void until(BooleanSupplier answered) {
        Thread.ofVirtual().name("watch").start(() -> {
            long end = System.nanoTime() + PATIENCE.toNanos();
            Duration pause = FIRST_PAUSE;
            try {
                while (System.nanoTime() < end && !ask(answered)) {
                    Thread.sleep(pause);
                    pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
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
        } catch (UIDetachedException e) {
            throw e;
        } catch (RuntimeException e) {
            LOG.warn("an answer could not be read", e);
            return false;
        }
    }
}
