package io.plumbline.events;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class VersionTest {
    @Test
    void isThatOfTheBuild() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml")))
                .containsPattern("<version>" + Version.CURRENT + "(-SNAPSHOT)?</version>");
    }
}
