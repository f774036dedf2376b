package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.events.policy.PolicyComparison;
import io.plumbline.events.policy.PolicyComparison.Change;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyExplanation;
import io.plumbline.events.policy.PolicyExplanation.Explanation;
import io.plumbline.events.policy.PolicyLint;
import io.plumbline.events.policy.PolicyLint.Finding;
import io.plumbline.events.policy.ShippedPolicies;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.agents.Agent;
import io.plumbline.sandbox.rootfs.Bundle;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.watcher.CallExplanation;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What a policy says, without a platform. */
final class PolicyQuestions {
    private PolicyQuestions() {}

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    @Command(
            name = "lint",
            aliases = "check",
            mixinStandardHelpOptions = true,
            description = {
                "Say what is wrong with a policy file, and what its author hardly meant.",
                "Exit code 1 when there is an error among the findings, 2 when it is no policy."
            })
    static final class Lint implements Callable<Integer> {
        @Parameters(paramLabel = "FILE", description = "Task policy, YAML.")
        private Path file;

        @Mixin
        private final PolicyAbove above = new PolicyAbove();

        @Mixin
        private final Answers answers = new Answers();

        @Override
        public Integer call() {
            TaskPolicy policy = above.task(file);
            List<Finding> findings = PolicyLint.of(policy);
            for (Finding finding : findings) {
                answers.tell(
                        Answers.object()
                                .put("level", word(finding.level()))
                                .put("rule", finding.rule())
                                .put("key", finding.key())
                                .put("message", finding.message()),
                        "%-8s%s: %s [%s]"
                                .formatted(word(finding.level()), finding.key(), finding.message(), finding.rule()));
            }
            answers.line(policy.getName() + ": " + policy.getFilesCount() + " file rules (defaults included), "
                    + policy.getEgressCount() + " destinations, workspace " + policy.getWorkspaceMode());
            return findings.stream().anyMatch(finding -> finding.level() == PolicyLint.Level.ERROR)
                    ? ExitCodes.FAILED
                    : ExitCodes.OK;
        }
    }

    @Command(
            name = "explain",
            mixinStandardHelpOptions = true,
            description = {
                "Say what a policy answers to one act, and by which clause.",
                "Acts: read PATH, write PATH, connect HOST[:PORT], tool NAME, call COMMAND.",
                "Paths start with /, ~/ or ${workspace}, as seen inside. A command is a shell's, in quotes; scopes and expressions answer it,"
                        + " rules and model do not."
            })
    static final class Explain implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "FILE", description = "Task policy, YAML.")
        private Path file;

        @Parameters(index = "1", paramLabel = "VERB", description = "read, write, connect, tool or call.")
        private String verb;

        @Parameters(index = "2", paramLabel = "OBJECT", description = "What it is done to.")
        private String object;

        @Mixin
        private final PolicyAbove above = new PolicyAbove();

        @Mixin
        private final Answers answers = new Answers();

        @Override
        public Integer call() {
            TaskPolicy policy = above.task(file);
            if (verb.equals("call")) {
                return call(CallExplanation.of(policy, Agent.HOME, Bundle.WORKSPACE, object));
            }
            Explanation explanation;
            try {
                explanation = PolicyExplanation.of(policy, Agent.HOME, Bundle.WORKSPACE, verb, object);
            } catch (PolicyException e) {
                throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
            }
            ObjectNode object =
                    Answers.object().put("answer", word(explanation.answer())).put("clause", explanation.clause());
            explanation.conditions().forEach(object.putArray("conditions")::add);
            answers.tell(object, word(explanation.answer()) + "  " + explanation.clause());
            explanation.conditions().forEach(condition -> answers.line("  if " + condition));
            return ExitCodes.OK;
        }

        private int call(CallExplanation explained) {
            String answer =
                    explained.freezes() ? "freeze" : word(explained.answer().getDecision());
            String reason = explained.answer().getReason();
            answers.tell(
                    Answers.object().put("answer", answer).put("reason", reason).put("needs", explained.needs()),
                    reason.isEmpty() ? answer : answer + "  " + reason);
            answers.line("  " + explained.needs());
            return ExitCodes.OK;
        }
    }

    @Command(
            name = "diff",
            mixinStandardHelpOptions = true,
            description = {
                "Say what the second policy allows more (wider) or less (tighter) than the first.",
                "Exit code 1 when something is wider."
            })
    static final class Diff implements Callable<Integer> {
        @Parameters(index = "0", paramLabel = "BEFORE", description = "Task policy, YAML.")
        private Path before;

        @Parameters(index = "1", paramLabel = "AFTER", description = "Task policy, YAML.")
        private Path after;

        @Mixin
        private final PolicyAbove above = new PolicyAbove();

        @Mixin
        private final Answers answers = new Answers();

        @Override
        public Integer call() {
            List<Change> changes = PolicyComparison.between(above.task(before), above.task(after));
            for (Change change : changes) {
                answers.tell(
                        Answers.object()
                                .put("key", change.key())
                                .put("direction", word(change.direction()))
                                .put("before", change.before())
                                .put("after", change.after()),
                        change.toString());
            }
            if (changes.isEmpty()) {
                answers.line("no difference");
            }
            return changes.stream().anyMatch(change -> change.direction() == PolicyComparison.Direction.WIDER)
                    ? ExitCodes.FAILED
                    : ExitCodes.OK;
        }
    }

    @Command(
            name = "show",
            mixinStandardHelpOptions = true,
            description = {
                "Print a shipped policy, to be taken as it is or as a beginning; without a name, list them.",
                "show schema prints the JSON Schema of policies, for editors."
            })
    static final class Show implements Callable<Integer> {
        private static final String SCHEMA = "schema";

        @Parameters(
                arity = "0..1",
                paramLabel = "NAME",
                defaultValue = "",
                description = "Name of a shipped policy, or schema.")
        private String name;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            if (name.isEmpty()) {
                ShippedPolicies.NAMES.forEach(shipped -> out.println("%-18s%s"
                        .formatted(
                                shipped,
                                ShippedPolicies.yaml(shipped)
                                        .lines()
                                        .findFirst()
                                        .orElse("")
                                        .substring(2))));
            } else if (name.equals(SCHEMA)) {
                out.print(ShippedPolicies.schema());
            } else {
                try {
                    out.print(ShippedPolicies.yaml(name));
                } catch (IllegalArgumentException e) {
                    throw new CommandException(String.valueOf(e.getMessage()), ExitCodes.USAGE);
                }
            }
            out.flush();
            return ExitCodes.OK;
        }
    }
}
