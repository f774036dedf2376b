package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Lists the approvals that agents wait for, and decides them. */
@Command(
        name = "approvals",
        mixinStandardHelpOptions = true,
        description = "List the approvals that agents wait for; approve or deny one.")
final class ApprovalsCommand implements Callable<Integer> {
    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        JsonNode answer = ConsoleApi.of(Layout.current()).pendingApprovals();
        if (json) {
            out.println(answer.toPrettyString());
        } else {
            Table table = new Table("APPROVAL", "TIER", "SHA256", "CLAUSE", "SUBJECT");
            for (JsonNode row : answer.path("approvals")) {
                table.row(
                        row.path("approval").asText(),
                        row.path("tier").asText(),
                        row.path("subject_sha256")
                                .asText()
                                .substring(
                                        0,
                                        Math.min(
                                                12,
                                                row.path("subject_sha256")
                                                        .asText()
                                                        .length())),
                        row.path("clause").asText(),
                        row.path("subject").asText());
            }
            out.print(table);
        }
        out.flush();
        return ExitCodes.OK;
    }

    @Command(name = "approve", mixinStandardHelpOptions = true, description = "Let the call run, once.")
    int approve(
            @Parameters(paramLabel = "APPROVAL") String approval,
            @Option(names = "--sha256", required = true, description = "First digits (>= 12) of the bytes' hash.")
                    String sha256,
            @Option(names = "--reason", required = true) String reason) {
        return decide(approval, true, reason, sha256);
    }

    @Command(
            name = "deny",
            mixinStandardHelpOptions = true,
            description = "Refuse the call; the reason goes to the agent.")
    int deny(
            @Parameters(paramLabel = "APPROVAL") String approval,
            @Option(names = "--reason", required = true) String reason) {
        return decide(approval, false, reason, "");
    }

    private int decide(String approval, boolean approved, String reason, String sha256) {
        ConsoleApi api = ConsoleApi.of(Layout.current());
        for (JsonNode row : api.pendingApprovals().path("approvals")) {
            if (!row.path("approval").asText().equals(approval)) {
                continue;
            }
            String subject = row.path("subject_sha256").asText();
            if (approved && (sha256.length() < 12 || !subject.startsWith(sha256))) {
                throw new CommandException(
                        "--sha256 " + sha256 + " (expected: at least 12 digits of " + subject + ")", ExitCodes.USAGE);
            }
            api.decide(approval, approved, reason, subject);
            spec.commandLine().getOut().println(approval + (approved ? " approved" : " denied"));
            spec.commandLine().getOut().flush();
            return ExitCodes.OK;
        }
        throw new CommandException("approval " + approval + " is not pending", ExitCodes.NOT_FOUND);
    }
}
