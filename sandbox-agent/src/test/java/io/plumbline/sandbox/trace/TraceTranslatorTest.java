package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.ProcessRef;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TraceTranslatorTest {
    private static final int AT_FDCWD = -100;

    private final TraceTranslator translator = new TraceTranslator(BinaryHashes.NONE);

    @ParameterizedTest
    @CsvSource({
        "/workspace, a,           /workspace/a",
        "/workspace, ./a/../b,    /workspace/b",
        "/workspace, ../../../x,  /x",
        "/workspace, /etc//passwd,/etc/passwd",
        "/workspace, /a/./b/,     /a/b",
        "/,          x,           /x",
        "/workspace, '',          /workspace",
        "/workspace, /..,         /",
        "/workspace, .,           /workspace",
        "'',         a,           a",
        "/workspace, /proc/self/cwd/../home/a, /proc/self/cwd/../home/a",
        "/workspace, /proc/7/task/8/root/../../x, /proc/7/task/8/root/../../x",
        "/workspace, /proc/self/cwd/a/../../x, /proc/self/cwd/../x",
        "/workspace, /proc/self/fd/3/../x, /proc/self/fd/3/../x",
        "/workspace, /proc/self/../version, /proc/version",
    })
    void namesFilesAbsolutely(String cwd, String path, String expected) {
        assertThat(Paths.resolve(cwd, path)).isEqualTo(expected);
    }

    @Test
    void takesThePathBelowADirectoryDescriptor() {
        assertThat(opened(open("/workspace", 5, "/home/agent/.ssh", "id_rsa", 3, 0)))
                .isEqualTo("/home/agent/.ssh/id_rsa");
        assertThat(opened(open("/workspace", 0xffffff9c, "/home/agent", "x", 3, 0)))
                .isEqualTo("/workspace/x");
    }

    @Test
    void resolvesNamesThroughADescriptorThatItKnows() {
        translator.translate(open("/", AT_FDCWD, "", "/workspace/src", 9, 0));
        assertThat(opened(open("/", AT_FDCWD, "", "/proc/self/fd/9/README.md.tmp", 10, 0)))
                .isEqualTo("/workspace/src/README.md.tmp");
        assertThat(opened(open("/", AT_FDCWD, "", "/proc/self/fd/77/x", 10, 0))).isEqualTo("/proc/self/fd/77/x");
        translator.translate(new TraceMessage.Duplicated(context("/", 7), 9, "/home/agent", 9, 0));
        assertThat(opened(open("/", AT_FDCWD, "", "/proc/self/fd/9/.ssh", 10, 0)))
                .isEqualTo("/home/agent/.ssh");
    }

    @Test
    void rememberstheWorkingDirectoryForMessagesWithoutOne() {
        translator.translate(new TraceMessage.ChangedDirectory(context("/workspace", 7), AT_FDCWD, "", "../tmp", 0));
        assertThat(opened(open("", AT_FDCWD, "", "x", 3, 0))).isEqualTo("/tmp/x");
        translator.translate(new TraceMessage.ChangedDirectory(context("", 7), AT_FDCWD, "", "/nowhere", 2));
        assertThat(opened(open("", AT_FDCWD, "", "x", 3, 0))).isEqualTo("/tmp/x");
        translator.translate(new TraceMessage.ChangedDirectory(context("", 7), 4, "/srv", "", 0));
        assertThat(opened(open("", AT_FDCWD, "", "x", 3, 0))).isEqualTo("/srv/x");
    }

    @Test
    void countsFailedSearchesOfSystemFoldersInsteadOfPublishingThem() {
        assertThat(translator.translate(open("/", AT_FDCWD, "", "/usr/lib/libx.so", -1, 2)))
                .isEmpty();
        assertThat(translator.failedSearches()).isEqualTo(1);
        assertThat(translator.translate(open("/", AT_FDCWD, "", "/usr/lib/libx.so", 3, 0)))
                .isPresent();
        assertThat(translator.translate(open("/", AT_FDCWD, "", "/usr/lib/libx.so", -1, 13)))
                .isPresent();
        assertThat(translator.translate(open("/", AT_FDCWD, "", "/home/agent/.aws/credentials", -1, 2)))
                .isPresent();
        assertThat(translator.translate(open("/", AT_FDCWD, "", "/usr/lib/../../home/agent/x", -1, 2)))
                .isPresent();
    }

    @Test
    void keepsTheFlagsThatTellLookingFromReading() {
        TraceMessage.Opened opened = new TraceMessage.Opened(
                context("/", 7), AT_FDCWD, "", "/home/agent/.ssh/id_rsa", 0x288000, 0, 3, 0, false);
        assertThat(event(opened).getFileOpened().getFlags()).isEqualTo(0x288000);
    }

    @Test
    void takesAProcessThatUsesANumberAgainForAnotherOne() {
        TraceMessage.Context first = context("", 7);
        TraceMessage.Context second = new TraceMessage.Context(2000, 7, 1500, 7, 1500, 1000, "", "", "sh");
        translator.translate(new TraceMessage.ChangedDirectory(first, AT_FDCWD, "", "/home/agent/.ssh", 0));
        translator.translate(open("", AT_FDCWD, "", "/home/agent/.ssh", 9, 0));
        assertThat(removed(7, "id_rsa")).isEqualTo("/home/agent/.ssh/id_rsa");
        assertThat(event(named(7, "id_rsa"))
                        .getFileChanged()
                        .getActor()
                        .getProcess()
                        .getStartTimeNs())
                .isEqualTo(700);

        translator.translate(new TraceMessage.Cloned(context("/workspace", 3), 7, 7, 1500, 17));
        assertThat(removed(7, "id_rsa")).isEqualTo("/workspace/id_rsa");
        Event opened =
                event(new TraceMessage.Opened(second, AT_FDCWD, "", "/proc/self/fd/9/id_rsa", 0, 0, 3, 0, false));
        assertThat(opened.getFileOpened().getPath()).isEqualTo("/proc/self/fd/9/id_rsa");
        Event again = event(named(7, "id_rsa"));
        assertThat(again.getFileChanged().getActor().getProcess().getStartTimeNs())
                .isEqualTo(1500);
    }

    @Test
    void givesALineOfAnUnknownProcessNoStartTime() {
        assertThat(event(named(99, "/x")).getFileChanged().getActor().getProcess())
                .isEqualTo(ProcessRef.newBuilder().setThreadGroup(99).build());
    }

    @Test
    void resolvesTheSecondFolderOfARenameByItsDescriptor() {
        translator.translate(open("/", AT_FDCWD, "", "/workspace/src", 9, 0));
        NamedCall call = new NamedCall(
                1000,
                7,
                7,
                "sh",
                "renameat",
                0,
                new NamedCall.What.Change(
                        "rename",
                        new NamedCall.Name("/workspace/src", 9, "a"),
                        java.util.Optional.of(new NamedCall.Name("", 9, "../b"))));
        Event event = translator.translate(call).orElseThrow().payload().build();
        assertThat(event.getFileChanged().getPath()).isEqualTo("/workspace/src/a");
        assertThat(event.getFileChanged().getNewPath()).isEqualTo("/workspace/b");
    }

    @Test
    void takesALinksTextFromWhereTheLinkIs() {
        NamedCall call = new NamedCall(
                1000,
                7,
                7,
                "sh",
                "symlink",
                0,
                new NamedCall.What.Change(
                        "symlink",
                        NamedCall.Name.inWorkingDirectory("../.ssh"),
                        java.util.Optional.of(NamedCall.Name.inWorkingDirectory("/home/agent/x/keys"))));
        Event event = translator.translate(call).orElseThrow().payload().build();
        assertThat(event.getFileChanged().getPath()).isEqualTo("/home/agent/.ssh");
        assertThat(event.getFileChanged().getNewPath()).isEqualTo("/home/agent/x/keys");
    }

    private static NamedCall named(int group, String path) {
        return new NamedCall(
                1000,
                group,
                group,
                "sh",
                "unlink",
                0,
                new NamedCall.What.Change(
                        "unlink", NamedCall.Name.inWorkingDirectory(path), java.util.Optional.empty()));
    }

    private String removed(int group, String path) {
        return event(named(group, path)).getFileChanged().getPath();
    }

    private Event event(NamedCall call) {
        return translator.translate(call).orElseThrow().payload().build();
    }

    @Test
    void tellsThreadsFromProcesses() {
        Event process = event(new TraceMessage.Cloned(context("/", 7), 9, 9, 900, 17));
        assertThat(process.getProcessForked().getChild())
                .isEqualTo(ProcessRef.newBuilder()
                        .setThreadGroup(9)
                        .setStartTimeNs(900)
                        .build());
        Event thread = event(new TraceMessage.Cloned(context("/", 7), 10, 7, 950, 17));
        assertThat(thread.getProcessForked().getChild())
                .isEqualTo(thread.getProcessForked().getActor().getProcess());
        assertThat(thread.getProcessForked().getChildThread()).isEqualTo(10);
    }

    @Test
    void publishesTheEndOfAProcessOnce() {
        assertThat(translator.translate(new TraceMessage.TaskExited(context("/", 7), 0)))
                .isEmpty();
        assertThat(event(new TraceMessage.ParentNotified(context("", 7), 256))
                        .getProcessExited()
                        .getWaitStatus())
                .isEqualTo(256);
        TraceMessage.Context first = new TraceMessage.Context(1000, 1, 100, 1, 100, 0, "", "/", "init");
        assertThat(translator.firstProcessExited()).isFalse();
        assertThat(translator.translate(new TraceMessage.TaskExited(first, 0))).isPresent();
        assertThat(translator.firstProcessExited()).isTrue();
        assertThat(translator.translate(new TraceMessage.ParentNotified(first, 0)))
                .isEmpty();
    }

    @Test
    void tellsTheFirstProcessByItsContainerAndNothingOfTheOneThatKeepsTheKernelOpen() {
        TraceMessage.Context pausing =
                new TraceMessage.Context(1000, 1, 100, 1, 100, 65_533, "kernel-0123456789ab", "/", "plumbline-guest");
        assertThat(translator.translate(new TraceMessage.ContainerStarted(
                        pausing, "/", List.of("/plumbline-guest", "pause"), TraceMessage.Environment.NONE, false)))
                .isEmpty();
        TraceMessage.Context first = new TraceMessage.Context(2000, 3, 1900, 3, 1900, 1000, "session", "/", "relay");
        Event started = event(
                new TraceMessage.ContainerStarted(first, "/", List.of("relay"), TraceMessage.Environment.NONE, false));
        assertThat(started.getProcessStarted().getFirst()).isTrue();
        assertThat(started.getProcessStarted().getActor().getProcess().getThreadGroup())
                .isEqualTo(3);
        assertThat(translator.translate(new TraceMessage.TaskExited(pausing, 9)))
                .isEmpty();
        assertThat(translator.firstProcessExited()).isFalse();
        assertThat(translator.translate(new TraceMessage.TaskExited(first, 0))).isPresent();
        assertThat(translator.firstProcessExited()).isTrue();
        assertThat(translator.processesStarted()).isEqualTo(1);
    }

    @Test
    void reportsExecsThatFailedAndLeavesTheOthersToTheirOwnMessage() {
        TraceMessage.ExecTried failed = new TraceMessage.ExecTried(
                context("/workspace", 7),
                AT_FDCWD,
                "",
                "./x",
                List.of("x"),
                TraceMessage.Environment.NONE,
                OptionalLong.of(2),
                false);
        Event event = event(failed);
        assertThat(event.getProcessStarted().getFailed()).isTrue();
        assertThat(event.getProcessStarted().getBinary()).isEqualTo("/workspace/x");
        assertThat(translator.translate(new TraceMessage.ExecTried(
                        context("/", 7),
                        0,
                        "",
                        "/x",
                        List.of(),
                        TraceMessage.Environment.NONE,
                        OptionalLong.of(0),
                        false)))
                .isEmpty();
    }

    @Test
    void namesWhatWasCut() {
        assertThat(event(new TraceMessage.Executed(
                                context("/", 7), "/x", List.of("x"), TraceMessage.Environment.NONE, "", true))
                        .getTruncatedList())
                .containsExactly("argv");
    }

    @ParameterizedTest
    @CsvSource({
        "02001f917f0000010000000000000000, inet, 127.0.0.1, 8081",
        "0a0000350000000000000000000000000000000000000001, inet6, 0:0:0:0:0:0:0:1, 53",
        "01002f72756e2f782e736f636b0041424344, unix, /run/x.sock, 0",
        "0100006e616d65, unix, @name, 0",
        "0100, unix, '', 0",
        "0200, other, '', 0",
        "1000, other, '', 0",
        "'', other, '', 0",
    })
    void decodesSocketAddresses(String hex, String family, String address, int port) {
        assertThat(SocketAddresses.decode(HexFormat.of().parseHex(hex)))
                .isEqualTo(Endpoint.newBuilder()
                        .setFamily(family)
                        .setAddress(address)
                        .setPort(port)
                        .build());
    }

    private Event event(TraceMessage message) {
        return translator.translate(message).orElseThrow().payload().build();
    }

    private String opened(TraceMessage message) {
        return event(message).getFileOpened().getPath();
    }

    private static TraceMessage.Opened open(
            String cwd, long directory, String directoryPath, String path, long result, long error) {
        return new TraceMessage.Opened(context(cwd, 7), directory, directoryPath, path, 0, 0, result, error, false);
    }

    private static TraceMessage.Context context(String cwd, int group) {
        return new TraceMessage.Context(1000, group, 700, group, 700, 1000, "", cwd, "sh");
    }
}
