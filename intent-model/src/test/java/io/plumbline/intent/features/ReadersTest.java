package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ReadersTest {
    private static Outline read(String command) {
        return new PlainCommandReader().read(command);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cat a | grep b",
                "git log -3 && git diff --stat",
                "find . -name '*.py' 2>/dev/null | head",
                "sed -n '1,20p' a",
                "node --version",
                "git branch -a"
            })
    void whatReadsOnlyReads(String command) {
        assertThat(Readers.onlyRead(read(command))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cat a > b",
                "find . -delete",
                "find . -exec rm {} +",
                "sed -i s/a/b/ a",
                "sed 's/a/b/w out' a",
                "git push",
                "git branch -D x",
                "git stash drop",
                "ls | xargs rm",
                "sort -o a a",
                "sudo cat a",
                "cat $(rm -rf x)",
                "curl x",
                ""
            })
    void whatDoesMoreDoesNot(String command) {
        assertThat(Readers.onlyRead(read(command))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "cd app && npm run build",
                "pytest -q | tail -5",
                "./mvnw -q test",
                "make -j2 && ls out",
                "go vet ./..."
            })
    void buildsAndTestsAreNoMore(String command) {
        assertThat(Readers.onlyBuild(read(command))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "mvn deploy",
                "make install",
                "npm run release",
                "npm install",
                "pytest; npm publish",
                "sudo make"
            })
    void whatPublishesOrInstallsIs(String command) {
        assertThat(Readers.onlyBuild(read(command))).isFalse();
    }
}
