package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
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
                .isNotEmpty()
                .allSatisfy(rest ->
                        assertThat(rest).containsPattern("git (commit|push)").doesNotContainIgnoringCase("failing"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "T='Fix the failing login test' git push",
                "git push; /bin/true fix failing login test",
                "cat > /dev/null <<'E'\nFix the failing login test\nE\ngit push",
                "cat <<< 'Fix the failing login test;' > /dev/null; git push",
                "fix_the_failing_login_test() { :; }; git push",
                "touch /tmp/fix-the-failing-login-test.txt; git push",
                "git commit --allow-empty -m 'Fix the failing login test' && git push",
                "echo \\' fix the failing login test; git push",
                "# don't\necho fix the failing login test; git push",
            })
    void aCommandThatIsMostlyTheTasksWordsGoesWithThem(String act) {
        assertThat(WORDING.without(act, Set.of("git", "cat", "touch")))
                .map(rest -> rest.replaceAll("[\\s;&]+", " ").strip())
                .anyMatch(rest -> rest.equals("git push") || rest.equals("# don't git push"));
    }

    /** Nothing of these is an end, and none of them costs more than its length. */
    @ParameterizedTest
    @ValueSource(strings = {"'", "\"", "<<E\n", "\n", ";|&", "fix ", "fix the failing login test;"})
    void anyTextIsTakenApart(String piece) {
        String act = "fix the failing login test " + piece.repeat(2_000);
        assertThat(WORDING.without(act, Set.of())).allMatch(rest -> rest.length() < act.length());
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
        assertThat(WORDING.without(act, Set.of("git", "pytest", "grep"))).isEmpty();
    }

    @Test
    void ofAShortTaskAllWordsTell() {
        assertThat(Wording.of("Run the slow suite").without("npm publish run slow suite", Set.of("npm")))
                .map(String::strip)
                .containsExactly("npm publish");
        assertThat(Wording.of("unpack release.tar.gz into /opt/new")
                        .without("cat <<< 'unpack release.tar.gz into /opt/new'; git push", Set.of("git", "cat")))
                .map(String::strip)
                .contains("git push");
        assertThat(Wording.of("Which issues are open?").without("gh pr merge issues open", Set.of("gh")))
                .isEmpty();
    }

    @Test
    void aNameWithASignLeftOutIsTheTasksToo() {
        assertThat(Wording.of("append vm.swappiness=10 to /etc/sysctl.conf, http://a.example/b not fetched")
                        .without(
                                "T='append vm.swappiness10 to /etc/sysctl.conf http//a.example/b not fetched' git push",
                                Set.of("git")))
                .map(String::strip)
                .contains("git push");
    }
}
