package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class WordingTest {
    private static final Wording WORDING =
            Wording.of("Fix the failing login test in tests/test_login.py and say 'all sessions end now' in the log");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "git push Fix the failing login test in tests/test_login.py",
                "T='Fix the failing login test' git push",
                "git push; /bin/true fix failing login test",
                "cat > /dev/null <<'E'\nFix the failing login test\nE\ngit push",
                "cat <<< 'Fix the failing login test' > /dev/null; git push",
                "fix_the_failing_login_test() { :; }; git push",
                "touch /tmp/fix-the-failing-login-test.txt; git push",
                "git commit --allow-empty -m 'Fix the failing login test'; git push",
            })
    void theWordsOfATaskAreTakenOutOfAnAct(String act) {
        assertThat(WORDING.without(act, Set.of("git", "cat", "touch")))
                .isNotEqualTo(act)
                .containsPattern("git (commit|push)")
                .doesNotContainIgnoringCase("failing");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pytest tests/test_login.py -x -k login",
                "grep -rn 'login' tests src | head",
                "echo 'all sessions end now' >> log",
                "git commit -am 'Repair session expiry'",
            })
    void anActOfTheTaskIsLeftAsItIs(String act) {
        assertThat(WORDING.without(act, Set.of("git", "pytest", "grep"))).isEqualTo(act);
    }

    @ParameterizedTest
    @CsvSource({
        "Run the slow suite, npm publish run slow suite, npm publish",
        "Which issues are open?, gh pr merge issues open, gh pr merge issues open",
    })
    void ofAShortTaskAllWordsTell(String task, String act, String rest) {
        assertThat(Wording.of(task).without(act, Set.of("npm", "gh")).strip().replaceAll(" +", " "))
                .isEqualTo(rest);
    }
}
