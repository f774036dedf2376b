package io.plumbline.console.ui;

import com.vaadin.flow.component.UI;
import com.vaadin.flow.component.html.Div;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.rules.RuleException;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Work on what the log holds, beside the page. One at a time in this process: a session's events are in memory meanwhile. */
final class LogWork {
    private static final Logger LOG = LoggerFactory.getLogger(LogWork.class);
    private static final Semaphore FREE = new Semaphore(1);

    private LogWork() {}

    /** Gives what is to be shown. */
    interface Slow {
        Runnable run() throws EventLogException;
    }

    /** Shows in {@code target} what the work gives, or why it gives nothing. */
    static void beside(Div target, Slow work) {
        target.removeAll();
        if (!FREE.tryAcquire()) {
            tell(target, "The log is being read for another question; ask again in a moment.");
            return;
        }
        target.add(new Div(Parts.text("reading the log …", "mut")));
        UI ui = UI.getCurrent();
        Thread.ofVirtual().name("log-work").start(() -> {
            Runnable show;
            try {
                show = answer(target, work);
            } finally {
                FREE.release();
            }
            ui.access(() -> {
                target.removeAll();
                show.run();
            });
        });
    }

    private static Runnable answer(Div target, Slow work) {
        try {
            return work.run();
        } catch (EventLogException | RuleException | SearchUnavailableException e) {
            return () -> tell(target, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            LOG.warn("what the log holds could not be judged", e);
            return () -> tell(target, "What the log holds could not be judged; the console's own log says why.");
        }
    }

    private static void tell(Div target, String sentence) {
        target.add(new Div(Parts.said(sentence, 300, "bad")));
    }
}
