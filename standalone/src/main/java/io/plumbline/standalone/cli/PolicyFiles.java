package io.plumbline.standalone.cli;

import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicySignature;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.sandbox.session.RunClient;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A policy file and the signature beside it. */
final class PolicyFiles {
    private PolicyFiles() {}

    static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new CommandException("policy " + file + " (expected: a readable file)", ExitCodes.USAGE);
        }
    }

    static TaskPolicy parse(Path file, String yaml) {
        return parse(file, yaml, PolicyLevels.NONE);
    }

    static TaskPolicy parse(Path file, String yaml, PolicyLevels above) {
        try {
            return above.task(yaml);
        } catch (PolicyException e) {
            throw new CommandException(file + ": " + e.getMessage(), ExitCodes.USAGE);
        }
    }

    /** Where the signature of a policy file lies. */
    static Path signatureOf(Path policy) {
        return policy.resolveSibling(policy.getFileName() + ".sig");
    }

    /** The text of the signature beside the file; empty when there is none. */
    static String signature(Path policy) {
        Path file = signatureOf(policy);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return "";
        }
        try {
            if (Files.size(file) > PolicySignature.MAX_CHARACTERS) {
                throw new CommandException(
                        "policy signature " + file + ": " + Files.size(file) + " bytes (expected: <= "
                                + PolicySignature.MAX_CHARACTERS + ")",
                        ExitCodes.USAGE);
            }
            return Files.readString(file);
        } catch (IOException e) {
            throw new CommandException("policy signature " + file + " (expected: a readable file)", ExitCodes.USAGE);
        }
    }

    /** What the sandbox host refused, with the file's name when it is about its signature. */
    static CommandException refused(@Nullable Path policy, RunClient.RefusedException refusal) {
        String message = String.valueOf(refusal.getMessage());
        return new CommandException(
                policy != null && message.startsWith("policy signature") ? policy + ": " + message : message);
    }
}
