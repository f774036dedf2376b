package io.plumbline.sandbox.egress;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever a workload writes is read, or denied; nothing else is thrown and nothing hangs. */
class EgressFuzzTest {
    @FuzzTest(maxDuration = "20s")
    void requestHead(byte[] bytes) {
        try {
            RequestHead head = RequestHead.parse(bytes);
            Destination destination =
                    head.isConnect() ? Destination.parse(head.target(), 0) : Destination.parse(head.authority(), 80);
            assertThat(Destination.parse(destination.authority(), 0)).isEqualTo(destination);
            if (!head.isConnect()) {
                // What is sent on is one request again, with one end, that says the same.
                RequestHead sent = RequestHead.parse(head.forwarded(destination, 80));
                assertThat(sent.method()).isEqualTo(head.method());
                assertThat(sent.bodyLength()).isEqualTo(head.bodyLength());
                assertThat(sent.target()).isEqualTo(head.pathAndQuery());
                RequestPaths.allow(List.of("/a/*/**/b*"), head.path());
            }
        } catch (Denial denial) {
            assertThat(denial.reason()).isNotEqualTo(EgressReason.ALLOWED);
        }
    }

    @FuzzTest(maxDuration = "20s")
    void responseHead(byte[] bytes) {
        try {
            ResponseHead head = ResponseHead.parse(bytes);
            String sent = new String(head.forwarded(true), StandardCharsets.ISO_8859_1);
            assertThat(sent.indexOf("\r\n\r\n")).isEqualTo(sent.length() - 4);
        } catch (Denial denial) {
            assertThat(denial.reason()).isEqualTo(EgressReason.MALFORMED_RESPONSE);
        }
    }

    @FuzzTest(maxDuration = "20s")
    void clientHello(byte[] bytes) throws IOException {
        try {
            ClientHello.Read read = ClientHello.read(ClientHelloTest.wire(bytes));
            assertThat(read.bytes()).hasSizeLessThanOrEqualTo(bytes.length);
            assertThat(read.hello().serverName().isEmpty()
                            || Destination.isName(read.hello().serverName()))
                    .isTrue();
        } catch (Denial denial) {
            assertThat(denial.reason()).isIn(EgressReason.NOT_TLS, EgressReason.SERVER_NAME_MISMATCH);
        }
    }

    /** A hello is new each time, so there is no seed in a file. */
    @Test
    void everyByteOfAHelloMayBeWrongOrMissing() throws Exception {
        byte[] hello = ClientHelloTest.hello("files.example.com");
        for (int i = 0; i < hello.length; i++) {
            clientHello(Arrays.copyOf(hello, i));
            for (int value : new int[] {0, 1, 0x7f, 0x80, 0xff, hello[i] ^ 1}) {
                byte[] wrong = hello.clone();
                wrong[i] = (byte) value;
                clientHello(wrong);
            }
        }
    }
}
