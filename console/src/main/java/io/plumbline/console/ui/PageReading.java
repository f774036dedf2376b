package io.plumbline.console.ui;

import com.vaadin.flow.component.Component;
import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.UIDetachedException;
import com.vaadin.flow.server.Command;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.search.SearchUnavailableException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads what a page shows beside it, so that the page stands before that. Where there is no answer the page says so and is read again,
 * ever more rarely, as long as somebody looks at it. Of several questions the newest counts.
 */
final class PageReading {
    private static final Logger LOG = LoggerFactory.getLogger(PageReading.class);
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(2);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);

    /** Changed with the page's lock. */
    private long newest;

    /** Likewise: before what the page itself asked in vain is asked once more. */
    private Duration nextPause = FIRST_PAUSE;

    /** Asked on a thread of its own. */
    interface Question<T> {
        T answer() throws EventLogException;
    }

    /**
     * With the page's lock.
     *
     * @param show with the page's lock, as is {@code failed}: says that there is no answer
     */
    <T> void ask(Component page, UI ui, Question<T> question, Consumer<T> show, Runnable failed) {
        newest++;
        read(page, ui, question, show, failed, FIRST_PAUSE);
    }

    /**
     * With the page's lock, for what the page itself asked in vain and says so: asked again after a pause, until there is an answer. Each
     * time that the page comes here the pause is longer.
     *
     * @param show with the page's lock
     */
    <T> void later(Component page, UI ui, Question<T> question, Consumer<T> show) {
        newest++;
        Duration pause = nextPause;
        nextPause = longer(pause);
        again(page, ui, question, show, () -> {}, pause);
    }

    private <T> void read(
            Component page, UI ui, Question<T> question, Consumer<T> show, Runnable failed, Duration pause) {
        long number = newest;
        Thread.ofVirtual().name("page-read").start(() -> {
            Command told;
            try {
                T answer = question.answer();
                told = () -> show.accept(answer);
            } catch (SearchUnavailableException | EventLogException e) {
                LOG.debug("a page could not be read", e);
                told = () -> again(page, ui, question, show, failed, pause);
            } catch (RuntimeException e) {
                LOG.warn("a page could not be read", e);
                told = () -> again(page, ui, question, show, failed, pause);
            }
            whileLookedAt(page, ui, number, told);
        });
    }

    private <T> void again(
            Component page, UI ui, Question<T> question, Consumer<T> show, Runnable failed, Duration pause) {
        failed.run();
        long number = newest;
        Duration next = longer(pause);
        CompletableFuture.delayedExecutor(pause.toMillis(), TimeUnit.MILLISECONDS)
                .execute(() -> whileLookedAt(page, ui, number, () -> read(page, ui, question, show, failed, next)));
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(LONGEST_PAUSE) < 0 ? twice : LONGEST_PAUSE;
    }

    private void whileLookedAt(Component page, UI ui, long number, Command what) {
        try {
            ui.access(() -> {
                if (number == newest && page.isAttached()) {
                    what.execute();
                }
            });
        } catch (UIDetachedException e) {
            LOG.debug("the page was left", e);
        }
    }
}
