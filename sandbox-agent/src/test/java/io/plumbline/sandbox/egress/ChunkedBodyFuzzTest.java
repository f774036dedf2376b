package io.plumbline.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/** Requests are smuggled where two readers see different ends of a body. */
class ChunkedBodyFuzzTest {
    private static final EgressRule RULE =
            EgressRule.newBuilder().setHost("files.example.com").setPort(80).build();
    private static final EgressSession SESSION = session();

    /** What is passed on of a chunked body is one such body in the plainest form, of the same content, with nothing behind it. */
    @FuzzTest(maxDuration = "20s")
    void chunkedBody(byte[] bytes) throws Exception {
        ByteArrayOutputStream sent = new ByteArrayOutputStream();
        boolean whole;
        try (Upstream upstream = upstream(sent)) {
            new Flow(ClientHelloTest.wire(bytes), upstream, List.of(), Optional.empty()).outboundChunks();
            whole = true;
        } catch (IOException malformed) {
            whole = false;
        }
        Chunks passed = Chunks.read(sent.toString(StandardCharsets.ISO_8859_1));
        assertThat(passed.whole()).isEqualTo(whole);
        if (whole) {
            Chunks asked = Chunks.read(new String(bytes, StandardCharsets.ISO_8859_1));
            assertThat(passed.content()).isEqualTo(asked.content());
            assertThat(sent.toString(StandardCharsets.ISO_8859_1)).isEqualTo(asked.plain());
        }
    }

    /**
     * A chunked body as RFC 9112, section 7.1, reads it, as far as it goes.
     *
     * @param plain the same body without extensions and trailers
     */
    private record Chunks(String content, String plain, boolean whole) {
        static Chunks read(String body) {
            StringBuilder content = new StringBuilder();
            StringBuilder plain = new StringBuilder();
            int at = 0;
            while (true) {
                int end = body.indexOf("\r\n", at);
                String size = end < 0
                        ? ""
                        : body.substring(at, end).replaceFirst("(?s);.*", "").strip();
                long length = size.matches("[0-9A-Fa-f]{1,8}") ? Long.parseLong(size, 16) : Long.MAX_VALUE;
                if (length == 0) {
                    return new Chunks(
                            content.toString(), plain.append("0\r\n\r\n").toString(), true);
                }
                if (length > body.length() - end - 2) {
                    return new Chunks(content.toString(), plain.toString(), false);
                }
                String chunk = body.substring(end + 2, end + 2 + (int) length);
                at = end + 2 + (int) length + 2;
                content.append(chunk);
                plain.append(Long.toHexString(length))
                        .append("\r\n")
                        .append(chunk)
                        .append("\r\n");
            }
        }
    }

    private static EgressSession session() {
        try {
            return EgressSession.of(
                    TaskPolicy.newBuilder().addEgress(RULE).build(),
                    // Fuzzing goes on for long: nothing is kept.
                    new EgressJournal((channel, time, payload) -> payload.build()),
                    limit -> true,
                    EgressSettings.none(),
                    EgressSession.Environment.standard());
        } catch (EgressException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Upstream upstream(ByteArrayOutputStream sent) {
        Duplex far = new Duplex() {
            @Override
            public int read(ByteBuffer into) {
                return -1;
            }

            @Override
            public int write(ByteBuffer from) {
                int length = from.remaining();
                byte[] bytes = new byte[length];
                from.get(bytes);
                sent.writeBytes(bytes);
                return length;
            }

            @Override
            public void endOutput() {}

            @Override
            public void close() {}
        };
        return new Upstream(
                SESSION,
                new Questions(SESSION),
                new Attempt(1, RULE.getHost(), RULE.getPort(), "POST", "http://files.example.com/", false),
                rules -> RULE,
                RULE,
                far,
                InetAddress.getLoopbackAddress(),
                "");
    }
}
