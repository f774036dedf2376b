package io.plumbline.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.v1.Actor;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Connected;
import io.plumbline.events.v1.Endpoint;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import io.plumbline.rules.sigma.LogSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Supplier;

/** Process starts from a seed: what a busy Windows desktop and an agent in a sandbox run all day. Mostly harmless, as events are. */
final class GeneratedActs {
    static final LogSource WINDOWS = new LogSource("process_creation", "windows", "");
    static final LogSource LINUX = new LogSource("process_creation", "linux", "");
    private static final List<String> WINDOWS_IMAGES = List.of(
            "C:\\Windows\\System32\\svchost.exe",
            "C:\\Windows\\System32\\conhost.exe",
            "C:\\Windows\\System32\\cmd.exe",
            "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe",
            "C:\\Windows\\explorer.exe",
            "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
            "C:\\Windows\\System32\\taskhostw.exe",
            "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE",
            "C:\\Windows\\System32\\rundll32.exe",
            "C:\\Windows\\System32\\reg.exe",
            "C:\\Windows\\System32\\schtasks.exe",
            "C:\\Windows\\System32\\wbem\\WmiPrvSE.exe",
            "C:\\Users\\ann\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe",
            "C:\\Windows\\System32\\net.exe");
    private static final List<String> WINDOWS_TAILS = List.of(
            "-k netsvcs -p -s Schedule",
            "0xffffffff -ForceV1",
            "/c dir C:\\Users\\ann\\Documents",
            "-NoProfile -Command Get-Process | Sort-Object CPU",
            "--type=renderer --lang=de --num-raster-threads=4",
            "query HKCU\\Software\\Microsoft\\Office /s",
            "/query /tn \\Microsoft\\Windows\\Defrag\\ScheduledDefrag",
            "C:\\Windows\\System32\\shell32.dll,Control_RunDLL desk.cpl",
            "view \\\\fileserver",
            "/Embedding",
            "-File C:\\Scripts\\backup.ps1 -Target D:\\Backup",
            "--crash-handler-pid=4712 --no-sandbox");
    private static final List<String> LINUX_IMAGES = List.of(
            "/usr/bin/ls",
            "/usr/bin/cat",
            "/usr/bin/grep",
            "/usr/bin/find",
            "/usr/bin/git",
            "/usr/bin/node",
            "/usr/bin/npm",
            "/usr/bin/python3",
            "/usr/bin/bash",
            "/usr/bin/sed",
            "/usr/bin/rg",
            "/usr/bin/make",
            "/usr/bin/mvn",
            "/usr/bin/tar",
            "/usr/bin/curl");
    private static final List<String> LINUX_TAILS = List.of(
            "-la src/main",
            "README.md",
            "-rn TODO src",
            ". -name *.java -newer pom.xml",
            "status --porcelain",
            "diff --stat HEAD~1",
            "run test -- --watch=false",
            "-m pytest -q tests/unit",
            "-c \"cd /workspace && make -j4\"",
            "-n 1,80p src/index.ts",
            "--files --hidden --glob !.git",
            "-q -o package -DskipTests",
            "czf /tmp/build.tgz dist",
            "-fsSL https://registry.npmjs.org/left-pad",
            "log --oneline -20",
            "commit -m \"Fix the parser\"");

    private final Random random;

    GeneratedActs(long seed) {
        random = new Random(seed);
    }

    private String pick(List<String> list) {
        return list.get(random.nextInt(list.size()));
    }

    private String word() {
        StringBuilder word = new StringBuilder();
        for (int i = 4 + random.nextInt(9); i > 0; i--) {
            word.append((char) ('a' + random.nextInt(26)));
        }
        return word.toString();
    }

    /** Process starts of Windows as Sysmon writes them, one JSON object each. */
    List<String> sysmon(int count) {
        return sysmon(count, () -> pick(WINDOWS_IMAGES), () -> pick(WINDOWS_TAILS));
    }

    /** The same, but no path, user or command line comes twice: what a set of rules costs on events that share nothing. */
    List<String> unrepeatedSysmon(int count) {
        return sysmon(
                count,
                () -> pick(WINDOWS_IMAGES).replaceFirst("([^\\\\]+)$", word() + "\\\\$1"),
                () -> pick(WINDOWS_TAILS) + " " + word());
    }

    private List<String> sysmon(int count, Supplier<String> images, Supplier<String> tails) {
        List<String> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String image = images.get();
            String parent = images.get();
            String name = image.substring(image.lastIndexOf('\\') + 1);
            events.add(new ObjectMapper()
                    .createObjectNode()
                    .put("EventID", 1)
                    .put("Channel", "Microsoft-Windows-Sysmon/Operational")
                    .put("UtcTime", "2026-11-24 08:30:15." + random.nextInt(1000))
                    .put("ProcessGuid", "{" + Long.toHexString(random.nextLong()) + "}")
                    .put("ProcessId", random.nextInt(60_000))
                    .put("Image", image)
                    .put("OriginalFileName", name)
                    .put("Company", "Microsoft Corporation")
                    .put("Description", "Windows " + word())
                    .put("CommandLine", "\"" + image + "\" " + tails.get() + " " + word())
                    .put("CurrentDirectory", "C:\\Users\\ann\\" + word() + "\\")
                    .put("User", "CORP\\" + word())
                    .put("LogonId", "0x" + Integer.toHexString(random.nextInt()))
                    .put("IntegrityLevel", random.nextInt(4) == 0 ? "High" : "Medium")
                    .put(
                            "Hashes",
                            "SHA256=" + Long.toHexString(random.nextLong()) + Long.toHexString(random.nextLong()))
                    .put("ParentImage", parent)
                    .put("ParentCommandLine", parent + " " + tails.get())
                    .toString());
        }
        return events;
    }

    private String linuxCommand(String image) {
        return image.substring(image.lastIndexOf('/') + 1) + " " + pick(LINUX_TAILS) + " " + word();
    }

    /** Process starts of Linux, one JSON object each. */
    List<String> linux(int count) {
        List<String> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            String image = pick(LINUX_IMAGES);
            events.add(new ObjectMapper()
                    .createObjectNode()
                    .put("Image", image)
                    .put("CommandLine", linuxCommand(image))
                    .put("ParentImage", "/usr/bin/bash")
                    .put("ParentCommandLine", "/usr/bin/bash -c " + word())
                    .put("CurrentDirectory", "/workspace/" + word())
                    .put("User", "root")
                    .put("ProcessId", random.nextInt(60_000))
                    .toString());
        }
        return events;
    }

    /** What an agent's session sends: of ten events six opened files, two processes, a call, and in turn a connection or a result. */
    List<Event> session(int count) {
        Actor actor = Actor.newBuilder()
                .setProcess(ProcessRef.newBuilder().setThreadGroup(35).setStartTimeNs(7))
                .setName("node")
                .setCwd("/workspace")
                .setUid(1000)
                .build();
        List<Event> events = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            Event.Builder event = Event.newBuilder()
                    .setId(Long.toHexString(random.nextLong()))
                    .setTenant("bench")
                    .setHost("host-1")
                    .setSession("session-" + i % 20)
                    .setChannel(Channel.EVIDENCE)
                    .setEventTimeNs(1_000_000L * i);
            String image = pick(LINUX_IMAGES);
            switch (i % 10) {
                case 0, 5 ->
                    event.setProcessStarted(ProcessStarted.newBuilder()
                            .setActor(actor)
                            .setBinary(image)
                            .addAllArgv(List.of(linuxCommand(image).split(" ", -1)))
                            .addAllEnvNames(List.of("PATH", "HOME", "LANG", "TERM")));
                case 4 ->
                    event.setChannel(Channel.CLAIMS)
                            .setToolCall(ToolCall.newBuilder()
                                    .setCall("toolu_" + i)
                                    .setTool("Bash")
                                    .setCommand(linuxCommand(image)));
                case 9 -> {
                    if (i % 20 == 9) {
                        event.setConnected(Connected.newBuilder()
                                .setActor(actor)
                                .setPeer(Endpoint.newBuilder()
                                        .setFamily("inet")
                                        .setAddress("10.0.0." + random.nextInt(256))
                                        .setPort(443)));
                    } else {
                        event.setChannel(Channel.CLAIMS)
                                .setToolResult(ToolResult.newBuilder()
                                        .setCall("toolu_" + i)
                                        .setTool("Bash"));
                    }
                }
                default ->
                    event.setFileOpened(FileOpened.newBuilder()
                            .setActor(actor)
                            .setPath("/workspace/src/" + word() + "/" + word() + ".java"));
            }
            events.add(event.build());
        }
        return events;
    }
}
