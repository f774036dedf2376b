package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.server.VaadinResponse;
import com.vaadin.flow.server.streams.DownloadHandler;
import io.plumbline.console.evidence.EvidenceExport;
import io.plumbline.console.log.EventLog.EventLogException;
import io.plumbline.console.orders.Outcome;
import io.plumbline.console.search.SearchUnavailableException;
import io.plumbline.console.text.VisibleText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files that leave the console. That they do is in the audit log before their first byte, or they don't. */
final class Downloads {
    private static final Logger LOG = LoggerFactory.getLogger(Downloads.class);
    private static final int UNAVAILABLE = 503;
    private static final int FORBIDDEN = 403;

    private Downloads() {}

    /** Makes a text; refuses by an exception. */
    interface Text {
        Named render() throws IOException;
    }

    /** A text and what its file is called. */
    record Named(String file, String text) {
        /** A list that may be cut, which its name then says. */
        static Named list(String name, String ending, int rows, long total, String text) {
            return new Named((rows < total ? name + "-" + rows + "-of-" + total : name) + "." + ending, text);
        }
    }

    static Anchor text(String label, String id, String type, Text text) {
        return anchor(label, id, event -> {
            Named named = text.render();
            event.setFileName(named.file());
            event.setContentType(type);
            event.getOutputStream().write(named.text().getBytes(StandardCharsets.UTF_8));
        });
    }

    static Anchor anchor(String label, String id, DownloadHandler handler) {
        Anchor anchor = new Anchor(explained(handler), label);
        anchor.setId(id);
        anchor.addClassName("export");
        anchor.setRouterIgnore(true);
        // Without the attribute of that name: a refusal is a page that says so, not a file that never comes.
        anchor.getElement().removeAttribute("download");
        return anchor;
    }

    /** Ends the download when the log does not have that it happens. */
    static void permitted(Outcome outcome) throws IOException {
        if (outcome instanceof Outcome.Refused refused) {
            throw new RefusedException(refused);
        }
    }

    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;

        private final transient Outcome.Refused refused;

        RefusedException(Outcome.Refused refused) {
            super("refused: " + refused.explanation());
            this.refused = refused;
        }
    }

    /** What cannot be had is told on a page of its own, with what to do. */
    private static DownloadHandler explained(DownloadHandler handler) {
        return event -> {
            try {
                handler.handleDownloadRequest(event);
            } catch (EvidenceExport.BusyException e) {
                tell(event.getResponse(), UNAVAILABLE, String.valueOf(e.getMessage()));
            } catch (RefusedException e) {
                boolean later = e.refused.refusal() == Outcome.Refusal.LOG;
                tell(event.getResponse(), later ? UNAVAILABLE : FORBIDDEN, e.refused.explanation());
            } catch (SearchUnavailableException e) {
                LOG.warn("a download is not there: {}", String.valueOf(e.getCause()));
                tell(event.getResponse(), UNAVAILABLE, "The search copy does not answer.");
            } catch (IOException e) {
                // The log is read to its end before the first byte leaves.
                if (!(e.getCause() instanceof EventLogException)) {
                    throw e;
                }
                LOG.warn("a download is not there: {}", String.valueOf(e.getCause()));
                tell(event.getResponse(), UNAVAILABLE, "The log does not answer.");
            }
        };
    }

    private static void tell(VaadinResponse response, int status, String sentence) throws IOException {
        response.setStatus(status);
        response.setContentType("text/html;charset=utf-8");
        if (status == UNAVAILABLE) {
            response.setHeader("Retry-After", "30");
        }
        response.getOutputStream().write("""
            <!doctype html><html lang="en"><head><title>Plumbline · not now</title><link rel="stylesheet" href="/soc.css"></head>
            <body><main class="empty"><h1>Nothing was taken out</h1><p>%s</p><p>Go back, and follow the link again.</p></main></body></html>
            """.formatted(escaped(sentence)).getBytes(StandardCharsets.UTF_8));
    }

    private static String escaped(String text) {
        return VisibleText.line(text, 500)
                .replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;");
    }
}
