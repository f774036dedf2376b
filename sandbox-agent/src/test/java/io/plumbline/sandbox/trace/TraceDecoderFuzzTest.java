package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plumbline.events.v1.Endpoint;
import org.junit.jupiter.api.Test;

/**
 * Whatever a sandbox sends, the listener either understands it or counts it as undecodable; it never fails otherwise. The seeds are messages
 * of a real sandbox (gVisor 20240729), one of each kind that is asked for.
 */
class TraceDecoderFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void neverFailsOtherwiseThanMalformed(byte[] datagram) {
        decode(datagram);
    }

    @Test
    void understandsEveryMessageThatWasRecorded() throws Exception {
        for (Recorded recorded : Recorded.of("TraceDecoderFuzzTestInputs/neverFailsOtherwiseThanMalformed")) {
            TraceMessage message = TraceDecoder.decode(recorded.bytes()).message();
            assertThat(message).as(recorded.name()).isNotInstanceOf(TraceMessage.Unknown.class);
            assertThat(message.context().container()).as(recorded.name()).isEqualTo("recorded");
        }
    }

    @Test
    void survivesEveryByteOfAMessageBeingWrong() {
        byte[] good = TraceDatagrams.inContext()
                .exit(5, 0)
                .number(4, -100)
                .text(5, "/tmp")
                .text(6, "x")
                .bytes(8, new byte[40])
                .datagram(7, 3);
        for (int type = 0; type < 40; type++) {
            for (int at = 2; at < good.length; at++) {
                for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff}) {
                    byte[] bad = good.clone();
                    bad[2] = (byte) type;
                    bad[at] = (byte) value;
                    decode(bad);
                }
            }
        }
    }

    private static void decode(byte[] datagram) {
        try {
            TraceMessage message = TraceDecoder.decode(datagram).message();
            new TraceTranslator(BinaryHashes.NONE)
                    .translate(message)
                    .ifPresent(event -> event.payload().build().toByteArray());
        } catch (MalformedTraceException e) {
            Endpoint endpoint = SocketAddresses.decode(datagram);
            if (endpoint.getFamily().isEmpty()) {
                throw new AssertionError("an address without a family");
            }
        }
    }
}
