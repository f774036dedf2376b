package io.plumbline.console.ui;

import com.vaadin.flow.component.html.Anchor;
import com.vaadin.flow.server.streams.DownloadHandler;
import io.plumbline.console.orders.Outcome;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** Files that leave the console. That they do is in the audit log before their first byte, or they don't. */
final class Downloads {
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
        Anchor anchor = new Anchor(handler, label);
        anchor.setId(id);
        anchor.addClassName("export");
        anchor.setRouterIgnore(true);
        anchor.getElement().setAttribute("download", true);
        return anchor;
    }

    /** Ends the download when the log does not have that it happens. */
    static void permitted(Outcome outcome) throws IOException {
        if (outcome instanceof Outcome.Refused refused) {
            throw new IOException("refused: " + refused.explanation());
        }
    }
}
