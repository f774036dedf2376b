package io.plumbline.sandbox.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.sandbox.runtime.Freezer;
import io.plumbline.sandbox.testing.Guest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Containers of real runtimes, frozen, thawed and killed. Needs root, podman, docker, runc, containerd. */
class ContainerBrakeIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** Many times what the counting process needs for one step. */
    private static final Duration STANDSTILL = Duration.ofMillis(300);

    private static final Duration CALL = Duration.ofSeconds(20);

    /** A runtime that answers is not to be missed on a busy machine, one that does not is not to be waited for for long. */
    private static final Duration PATIENT = Duration.ofSeconds(20);

    private static final Duration IMPATIENT = Duration.ofMillis(500);

    private @Nullable RealRuntime runtime;

    @AfterEach
    void leaveNothing() throws Exception {
        if (runtime != null) {
            runtime.close();
        }
    }

    private RealRuntime start(RealRuntime.Kind kind) throws Exception {
        RealRuntime started = RealRuntime.start(kind, Guest.program());
        runtime = started;
        return started;
    }

    private static Freezer freezer(ContainerControl control, Duration limit) throws Exception {
        Optional<HostProcesses> host = HostProcesses.of(control.inspect(CALL), control.local());
        assertThat(host).as("its processes are on this host").isPresent();
        return new Freezer(new ContainerBrake(control, host, limit));
    }

    private static void assertStandsStill(RealRuntime runtime) throws Exception {
        long before = runtime.count();
        await().pollDelay(STANDSTILL).atMost(LIMIT).until(() -> true);
        assertThat(runtime.count()).isEqualTo(before);
    }

    private static void assertGoesOn(RealRuntime runtime) throws Exception {
        long before = runtime.count();
        await().atMost(LIMIT).until(() -> runtime.count() > before);
    }

    @ParameterizedTest
    @EnumSource
    void standsStillWhileFrozenAndGoesOnWhereItWas(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, PATIENT);

            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen(control.mechanism(), false));
            assertStandsStill(runtime);
            assertThat(control.inspect(CALL).status()).isEqualTo(ContainerControl.Status.PAUSED);
            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen(control.mechanism(), true));

            assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
            assertGoesOn(runtime);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatSomebodyElsePausedOrLetGoIsNoError(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, PATIENT);
            control.pause(CALL);

            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen(control.mechanism(), false));
            runtime.unpauseByHand();
            assertGoesOn(runtime);
            assertThat(freezer.hold()).isEqualTo(new Freezer.Outcome.Frozen(control.mechanism(), false));
            assertStandsStill(runtime);
            runtime.unpauseByHand();
            assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFrozenContainerIsKilledWithoutAFurtherStep(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, PATIENT);
            assertThat(freezer.freeze()).isInstanceOf(Freezer.Outcome.Frozen.class);
            long frozenAt = runtime.count();

            assertThat(freezer.kill()).isTrue();

            await().atMost(LIMIT)
                    .until(() -> control.inspect(CALL).status() == ContainerControl.Status.STOPPED
                            || control.inspect(CALL).status() == ContainerControl.Status.ABSENT);
            assertThat(runtime.count()).isEqualTo(frozenAt);
            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Dead());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aContainerThatHasEndedIsSaidToBeDead(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, PATIENT);
            runtime.killByHand();
            await().atMost(LIMIT).until(() -> control.inspect(CALL).status() == ContainerControl.Status.STOPPED);

            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Dead());
            assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Dead());
        }
    }

    @ParameterizedTest
    @EnumSource
    void aContainerThatNobodyKnowsIsAbsent(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control("plit-nobody")) {
            assertThat(control.inspect(CALL).status()).isEqualTo(ContainerControl.Status.ABSENT);
            Freezer freezer = new Freezer(new ContainerBrake(control, Optional.empty(), PATIENT));
            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Dead());
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RUNC")
    void aRuntimeThatHangsIsPassedBy(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, IMPATIENT);
            runtime.hang();

            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("cgroup-freezer", false));
            assertStandsStill(runtime);
            assertThat(freezer.thaw()).isInstanceOf(Freezer.Outcome.Failed.class);
            assertStandsStill(runtime);

            runtime.recover();
            await().atMost(LIMIT).until(() -> freezer.thaw() instanceof Freezer.Outcome.Running);
            assertGoesOn(runtime);
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "RUNC")
    void aContainerIsKilledAlsoWhenItsRuntimeHangs(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = freezer(control, IMPATIENT);
            runtime.hang();
            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("cgroup-freezer", false));
            long frozenAt = runtime.count();

            assertThat(freezer.kill()).isTrue();

            assertStandsStill(runtime);
            assertThat(runtime.count()).isEqualTo(frozenAt);
        }
    }

    @Test
    void aProgramThatHangsIsPassedBy() throws Exception {
        RealRuntime runtime = start(RealRuntime.Kind.RUNC);
        Path hanging = Files.writeString(runtime.base().resolve("runc"), """
                #!/bin/sh
                case " $* " in *" pause "*) exec sleep 600 ;; esac
                exec runc "$@"
                """);
        Files.setPosixFilePermissions(hanging, PosixFilePermissions.fromString("rwxr-xr-x"));
        try (ContainerControl control = RuncContainer.of(hanging, Optional.of(runtime.socket()), runtime.container())) {
            Freezer freezer = freezer(control, IMPATIENT);

            assertThat(freezer.freeze()).isEqualTo(new Freezer.Outcome.Frozen("cgroup-freezer", false));
            assertStandsStill(runtime);
            assertThat(freezer.thaw()).isEqualTo(new Freezer.Outcome.Running(false));
            assertGoesOn(runtime);
        }
    }

    @Test
    void withoutItsProcessesARuntimeThatHangsMeansFailure() throws Exception {
        RealRuntime runtime = start(RealRuntime.Kind.PODMAN);
        try (ContainerControl control = runtime.control(runtime.container())) {
            Freezer freezer = new Freezer(new ContainerBrake(control, Optional.empty(), IMPATIENT));
            runtime.hang();

            assertThat(freezer.freeze()).isInstanceOf(Freezer.Outcome.Failed.class);
            assertThat(freezer.state()).isEqualTo(Freezer.State.RUNNING);
        }
    }

    @ParameterizedTest
    @EnumSource
    void describesWithoutTheValuesOfTheEnvironment(RealRuntime.Kind kind) throws Exception {
        RealRuntime runtime = start(kind);
        try (ContainerControl control = runtime.control(runtime.container())) {
            JsonNode details = control.details(CALL);
            String processes = HostProcesses.of(control.inspect(CALL), control.local())
                    .orElseThrow()
                    .describe()
                    .toString();

            assertThat(details.toString()).contains("SECRET").doesNotContain("hunter2");
            assertThat(bytes(details)).noneMatch(bytes -> bytes.contains("hunter2"));
            assertThat(processes).contains("SECRET", "/tmp/count").doesNotContain("hunter2");
        }
    }

    /** What stands in it as base64. */
    private static List<String> bytes(JsonNode node) {
        List<String> found = new ArrayList<>();
        node.forEach(child -> found.addAll(bytes(child)));
        try {
            found.add(new String(Base64.getDecoder().decode(node.asText()), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            // Another text.
        }
        return found;
    }
}
