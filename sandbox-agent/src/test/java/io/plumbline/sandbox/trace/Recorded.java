package io.plumbline.sandbox.trace;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Something that a real sandbox has said, as it came. */
record Recorded(String name, byte[] bytes) {
    /** All in a folder beside this class; there are some. */
    static List<Recorded> of(String folder) throws IOException, URISyntaxException {
        List<Recorded> all = new ArrayList<>();
        Path seeds = Path.of(
                Objects.requireNonNull(Recorded.class.getResource(folder)).toURI());
        try (Stream<Path> files = Files.list(seeds)) {
            for (Path file : files.sorted().toList()) {
                all.add(new Recorded(seeds.relativize(file).toString(), Files.readAllBytes(file)));
            }
        }
        assertThat(all).isNotEmpty();
        return all;
    }
}
