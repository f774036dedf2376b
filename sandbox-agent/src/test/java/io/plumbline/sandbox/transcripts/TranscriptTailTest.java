package io.plumbline.sandbox.transcripts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.plumbline.events.claims.AgentDialect;
import io.plumbline.events.v1.Event;
import io.plumbline.sandbox.posix.Posix;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TranscriptTailTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path base;

    private final List<Event.Builder> claims = new CopyOnWriteArrayList<>();
    private @Nullable TranscriptTail opened;

    @AfterEach
    void closeTail() {
        if (opened != null) {
            opened.close();
        }
    }

    @Test
    void followsAFileThatIsMadeLaterAndGrows() throws Exception {
        TranscriptTail tail = follow(AgentDialect.CODEX);
        Path rollout = rollout("rollout-1.jsonl");
        Files.writeString(rollout, said("one") + said("two").substring(0, 40));
        await().atMost(LIMIT).until(() -> texts().contains("one"));
        Files.writeString(rollout, said("two").substring(40), StandardOpenOption.APPEND);
        tail.finish();

        assertThat(texts()).containsExactly("one", "two");
    }

    @Test
    void opensNeitherLinksNorPipesNorOtherFiles() throws Exception {
        Path secret = Files.writeString(base.resolve("secret.jsonl"), said("secret"));
        Path folder = Files.createDirectories(base.resolve("elsewhere"));
        Files.writeString(folder.resolve("rollout-9.jsonl"), said("outside"));
        Files.createSymbolicLink(rollout("rollout-link.jsonl"), secret);
        Files.createSymbolicLink(rollout("x").resolveSibling("folder"), folder);
        assertThat(Posix.mkfifo(rollout("rollout-pipe.jsonl"))).isZero();
        Files.writeString(rollout("other.jsonl"), said("other"));
        Files.writeString(rollout("rollout-1.jsonl"), said("mine"));
        follow(AgentDialect.CODEX).finish();

        assertThat(texts()).containsExactly("mine");
    }

    @Test
    void saysWhenAFileWasRewritten() throws Exception {
        Path rollout = rollout("rollout-1.jsonl");
        Files.writeString(rollout, said("a long first version of it"));
        TranscriptTail tail = follow(AgentDialect.CODEX);
        tail.finish();
        Files.writeString(rollout, said("b"), StandardOpenOption.TRUNCATE_EXISTING);
        tail.finish();

        assertThat(texts()).containsExactly("a long first version of it", "b");
        assertThat(sources()).contains("transcript:codex:rewritten");
    }

    @Test
    void skipsALineThatIsTooLongAndKeepsWhatIsNoJson() throws Exception {
        Path project = Files.createDirectories(base.resolve("home/.claude/projects/-workspace"));
        Files.writeString(
                project.resolve("s.jsonl"),
                "x".repeat(TranscriptTail.MAX_LINE_BYTES + 1) + "\nnot json\n"
                        + "{\"type\":\"assistant\",\"message\":{\"content\":[{\"type\":\"text\",\"text\":\"after\"}]}}\n");
        follow(AgentDialect.CLAUDE).finish();

        assertThat(sources()).containsExactly("transcript:claude:line-too-long", "transcript:claude:malformed");
        assertThat(texts()).containsExactly("after");
    }

    @Test
    void followsNoMoreFilesThanItsLimitAndSaysSo() throws Exception {
        for (int i = 0; i < TranscriptTail.MAX_FILES + 3; i++) {
            Files.writeString(rollout("rollout-" + i + ".jsonl"), said("t" + i));
        }
        follow(AgentDialect.CODEX).finish();

        assertThat(texts()).hasSize(TranscriptTail.MAX_FILES);
        assertThat(sources()).containsExactly("transcript:codex:limit");
    }

    private TranscriptTail follow(AgentDialect dialect) {
        TranscriptTail tail = TranscriptTail.follow(base.resolve("home"), dialect, claims::addAll);
        opened = tail;
        return tail;
    }

    private Path rollout(String name) throws IOException {
        return Files.createDirectories(base.resolve("home/.codex/sessions/2026/11/28"))
                .resolve(name);
    }

    private List<String> texts() {
        return claims.stream()
                .filter(Event.Builder::hasMessage)
                .map(claim -> claim.getMessage().getText())
                .toList();
    }

    private List<String> sources() {
        return claims.stream()
                .filter(Event.Builder::hasRawClaim)
                .map(claim -> claim.getRawClaim().getSource())
                .toList();
    }

    private static String said(String text) {
        return "{\"type\":\"response_item\",\"payload\":{\"type\":\"message\",\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\""
                + text + "\"}]}}\n";
    }
}
