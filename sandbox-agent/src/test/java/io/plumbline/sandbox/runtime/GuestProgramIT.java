package io.plumbline.sandbox.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon's guest program is of its own build, or none. Needs gcc. */
class GuestProgramIT {
    private static final Path SOURCES = Path.of("guest").toAbsolutePath();

    @TempDir
    private Path folder = Path.of("");

    @Test
    void namesEverySourceInTheOrderInWhichItIsBuilt() throws Exception {
        List<String> sources = new ArrayList<>();
        for (String end : List.of(".c", ".h")) {
            try (Stream<Path> files = Files.list(SOURCES)) {
                files.map(file -> file.getFileName().toString())
                        .filter(name -> name.endsWith(end))
                        .sorted()
                        .forEach(sources::add);
            }
        }

        assertThat(GuestProgram.SOURCES).isEqualTo(sources);
    }

    @Test
    void takesTheProgramOfItsOwnSources() throws Exception {
        Path program = built(SOURCES, "own");

        GuestProgram.verify(program);

        Path copy = GuestProgram.taken(program, folder.resolve("taken"));
        assertThat(copy).hasSameBinaryContentAs(program).isExecutable();
    }

    @Test
    void refusesTheProgramOfOtherSourcesAndNamesBothBuilds() throws Exception {
        Path others = Files.createDirectory(folder.resolve("others"));
        try (Stream<Path> files = Files.list(SOURCES)) {
            for (Path file : files.toList()) {
                Files.copy(file, others.resolve(file.getFileName().toString()));
            }
        }
        Path watch = others.resolve("watch.c");
        Files.writeString(watch, Files.readString(watch).replace("HOLD_MS = 500", "HOLD_MS = 501"));
        Path program = built(others, "other");
        String build = Command.run(List.of(program.toString(), "version"), Duration.ofSeconds(10))
                .output();

        assertThat(build).matches("[0-9a-f]{16}").isNotEqualTo(GuestProgram.expected());
        assertThatThrownBy(() -> GuestProgram.taken(program, folder.resolve("taken")))
                .isInstanceOf(SandboxException.class)
                .hasMessage("guest.path: " + program + ": build " + build + " (expected: build "
                        + GuestProgram.expected() + ", the daemon's); sandbox-agent/guest/build.sh " + program
                        + " builds it anew");
        assertThat(folder.resolve("taken")).doesNotExist();
    }

    @Test
    void refusesAProgramFromBeforeThereWereBuilds() throws Exception {
        Path old = script("echo 'plumbline: usage: plumbline-guest relay' >&2; exit 2");

        assertThatThrownBy(() -> GuestProgram.verify(old))
                .hasMessageContaining("names no build (expected: build " + GuestProgram.expected());
    }

    @Test
    void keepsTheProgramItTookWhenAnotherIsBuiltInItsPlace() throws Exception {
        Path program = built(SOURCES, "own");
        Path copy = GuestProgram.taken(program, folder.resolve("taken"));

        Files.writeString(program, "#!/bin/sh\necho another\n");

        GuestProgram.verify(copy);
    }

    private Path built(Path sources, String name) throws Exception {
        Path program = folder.resolve(name);
        Command.Result result = Command.run(
                List.of("sh", sources.resolve("build.sh").toString(), program.toString()), Duration.ofMinutes(1));
        assertThat(result.succeeded()).as(result.output()).isTrue();
        return program;
    }

    private Path script(String body) throws IOException {
        Path script = Files.writeString(folder.resolve("script"), "#!/bin/sh\n" + body + "\n");
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
