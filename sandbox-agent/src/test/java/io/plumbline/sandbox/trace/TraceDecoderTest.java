package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.plumbline.events.EventIds;
import io.plumbline.events.v1.SteeringVariable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TraceDecoderTest {
    private static final TraceMessage.Context CONTEXT =
            new TraceMessage.Context(1000, 8, 800, 7, 700, 1001, "container", "/workspace", "sh");

    @Test
    void readsWhoDidIt() throws Exception {
        assertThat(decode(TraceDatagrams.inContext().number(2, 256), 5))
                .isEqualTo(new TraceMessage.TaskExited(CONTEXT, 256));
    }

    @Test
    void readsTheFirstProcess() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext()
                                .text(2, "id")
                                .text(3, "/workspace")
                                .text(4, "/bin/sh")
                                .text(4, "-c")
                                .text(5, "LD_PRELOAD=" + "x".repeat(70_000))
                                .text(5, "HOME=/home/agent")
                                .text(5, "A=b=c"),
                        1))
                .isEqualTo(new TraceMessage.ContainerStarted(
                        CONTEXT,
                        "/workspace",
                        List.of("/bin/sh", "-c"),
                        new TraceMessage.Environment(
                                List.of("LD_PRELOAD", "HOME", "A"),
                                List.of(
                                        steering("LD_PRELOAD", digest("x".repeat((64 << 10) - "LD_PRELOAD=".length()))),
                                        steering("HOME", digest("/home/agent"))),
                                List.of()),
                        false));
    }

    private static SteeringVariable steering(String name, String sha256) {
        return SteeringVariable.newBuilder().setName(name).setSha256(sha256).build();
    }

    private static String digest(String value) {
        return ValueDigests.of(value.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void digestsAreKeyed() {
        assertThat(digest("/usr/bin"))
                .matches("[0-9a-f]{64}")
                .isEqualTo(digest("/usr/bin"))
                .isNotEqualTo(digest("/bin"))
                .isNotEqualTo(EventIds.sha256Hex("/usr/bin"));
    }

    private static TraceMessage.Environment environment(List<String> variables) throws MalformedTraceException {
        TraceDatagrams message = TraceDatagrams.inContext().text(2, "/bin/ls").text(3, "ls");
        for (String variable : variables) {
            message = message.text(4, variable);
        }
        return ((TraceMessage.Executed) decode(message, 3)).environment();
    }

    @Test
    void aVariableCountsOnceHoweverOftenItIsGiven() throws Exception {
        List<String> variables = new ArrayList<>(Collections.nCopies(300, "PATH=/usr/bin"));
        variables.add("LD_PRELOAD=/tmp/x.so");

        TraceMessage.Environment environment = environment(variables);

        assertThat(environment.names()).containsExactly("PATH", "LD_PRELOAD");
        assertThat(environment.steering())
                .containsExactly(steering("PATH", digest("/usr/bin")), steering("LD_PRELOAD", digest("/tmp/x.so")));
        assertThat(environment.cut()).isEmpty();
    }

    @Test
    void severalValuesOfOneVariableAreTold() throws Exception {
        assertThat(environment(List.of("PATH=/usr/bin", "PATH=/tmp", "PATH=/usr/bin"))
                        .steering())
                .extracting(SteeringVariable::getName, SteeringVariable::getSeveral)
                .containsExactly(tuple("PATH", true));
    }

    @Test
    void moreVariablesThanAreKeptAreTold() throws Exception {
        List<String> variables = new ArrayList<>();
        for (int i = 0; i <= TraceDecoder.MAX_ENV_NAMES; i++) {
            variables.add("GIT_" + i + "=x");
        }

        assertThat(environment(variables.subList(0, 64)).cut()).isEmpty();
        assertThat(environment(variables.subList(0, 65)).cut()).containsExactly("steering");
        assertThat(environment(variables).cut()).containsExactly("steering", "env_names");
    }

    @Test
    void readsExecsWithTheHashOfTheBinary() throws Exception {
        byte[] digest = new byte[32];
        Arrays.fill(digest, (byte) 0xab);
        assertThat(decode(
                        TraceDatagrams.inContext()
                                .text(2, "/usr/bin/cat")
                                .text(3, "cat")
                                .bytes(8, digest),
                        3))
                .isEqualTo(new TraceMessage.Executed(
                        CONTEXT,
                        "/usr/bin/cat",
                        List.of("cat"),
                        TraceMessage.Environment.NONE,
                        "ab".repeat(32),
                        false));
    }

    @Test
    void ofAnEnvironmentWithoutValuesThereAreNoDigests() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext()
                                .text(2, "/usr/bin/cat")
                                .text(3, "cat")
                                .text(4, "PATH=")
                                .number(1001, 1),
                        3))
                .isEqualTo(new TraceMessage.Executed(
                        CONTEXT,
                        "/usr/bin/cat",
                        List.of("cat"),
                        new TraceMessage.Environment(List.of("PATH"), List.of(steering("PATH", "")), List.of()),
                        "",
                        false));
    }

    @Test
    void readsExecsThatWereTried() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext()
                                .exit(-1, 2)
                                .text(6, "/no/such")
                                .text(7, "such"),
                        11))
                .isEqualTo(new TraceMessage.ExecTried(
                        CONTEXT,
                        0,
                        "",
                        "/no/such",
                        List.of("such"),
                        TraceMessage.Environment.NONE,
                        OptionalLong.of(2),
                        false));
    }

    @Test
    void readsOpensRelativeToADescriptor() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext()
                                .exit(5, 0)
                                .number(3, 257)
                                .number(4, -100)
                                .text(5, "/tmp")
                                .text(6, "x")
                                .number(7, 0x288000)
                                .number(8, 0600),
                        7))
                .isEqualTo(new TraceMessage.Opened(CONTEXT, -100, "/tmp", "x", 0x288000, 0600, 5, 0, false));
    }

    @Test
    void readsRawCallsWithAllTheirArguments() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext().number(4, 101).number(5, 16).number(10, -1), 6))
                .isEqualTo(new TraceMessage.Raw(CONTEXT, 101, List.of(16L, 0L, 0L, 0L, 0L, -1L), 0));
        assertThat(decode(TraceDatagrams.inContext().exit(-1, 1).number(4, 161), 6))
                .isEqualTo(new TraceMessage.Raw(CONTEXT, 161, List.of(0L, 0L, 0L, 0L, 0L, 0L), 1));
    }

    @Test
    void countsDropsAsAnUnsignedNumber() throws Exception {
        byte[] datagram = TraceDatagrams.inContext().datagram(5, 0xfffffffeL);
        assertThat(TraceDecoder.decode(datagram).droppedTotal()).isEqualTo(0xfffffffeL);
    }

    @Test
    void skipsALongerHeaderOfANewerRuntime() throws Exception {
        byte[] payload = TraceDatagrams.inContext().number(2, 1).payload();
        byte[] datagram = new byte[12 + payload.length];
        datagram[0] = 12;
        datagram[2] = 5;
        System.arraycopy(payload, 0, datagram, 12, payload.length);
        assertThat(TraceDecoder.decode(datagram).message()).isEqualTo(new TraceMessage.TaskExited(CONTEXT, 1));
    }

    @Test
    void skipsFieldsAndTypesThatItDoesNotKnow() throws Exception {
        assertThat(decode(
                        TraceDatagrams.inContext().number(2, 9).text(99, "new").number(1000, 3), 5))
                .isEqualTo(new TraceMessage.TaskExited(CONTEXT, 9));
        assertThat(decode(TraceDatagrams.inContext(), 99)).isInstanceOf(TraceMessage.Unknown.class);
    }

    @Test
    void cutsWhatExceedsItsLimitsAndSaysSo() throws Exception {
        TraceDatagrams message = TraceDatagrams.inContext().text(2, "/bin/x");
        for (int i = 0; i < TraceDecoder.MAX_ARGUMENTS + 10; i++) {
            message.text(3, "a");
        }
        TraceMessage.Executed executed = (TraceMessage.Executed) decode(message, 3);
        assertThat(executed.argv()).hasSize(TraceDecoder.MAX_ARGUMENTS);
        assertThat(executed.cut()).isTrue();
    }

    @Test
    void marksAnArgumentThatIsCutInTheMiddleOfItsCharacters() throws Exception {
        TraceMessage.Executed executed = (TraceMessage.Executed) decode(
                TraceDatagrams.inContext().text(2, "/bin/x").text(3, "\u20ac".repeat(TraceDecoder.MAX_TEXT / 2)), 3);
        assertThat(executed.cut()).isTrue();
    }

    @Test
    void believesTheFallbacksWatchThatArgumentsAreMissing() throws Exception {
        assertThat(((TraceMessage.Executed) decode(
                                TraceDatagrams.inContext()
                                        .text(2, "/bin/x")
                                        .text(3, "x")
                                        .number(1000, 1),
                                3))
                        .cut())
                .isTrue();
        assertThat(((TraceMessage.ContainerStarted)
                                decode(TraceDatagrams.inContext().text(4, "x").number(1000, 1), 1))
                        .cut())
                .isTrue();
    }

    @Test
    void refusesCutAndGarbledMessages() {
        byte[] good = TraceDatagrams.inContext().text(6, "/a").datagram(7, 0);
        for (int length = 0; length < 8; length++) {
            byte[] cut = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> TraceDecoder.decode(cut)).isInstanceOf(MalformedTraceException.class);
        }
        byte[] cut = Arrays.copyOf(good, good.length - 1);
        assertThatThrownBy(() -> TraceDecoder.decode(cut)).isInstanceOf(MalformedTraceException.class);
        byte[] header = good.clone();
        header[1] = 0x7f;
        assertThatThrownBy(() -> TraceDecoder.decode(header)).isInstanceOf(MalformedTraceException.class);
        byte[] endless = Arrays.copyOf(good, 20);
        Arrays.fill(endless, 8, 20, (byte) 0xff);
        assertThatThrownBy(() -> TraceDecoder.decode(endless)).isInstanceOf(MalformedTraceException.class);
    }

    private static TraceMessage decode(TraceDatagrams message, int type) throws MalformedTraceException {
        return TraceDecoder.decode(message.datagram(type, 0)).message();
    }
}
