package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/**
 * Whatever a file or a thread is called, a line is understood, passed over, or refused; nothing else happens. The seeds are lines of a real
 * sandbox (gVisor 20240729), one of each call that it was seen to log.
 */
class SyscallLogFuzzTest {
    @FuzzTest(maxDuration = "30s")
    void neverFailsOtherwiseThanMalformed(byte[] bytes) {
        read(bytes);
        String text = new String(bytes, StandardCharsets.UTF_8);
        read(SyscallLogTest.line(text));
        read(SyscallLogTest.line("strace.go:602] [   3:   4] " + text));
        read(SyscallLogTest.line("strace.go:602] [   3:   4] sh X rename(0x1 " + text + ") = 0 (0x0) (1µs)"));
    }

    @Test
    void understandsEveryLineThatWasRecorded() throws Exception {
        for (Recorded recorded : Recorded.of("SyscallLogFuzzTestInputs/neverFailsOtherwiseThanMalformed")) {
            assertThat(SyscallLog.parse(recorded.bytes()))
                    .as(recorded.name())
                    .singleElement()
                    .isInstanceOf(
                            recorded.name().endsWith("-begins")
                                    ? SyscallLog.Line.Aside.class
                                    : SyscallLog.Line.Ended.class);
        }
    }

    @Test
    void survivesEveryPartOfALineBeingMissing() {
        String good =
                "strace.go:602] [   3:   4] sh X renameat2(0x3 /a, 0x1 b, 0x4, 0x2 c, 0x0) = 0 (0x0) errno=2 (no) (1µs)";
        for (int from = 0; from < good.length(); from++) {
            for (int to = from; to <= good.length(); to++) {
                read(SyscallLogTest.line(good.substring(0, from) + good.substring(to)));
            }
        }
    }

    private static void read(byte[] line) {
        for (SyscallLog.Line told : SyscallLog.parse(line)) {
            switch (told) {
                case SyscallLog.Line.Ended ended ->
                    new TraceTranslator(BinaryHashes.NONE)
                            .translate(ended.call())
                            .ifPresent(event -> event.payload().build().toByteArray());
                case SyscallLog.Line.Unreadable unreadable -> {
                    if (unreadable.reason().isEmpty()) {
                        throw new AssertionError("a refusal without a reason");
                    }
                }
                case SyscallLog.Line.Aside aside -> {}
                case SyscallLog.Line.Dropped dropped -> {}
            }
        }
    }
}
