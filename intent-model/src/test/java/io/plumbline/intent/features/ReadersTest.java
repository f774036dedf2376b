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
                "git branch -a",
                "/usr/bin/ls -l",
                "LC_ALL=C sort a | uniq -c",
                "git --no-pager log",
                "date -Iseconds",
                "xxd a",
                "env -u A timeout 5 cat a",
                "/usr/bin/env -i ls",
                "find src -name '*.py' | xargs wc -l | sort -n",
                "ls | xargs -n 1 basename",
                "ls | xargs -0 -I {} cat {}",
                "awk '{print $NF, $1, $(NF-1)}' a",
                "awk -F, '{print $2}' a | sort | uniq -c"
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
                "awk 'BEGIN {system(\"./x\")}'",
                "awk '{print > \"b\"}' a",
                "awk '{print | \"sh\"}' a",
                "awk -f x.awk a",
                "ls | xargs sort",
                "ls | xargs git log",
                "ls | xargs ./cat",
                "echo ./x | xargs env | cat",
                "echo ./x | xargs timeout 5; ls $(cat a)",
                "ls | xargs -E cat rm",
                "ls | xargs -a cat rm",
                "echo rm | xargs -I cat cat a",
                "s='BEGIN{system(\"./x\")}'; awk \"$s\"",
                "awk \"$(cat x.awk)\"",
                "ls | xargs",
                "sort -o a a",
                "sudo cat a",
                "cat $(rm -rf x)",
                "curl x",
                "./ls",
                "bin/cat a",
                "./tool --version",
                "GIT_EXTERNAL_DIFF=./x git diff",
                "rg --pre ./x a",
                "rg --pre=./x a",
                "git diff --output=a",
                "git grep -Ovim a",
                "git -c core.pager=./x log",
                "git --exec-path=./x log",
                "tree -o a",
                "xxd -r a b",
                "xxd a b",
                "uniq a b",
                "sort --compress-program=./x a",
                "date -s yesterday",
                "sort --comp=./x a",
                "sort --out=b a",
                "git grep --open=./x a",
                "file -Cm a",
                "cloc --extract-with=./x a",
                "./env ls",
                "./timeout 5 cat a",
                "env --split-string=./x ls",
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
                "./pytest",
                "sudo make"
            })
    void whatPublishesOrInstallsIs(String command) {
        assertThat(Readers.onlyBuild(read(command))).isFalse();
    }
}
