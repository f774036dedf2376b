package io.plumbline.standalone.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Server-sent events (WHATWG HTML, section 9.2). */
record EventStream(OutputStream out) {
    /** Sends one event without a name. */
    void sendData(String data) throws IOException {
        out.write(("data: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    /** Sends one event; its name is the payload's {@code type}, as both providers do it. */
    void send(ObjectNode payload) throws IOException {
        String event = "event: " + payload.path("type").asText() + "\ndata: " + payload + "\n\n";
        out.write(event.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }
}
