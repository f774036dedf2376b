package io.plumbline.sandbox.trace;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The messages are those that runsc 20240729 writes. */
class SyscallLogTest {
    static byte[] line(String message) {
        return JsonNodeFactory.instance
                .objectNode()
                .put("msg", message)
                .put("level", "info")
                .put("time", "2026-11-28T18:18:12.821715232Z")
                .toString()
                .getBytes(UTF_8);
    }

    private static SyscallLog.Line only(byte[] line) {
        List<SyscallLog.Line> told = SyscallLog.parse(line);
        assertThat(told).hasSize(1);
        return told.getFirst();
    }

    private static NamedCall call(String call) {
        return ((SyscallLog.Line.Ended) only(line("strace.go:602] [   3:   4] python3 X " + call))).call();
    }

    @Test
    void readsWhoDidWhatAndWhen() {
        NamedCall call =
                call("unlink(0x7ea0adfd5e80 /tmp/th) = 0 (0x0) errno=2 (no such file or directory) (36.229µs)");
        assertThat(call)
                .isEqualTo(new NamedCall(
                        1795889892821715232L,
                        3,
                        4,
                        "python3",
                        "unlink",
                        2,
                        new NamedCall.What.Change(
                                "unlink", NamedCall.Name.inWorkingDirectory("/tmp/th"), java.util.Optional.empty())));
    }

    @Test
    void takesNumbersAsTheWholeSandboxKnowsThem() {
        NamedCall call = ((SyscallLog.Line.Ended) only(line(
                        "strace.go:602] [   3(   2):  14(   9)] mkdir X mkdir(0x7eec /a, 0o777) = 0 (0x0) (82.395µs)")))
                .call();
        assertThat(call.group()).isEqualTo(3);
        assertThat(call.thread()).isEqualTo(14);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "rename(0xa5ed20 a, 0xa5ed50 b) = 0 (0x0) (1µs) | rename | a | b",
                "link(0xa5ed50 b, 0xa5ed80 c) = 0 (0x0) (1µs) | link | b | c",
                "symlink(0xa5ed50 ../b, 0xa5f080 s) = 0 (0x0) (1µs) | symlink | ../b | s",
                "chmod(0xa5ed50 b, 0o600) = 0 (0x0) (1µs) | chmod | b | ''",
                "fchmod(0x4 /tmp/b, 0o644) = 0 (0x0) (1µs) | chmod | 4:/tmp/b: | ''",
                "mkdirat(0x3 /tmp/d, 0xa5ede0 e, 0x1ff) = 0 (0x0) (1µs) | mkdir | 3:/tmp/d:e | ''",
                "renameat(0x3 /tmp/d, 0xa5ede0 e, 0x3, 0xa5ee10 f) = 0 (0x0) (1µs) | rename | 3:/tmp/d:e | 3::f",
                "renameat2(AT_FDCWD /tmp, 0xa5ede0 e, 0xffffff9c, 0xa5ee10 f, 0x1) = 0 (0x0) (1µs) | rename | /tmp:e | f",
                "unlinkat(0x3 /tmp/d, 0xa5ee10 f, 0x200) = 0 (0x0) (1µs) | rmdir | 3:/tmp/d:f | ''",
                "unlinkat(AT_FDCWD /, 0x5601 /ws/a2, 0x0) = 0 (0x0) (58us) | unlink | /:/ws/a2 | ''",
                "unlinkat(-0x1 (bad FD), 0x5601 /ws/a2, 0x0) = 0 (0x0) (58us) | unlink | -1::/ws/a2 | ''",
                "renameat(-0x1 (bad FD), 0xa5 /a, -0x2 (bad FD), 0xa6 /b) = 0 (0x0) (1us) | rename | -1::/a | -2::/b",
                "symlinkat(0xa5ed50 b, 0x3 /tmp/d, 0xa5f080 s) = 0 (0x0) (1µs) | symlink | b | 3:/tmp/d:s",
                "truncate(0xa5ed50 b, 0x0) = 0 (0x0) (1µs) | truncate | b | ''",
                "unlink(0x10 (error decoding path: bad address)) = 0 (0x0) errno=14 (bad address) (892ns) | unlink | '' | ''",
            })
    void readsNamesAndWhatTheyAreRelativeTo(String text, String operation, String first, String second) {
        NamedCall.What.Change change = (NamedCall.What.Change) call(text).what();
        assertThat(change.operation()).isEqualTo(operation);
        assertThat(shown(change.first())).isEqualTo(first);
        assertThat(change.second().map(SyscallLogTest::shown).orElse("")).isEqualTo(second);
    }

    private static String shown(NamedCall.Name name) {
        String folder = name.folder().isEmpty() ? "" : name.folder() + ":";
        return name.descriptor() == NamedCall.Name.WORKING_DIRECTORY
                ? folder + name.path()
                : name.descriptor() + ":" + name.folder() + ":" + name.path();
    }

    @Test
    void takesTheResultFromTheRightWhateverAFileIsCalled() {
        String hostile = "x\ny\"q\\) = 0 (0x0) (1us)\n{\"msg\":\"strace.go:1] [ 1: 1] a X unlink(0x1 /y\u001b[31m";
        NamedCall.What.Change change = (NamedCall.What.Change)
                call("unlink(0x7ebc /tmp/" + hostile + ") = 0 (0x0) (15µs)").what();
        assertThat(change.first().path()).isEqualTo("/tmp/" + hostile);
    }

    @Test
    void saysThatTwoPathsCannotBeToldApart() {
        NamedCall.What what = call("rename(0xa5 /home/agent/.ssh/id_rsa, 0x7e /tmp/b, 0x1 /x) = 0 (0x0) (7µs)")
                .what();
        assertThat(what)
                .isEqualTo(new NamedCall.What.Unclear("rename", "0xa5 /home/agent/.ssh/id_rsa, 0x7e /tmp/b, 0x1 /x"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "strace.go:602] [   1:   1] a X unlink(0x0  X rmdir(0xa5edb0 /d) = 0 (0x0) (2µs)",
                "strace.go:602] [   1:   1] python3 X unlink(0xa5edb0 /d) = 0",
                "strace.go:602] [   1:   1] a name that is too long X unlink(0xa5edb0 /d) = 0 (0x0) (2µs)",
                "strace.go:602] python3 X unlink(0xa5edb0 /d) = 0 (0x0) (2µs)",
                "strace.go:602] [   1:   1] python3 X rename(0xa5edb0 /d) = 0 (0x0) (2µs)",
            })
    void refusesWhatHasNoSingleReading(String message) {
        assertThat(only(line(message))).isInstanceOf(SyscallLog.Line.Unreadable.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "x", "{\"msg\":1}", "[]", "{\"msg\":\"strace.go:1] [ 1: 1] a X b(\",\"time\":\"x\"}"})
    void refusesWhatTheSentryDoesNotWrite(String line) {
        assertThat(only(line.getBytes(UTF_8))).isInstanceOf(SyscallLog.Line.Unreadable.class);
    }

    @Test
    void passesOverBeginningsOfCallsAndOtherLines() {
        assertThat(only(line("strace.go:561] [   1:   1] python3 E unlink(0xbcb510 /y)")))
                .isInstanceOf(SyscallLog.Line.Aside.class);
        assertThat(only(line("main.go:197] Version X unlink(0x1 /y) = 0 (0x0) (2µs)")))
                .isInstanceOf(SyscallLog.Line.Aside.class);
        assertThat(only("*** Dropped 12 log messages ***".getBytes(UTF_8))).isEqualTo(new SyscallLog.Line.Dropped(12));
    }

    @Test
    void readsTwoObjectsThatTwoThreadsWroteOnOneLine() {
        String first = new String(line("strace.go:602] [   3:   4] a X unlink(0x1 /a) = 0 (0x0) (2µs)"), UTF_8);
        String second = new String(line("strace.go:602] [   5:   6] b X unlink(0x1 /b) = 0 (0x0) (2µs)"), UTF_8);
        assertThat(SyscallLog.parse((first + second).getBytes(UTF_8)))
                .extracting(told -> ((SyscallLog.Line.Ended) told).call().group())
                .containsExactly(3, 5);
        assertThat(SyscallLog.parse(new byte[0])).isEmpty();
        assertThat(SyscallLog.parse((first + second.substring(0, second.length() - 1)).getBytes(UTF_8)))
                .extracting(Object::getClass)
                .containsExactly(SyscallLog.Line.Ended.class, SyscallLog.Line.Unreadable.class);
    }

    @Test
    void namesDestinationsAndWhatElseACallNames() {
        NamedCall.What.Other sent = (NamedCall.What.Other) call("sendto(0x6 socket:[1], 0x7ebc1f325310, 0x2, 0x0,"
                        + " 0x7ecd30e607b0 {Family: AF_INET, Addr: 8.8.8.8, Port: 53}, 0x10) = 0 (0x0) errno=113 (no route to host) (10.059µs)")
                .what();
        assertThat(sent.peer().orElseThrow().getAddress()).isEqualTo("8.8.8.8");
        assertThat(sent.peer().orElseThrow().getPort()).isEqualTo(53);
        assertThat(call("sendto(0x6 socket:[1], 0x7ebc1f325310, 0x2, 0x0, 0x0 , 0x0) = 2 (0x2) (1µs)")
                        .what())
                .isInstanceOf(NamedCall.What.Sent.class);
        NamedCall.What.Other mount = (NamedCall.What.Other)
                call("mount(0x7ebc none, 0x7ebd /tmp, 0x7ebe tmpfs, 0x0, <null>) = 0 (0x0) errno=1 (operation not permitted) (1.854µs)")
                        .what();
        assertThat(mount.path().orElseThrow().path()).isEqualTo("/tmp");
        NamedCall.What.Other memory =
                (NamedCall.What.Other) call("memfd_create(0x7ebc1f325160 a, 0x1 b, 0x0) = 5 (0x5) (32.532µs)")
                        .what();
        assertThat(memory.path().orElseThrow().path()).isEqualTo("a, 0x1 b");
        NamedCall.What.Other space = (NamedCall.What.Other)
                call("unshare(CLONE_NEWUSER) = 0 (0x0) (11.071µs)").what();
        assertThat(space.text()).isEqualTo("CLONE_NEWUSER");
    }
}
