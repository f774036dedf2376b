package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.plumbline.sandbox.probe.Finding;
import io.plumbline.sandbox.probe.HostProbe;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.MachineChecks;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks this machine, and says for each what to do. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = {
            "Check this machine: JDK, runsc, platform, kernel, rights, ports, disk; says for each what to do.",
            "Lives a small sandbox to see that trace and freeze work. Exit code 5 when sandboxes cannot run here."
        })
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Option(names = "--console-port", defaultValue = "0", description = "Check that this port is free.")
    private int consolePort;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        Layout layout = Layout.current();
        layout.create();
        PrintWriter out = spec.commandLine().getOut();
        List<Finding> findings = new ArrayList<>(MachineChecks.run(layout, consolePort));
        findings.addAll(new HostProbe(layout.runsc(), layout.guest(), layout.hostData()).run());
        if (json) {
            ArrayNode list = new ObjectMapper().createArrayNode();
            for (Finding finding : findings) {
                list.addObject()
                        .put("check", finding.check())
                        .put("grade", finding.grade().name().toLowerCase(Locale.ROOT))
                        .put("found", finding.found())
                        .put("remedy", finding.remedy());
            }
            out.println(list);
        } else {
            for (Finding finding : findings) {
                out.printf("%-5s %-20s %s%n", finding.grade(), finding.check(), finding.found());
                if (!finding.remedy().isEmpty()) {
                    out.printf("%-26s -> %s%n", "", finding.remedy());
                }
            }
        }
        out.flush();
        boolean unfit = findings.stream().anyMatch(finding -> finding.grade() == Finding.Grade.FAIL);
        return unfit ? ExitCodes.UNFIT : ExitCodes.OK;
    }
}
