package io.plumbline.standalone.cli;

import io.plumbline.events.policy.PolicyLevels;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.v1.TaskPolicy;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that name the policies above a task's. */
final class PolicyAbove {
    @Option(
            names = "--organisation",
            paramLabel = "FILE",
            description = "The organisation's policy above it (a host's policy.organisation-file).")
    private @Nullable Path organisation;

    @Option(
            names = "--repository",
            paramLabel = "FILE",
            description = "The repository's policy above it (.plumbline/policy.yaml of a workspace).")
    private @Nullable Path repository;

    /** The policy in a file, below these. */
    TaskPolicy task(Path file) {
        return PolicyFiles.parse(
                file, PolicyFiles.read(file), new PolicyLevels(level(organisation), level(repository)));
    }

    private static Optional<Level> level(@Nullable Path file) {
        return Optional.ofNullable(file).map(path -> new Level(path.toString(), PolicyFiles.read(path)));
    }
}
