package io.plumbline.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.standalone.Layout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OwnHomeTest {
    @TempDir
    Path directory;

    @Test
    void aRunRemovesWhatEarlierOnesLeftAndNothingOfOneThatGoesOn() throws Exception {
        Layout current = new Layout(directory, directory.resolve("home"));
        try (OwnHome goesOn = OwnHome.take(current)) {
            Path left;
            try (OwnHome abandoned = OwnHome.take(current)) {
                left = Files.writeString(abandoned.layout().home().resolve("left"), "x");
                assertThat(abandoned.layout().tools()).isSymbolicLink();
            }
            try (OwnHome next = OwnHome.take(current)) {
                assertThat(left.getParent()).doesNotExist();
                assertThat(goesOn.layout().home())
                        .isDirectory()
                        .isNotEqualTo(next.layout().home());
            }
        }
        assertThat(current.tools()).isDirectory();
    }
}
