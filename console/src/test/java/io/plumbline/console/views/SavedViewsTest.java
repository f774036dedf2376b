package io.plumbline.console.views;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.console.views.SavedViews.View;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SavedViewsTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path directory;

    @Test
    void othersSeeOnlyWhatIsShared() throws IOException {
        SavedViews views = new SavedViews(Optional.empty());
        views.save(new View("mine", "ana", false, "state=mine"));
        views.save(new View("egress", "ana", true, "q=curl"));

        assertThat(views.of("bea")).extracting(View::name).containsExactly("egress");
        views.remove("bea", "egress");
        assertThat(views.of("ana")).extracting(View::name).containsExactly("egress", "mine");
    }

    @Test
    void viewsOutliveTheConsole() throws IOException {
        Path file = directory.resolve("views.json");
        new SavedViews(Optional.of(file)).save(new View("mine", "ana", false, "state=mine"));

        assertThat(new SavedViews(Optional.of(file)).of("ana")).hasSize(1);
    }

    @Test
    void aFileThatIsNoListFailsTheStart() throws IOException {
        Path file = Files.writeString(directory.resolve("views.json"), "{");

        assertThatThrownBy(() -> new SavedViews(Optional.of(file))).hasMessageContaining("expected: a list of views");
    }

    @Test
    void aViewNeedsAName() throws IOException {
        assertThat(new SavedViews(Optional.empty()).save(new View(" ", "ana", false, "")))
                .isNotEmpty();
    }
}
