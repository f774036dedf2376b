package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
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
    private static final Pattern DURATION = Pattern.compile("([1-9]\\d{0,5})([smh])");

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
            Table table = new Table("APPROVAL", "TIER", "STATE", "SHA256", "CLAUSE", "SUBJECT");
            for (JsonNode row : answer.path("approvals")) {
                table.row(
                        row.path("id").asText(),
                        row.path("tier").asText(),
                        SessionsCommand.named(
                                        row.path("settled").asText().equals("needs_second")
                                                ? "needs a second person"
                                                : "",
                                        row)
                                .strip(),
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

    @Command(
            name = "approve",
            mixinStandardHelpOptions = true,
            description = "Let the call run: once, or the same bytes again for as long as --for-session says.")
    int approve(
            @Parameters(paramLabel = "APPROVAL") String approval,
            @Option(names = "--sha256", required = true, description = "First digits (>= 12) of the bytes' hash.")
                    String sha256,
            @Option(
                            names = "--for-session",
                            paramLabel = "DURATION",
                            description =
                                    "Hold for the same bytes in this session, such as 30m or 1h; at most as long as the policy says.")
                    @Nullable
                    String forSession,
            @Option(names = "--reason", required = true) String reason) {
        Duration session = forSession == null ? Duration.ZERO : duration(forSession);
        ConsoleApi api = ConsoleApi.of(Layout.current());
        JsonNode asked = pending(api, approval);
        long people = asked.path("people_needed").asLong(1);
        if (people > 1) {
            throw new CommandException(approval + ": the policy asks " + people
                    + " people (expected: that each approves in the console; the token of the API proves nobody)");
        }
        String subject = asked.path("subject_sha256").asText();
        if (sha256.length() < 12 || !subject.startsWith(sha256)) {
            throw new CommandException(
                    "--sha256 " + sha256 + " (expected: at least 12 digits of " + subject + ")", ExitCodes.USAGE);
        }
        api.approve(approval, reason, subject, session);
        return tell(approval + ": approval ordered" + (forSession == null ? "" : " for " + forSession));
    }

    @Command(
            name = "deny",
            mixinStandardHelpOptions = true,
            description = "Refuse the call; the reason goes to the agent.")
    int deny(
            @Parameters(paramLabel = "APPROVAL") String approval,
            @Option(names = "--reason", required = true) String reason) {
        ConsoleApi api = ConsoleApi.of(Layout.current());
        api.deny(approval, reason, pending(api, approval).path("subject_sha256").asText());
        return tell(approval + ": denial ordered");
    }

    /** Whole seconds, minutes or hours: 90s, 30m, 1h; as policies write them. */
    static Duration duration(String text) {
        Matcher matcher = DURATION.matcher(text);
        if (!matcher.matches()) {
            throw new CommandException(
                    "--for-session " + text + " (expected: a duration such as 90s, 30m or 1h)", ExitCodes.USAGE);
        }
        long amount = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "s" -> Duration.ofSeconds(amount);
            case "m" -> Duration.ofMinutes(amount);
            default -> Duration.ofHours(amount);
        };
    }

    private int tell(String line) {
        spec.commandLine().getOut().println(line);
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }

    private static JsonNode pending(ConsoleApi api, String approval) {
        for (JsonNode row : api.pendingApprovals().path("approvals")) {
            if (row.path("id").asText().equals(approval)) {
                return row;
            }
        }
        throw new CommandException("approval " + approval + " is not pending", ExitCodes.NOT_FOUND);
    }
}
