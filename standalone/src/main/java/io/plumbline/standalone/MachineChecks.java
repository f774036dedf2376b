package io.plumbline.standalone;

import io.plumbline.sandbox.probe.Finding;
import io.plumbline.sandbox.probe.Finding.Grade;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What the process tree needs of a machine beside the sandboxes. */
public final class MachineChecks {
    private static final long MEMORY_MEGABYTES = 4_096;

    private MachineChecks() {}

    /** @param consolePort the port that the console is to have; 0: any */
    public static List<Finding> run(Layout layout, int consolePort) {
        List<Finding> findings = new ArrayList<>();
        findings.add(memory());
        findings.add(port("console port", consolePort));
        findings.add(home(layout));
        return findings;
    }

    private static Finding memory() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/meminfo"))) {
                if (line.startsWith("MemAvailable:")) {
                    long megabytes = Long.parseLong(line.replaceAll("\\D", "")) / 1024;
                    return megabytes >= MEMORY_MEGABYTES
                            ? new Finding("memory", Grade.OK, megabytes + " MB available", "")
                            : new Finding(
                                    "memory",
                                    Grade.WARN,
                                    megabytes + " MB available",
                                    "free memory: " + MEMORY_MEGABYTES + " MB are comfortable");
                }
            }
        } catch (IOException e) {
            return new Finding("memory", Grade.WARN, "unknown: " + e.getMessage(), "mount /proc");
        }
        return new Finding("memory", Grade.WARN, "unknown", "");
    }

    private static Finding port(String check, int port) {
        try (ServerSocket probe = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return new Finding(check, Grade.OK, port == 0 ? "any free one" : probe.getLocalPort() + " is free", "");
        } catch (IOException e) {
            return new Finding(
                    check, Grade.FAIL, port + " is taken on 127.0.0.1", "choose another one, or 0 for any free one");
        }
    }

    private static Finding home(Layout layout) {
        return Files.isWritable(layout.home())
                ? new Finding("home", Grade.OK, layout.home().toString(), "")
                : new Finding(
                        "home",
                        Grade.FAIL,
                        layout.home() + " cannot be written",
                        "set " + Layout.HOME_VARIABLE + " to a writable folder");
    }
}
