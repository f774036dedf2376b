package io.plumbline.sandbox.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.plumbline.events.EventIds;
import io.plumbline.sandbox.review.WorkspaceCopy;
import io.plumbline.sandbox.review.WorkspaceDecoys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkspaceChangesTest {
    @TempDir
    @SuppressWarnings("NullAway.Init")
    private Path base;

    private Path workspace = Path.of("");

    @BeforeEach
    void workspace() throws IOException {
        workspace = Files.createDirectory(base.resolve("workspace"));
        for (String name : List.of("README.md", "edited.txt", "gone.txt")) {
            Files.writeString(workspace.resolve(name), "before\n");
        }
    }

    private JsonNode take(
            Path folder, Instant since, @Nullable WorkspaceCopy copy, WorkspaceDecoys decoys, String... removed)
            throws IOException {
        return new WorkspaceChanges(
                        new WorkspaceChanges.Place(folder, since, copy, decoys, () -> List.of(removed), null))
                .take();
    }

    private JsonNode take(Instant since, WorkspaceManifest manifest) throws IOException {
        return new WorkspaceChanges(new WorkspaceChanges.Place(
                        workspace, since, null, WorkspaceDecoys.make(base, workspace, Map.of()), List::of, manifest))
                .take();
    }

    /** The clock for files may be a tick behind the other one. */
    private Instant tick() {
        Instant since = Instant.now();
        await().until(() -> {
            Path file = Files.writeString(base.resolve("tick"), "");
            return Files.getAttribute(file, "unix:ctime") instanceof FileTime time
                    && time.toInstant().isAfter(since);
        });
        return since;
    }

    private static JsonNode named(JsonNode list, String path) {
        return StreamSupport.stream(list.spliterator(), false)
                .filter(entry -> entry.path("path").asText().equals(path))
                .findFirst()
                .orElse(MissingNode.getInstance());
    }

    private static List<String> paths(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false)
                .map(entry -> entry.path("path").asText())
                .toList();
    }

    @Test
    void aCopyIsHeldAgainstWhatItWasMadeFrom() throws IOException {
        WorkspaceCopy copy = WorkspaceCopy.make(workspace, base.resolve("copy"));
        WorkspaceDecoys decoys = WorkspaceDecoys.make(base, copy.copy(), Map.of(".env", "DECOY=1\n"));
        Files.writeString(copy.copy().resolve("edited.txt"), "after!\n");
        Files.delete(copy.copy().resolve("gone.txt"));
        Files.writeString(copy.copy().resolve("new.txt"), "new\n");

        JsonNode found = take(copy.copy(), Instant.EPOCH, copy, decoys);

        assertThat(found.path("complete").asBoolean()).isTrue();
        assertThat(paths(found.path("changed"))).containsExactly("edited.txt", "new.txt");
        JsonNode edited = found.path("changed").path(0);
        assertThat(edited.path("change").asText()).isEqualTo("modified");
        assertThat(edited.path("sha256").asText()).isEqualTo(EventIds.sha256Hex("after!\n"));
        assertThat(edited.path("was").path("sha256").asText()).isEqualTo(EventIds.sha256Hex("before\n"));
        assertThat(found.path("changed").path(1).path("change").asText()).isEqualTo("added");
        assertThat(paths(found.path("gone"))).containsExactly("gone.txt");
        assertThat(found.path("gone").path(0).path("sha256").asText()).isEqualTo(EventIds.sha256Hex("before\n"));
        assertThat(found.path("diff").toString()).contains("\"-before\"", "\"+after!\"", "\"+new\"");
        assertThat(found.path("not_shown").asInt()).isZero();
    }

    @Test
    void aSmallWorkspaceIsHeldAgainstWhatItHeldAtTheStart() throws Exception {
        Files.createDirectory(workspace.resolve("old"));
        Files.writeString(workspace.resolve("old/file.txt"), "before\n");
        Instant since = tick();
        try (WorkspaceManifest manifest = WorkspaceManifest.begin(workspace, since)) {
            manifest.await();
            manifest.workloadBegins();
            Files.writeString(workspace.resolve("edited.txt"), "after!\n");
            Files.delete(workspace.resolve("gone.txt"));
            Files.move(workspace.resolve("old"), base.resolve("elsewhere"));
            Files.writeString(workspace.resolve("new.txt"), "new\n");

            JsonNode found = take(since, manifest);

            assertThat(manifest.whole()).isTrue();
            assertThat(found.path("complete").asBoolean()).isTrue();
            JsonNode edited = named(found.path("changed"), "edited.txt");
            assertThat(edited.path("change").asText()).isEqualTo("modified");
            assertThat(edited.path("sha256").asText()).isEqualTo(EventIds.sha256Hex("after!\n"));
            assertThat(edited.path("was").path("sha256").asText()).isEqualTo(EventIds.sha256Hex("before\n"));
            assertThat(edited.path("was").path("bytes").asLong()).isEqualTo(7);
            assertThat(named(found.path("changed"), "new.txt").path("change").asText())
                    .isEqualTo("added");
            assertThat(named(found.path("changed"), "README.md").isMissingNode())
                    .isTrue();
            assertThat(named(found.path("changed"), "").has("change")).isFalse();
            assertThat(paths(found.path("gone"))).containsExactly("gone.txt", "old", "old/file.txt");
            assertThat(named(found.path("gone"), "old/file.txt").path("sha256").asText())
                    .isEqualTo(EventIds.sha256Hex("before\n"));
        }
    }

    @Test
    void whatWasChangedBeforeItWasMetWasNobodyKnowsWhat() throws Exception {
        Instant since = tick();
        Files.writeString(workspace.resolve("edited.txt"), "after!\n");
        Files.delete(workspace.resolve("gone.txt"));
        Files.writeString(workspace.resolve("new.txt"), "new\n");
        try (WorkspaceManifest manifest = WorkspaceManifest.begin(workspace, since)) {
            manifest.await();

            JsonNode found = take(since, manifest);

            assertThat(manifest.whole()).isFalse();
            assertThat(manifest.names()).containsExactly("README.md");
            assertThat(paths(found.path("changed"))).containsExactlyInAnyOrder("", "edited.txt", "new.txt");
            assertThat(found.path("changed")).noneMatch(file -> file.has("change") || file.has("was"));
            assertThat(found.path("gone")).isEmpty();
        }
    }

    @Test
    void ofALargerWorkspaceNothingIsKeptAndNothingCalledNew() throws Exception {
        Instant since = tick();
        try (WorkspaceManifest manifest = WorkspaceManifest.begin(workspace, since, 3)) {
            manifest.await();
            assertThat(manifest.names()).as("more than it keeps").isEmpty();
            assertThat(manifest.whole()).isFalse();
            Files.writeString(workspace.resolve("new.txt"), "new\n");

            JsonNode found = take(since, manifest);

            assertThat(named(found.path("changed"), "new.txt").has("change")).isFalse();
        }
    }

    @Test
    void aWorkspaceItselfIsToldOfByChangeTimesDigestsAndWhatTheTraceSawRemoved() throws IOException {
        JsonNode all = take(workspace, Instant.EPOCH, null, WorkspaceDecoys.make(base, workspace, Map.of()));
        assertThat(paths(all.path("changed"))).contains("README.md", "edited.txt", "gone.txt");
        Files.delete(workspace.resolve("gone.txt"));

        JsonNode found = take(
                workspace,
                Instant.now().plusSeconds(60),
                null,
                WorkspaceDecoys.make(base, workspace, Map.of()),
                "gone.txt",
                "README.md");

        assertThat(found.path("changed")).isEmpty();
        assertThat(paths(found.path("gone"))).containsExactly("gone.txt");
        assertThat(all.path("changed"))
                .filteredOn(file -> file.path("kind").asText().equals("file"))
                .extracting(file -> file.path("sha256").asText())
                .containsOnly(EventIds.sha256Hex("before\n"));
    }
}
