package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.plumbline.events.policy.FileRules;
import io.plumbline.events.policy.FileRules.Access;
import io.plumbline.events.policy.PolicyComparison;
import io.plumbline.events.policy.PolicyComparison.Direction;
import io.plumbline.events.policy.PolicyDefaults;
import io.plumbline.events.policy.PolicyLevels.Level;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.v1.EgressDecided;
import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.GateRule;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.TaskPolicy;
import io.plumbline.rules.RuleSet;
import io.plumbline.rules.RuleSource;
import io.plumbline.rules.sigma.Placeholders;
import io.plumbline.watcher.PolicySimulation.Comparison;
import io.plumbline.watcher.judge.Judge;
import io.plumbline.watcher.judge.RulesJudge;
import io.plumbline.watcher.learning.PolicyLearning;
import io.plumbline.watcher.learning.Proposal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Recorded sessions become a proposal, and hostile ones teach no hole. */
class PolicyLearningTest {
    private static final ProcessRef SHELL = SessionScript.process(10, 5);
    private static final int WRITE = 0x41;

    private static final String POLICY = """
            egress: [{host: "*.example.com"}, {host: metadata.google.internal}]
            scopes: {credentials: allow, persistence: allow, files: allow, egress: allow}
            """;

    private static Proposal learn(String above, Set<String> included, List<SessionScript> scripts) throws Exception {
        return learn(above, List.of(), included, scripts);
    }

    private static Proposal learn(String above, List<Judge> judges, Set<String> included, List<SessionScript> scripts)
            throws Exception {
        TreeMap<String, List<Event>> telemetry = new TreeMap<>();
        for (SessionScript script : scripts) {
            telemetry.put(String.format("%032x", telemetry.size()), script.events());
        }
        return PolicyLearning.of(
                telemetry,
                above.isEmpty() ? Optional.empty() : Optional.of(new Level("organisation", above)),
                "learned",
                judges,
                included);
    }

    private static Proposal learn(SessionScript... scripts) throws Exception {
        return learn("", Set.of(), List.of(scripts));
    }

    private static SessionScript honest() {
        SessionScript script = SessionScript.of(POLICY);
        script.run("c1", "make test", SHELL);
        for (String file : List.of("a.c", "b.c", "c.c")) {
            script.open(SHELL, "/workspace/src/" + file, 0);
        }
        script.open(SHELL, "/workspace/out/a.o", WRITE);
        script.open(SHELL, "/usr/lib/libc.so", 0);
        send(script, "api.example.com", 443, 100);
        return script;
    }

    private static void send(SessionScript script, String host, int port, long bytes) {
        script.connect(host, port);
        script.evidence(Event.newBuilder()
                .setEgressDecided(EgressDecided.newBuilder()
                        .setHost(host)
                        .setPort(port)
                        .setMethod("CONNECT")
                        .setAllowed(true)
                        .setClosed(true)
                        .setBytesOut(bytes)));
    }

    private static boolean may(Proposal proposal, String path, Access access) {
        return new FileRules(proposal.policy(), "/home/agent", "/workspace")
                .refusal(path, access)
                .isEmpty();
    }

    private static List<String> hosts(Proposal proposal) {
        return proposal.policy().getEgressList().stream()
                .map(EgressRule::getHost)
                .toList();
    }

    @Test
    void grantsWhatWasUsedAndNothingElse() throws Exception {
        Proposal proposal = learn(honest(), honest());

        assertThat(may(proposal, "/workspace/src/new.c", Access.READ)).isTrue();
        assertThat(may(proposal, "/workspace/src/a.c", Access.WRITE)).isFalse();
        assertThat(may(proposal, "/workspace/out/a.o", Access.WRITE)).isTrue();
        assertThat(may(proposal, "/workspace/out/b.o", Access.WRITE)).isFalse();
        assertThat(may(proposal, "/usr/lib/other.so", Access.READ)).isTrue();
        assertThat(may(proposal, "/var/lib/x", Access.READ)).isFalse();
        assertThat(may(proposal, "/home/agent/notes", Access.READ)).isFalse();
        assertThat(hosts(proposal)).containsExactly("api.example.com");
        assertThat(proposal.policy().getEgress(0).getMaxOutBytes()).isEqualTo(1 << 20);
        assertThat(proposal.policy().getWallClockSeconds()).isEqualTo(300);
    }

    @Test
    void eachLineTellsItsEvidence() throws Exception {
        SessionScript script = honest();
        Proposal proposal = learn(script, honest());

        assertThat(proposal.lines())
                .filteredOn(line -> line.value().equals("${workspace}/src/**"))
                .singleElement()
                .satisfies(line -> {
                    assertThat(line.key()).isEqualTo("files.read");
                    assertThat(line.evidence().sessions()).isEqualTo(2);
                    assertThat(line.evidence().acts()).isEqualTo(6);
                    assertThat(script.events())
                            .extracting(Event::getId)
                            .contains(line.evidence().events().getFirst());
                });
        assertThat(proposal.yaml()).contains("\"${workspace}/src/**\"  # 2 sessions, 6 acts: ");
    }

    @Test
    void theSessionsThemselvesRaiseNothingNewUnderIt() throws Exception {
        SessionScript script = honest();
        Proposal proposal = learn(script);

        Comparison compared = compare(script, proposal);
        assertThat(compared.fresh()).isEmpty();
        assertThat(compared.newlyAsked()).isEmpty();
        assertThat(compared.newlyDenied()).isEmpty();
    }

    @Test
    void anotherToolOrProgramWouldBeAskedFor() throws Exception {
        Proposal proposal = learn(honest());
        SessionScript other = SessionScript.of(POLICY);
        other.run("c1", "make test", SHELL);
        other.call("c2", "Bash", "git status");
        other.call("c3", "WebFetch", "");

        assertThat(compare(other, proposal).newlyAsked())
                .hasSize(2)
                .anyMatch(line -> line.contains("git status") && line.contains("learned-programs"))
                .anyMatch(line -> line.startsWith("WebFetch"));
    }

    @Test
    void whatIsLearnedDoesNotDependOnTheOrderAndIsTheSameEachTime() throws Exception {
        assertThat(learn(honest(), attack()).yaml())
                .isEqualTo(learn(honest(), attack()).yaml());
        assertThat(learn(honest(), attack()).policy())
                .isEqualTo(learn(attack(), honest()).policy());
    }

    @Test
    void whatARuleAlertsOfIsNotLearned() throws Exception {
        RulesJudge rules = new RulesJudge(RuleSet.load(List.of(new RuleSource("object.yml", """
                title: Object Written
                id: 7f0c3b52-5a0e-4a2d-9d6b-3f1f0f3a7c61
                logsource: {category: file_event, product: linux}
                detection: {selection: {TargetFilename|endswith: /a.o}, condition: selection}
                level: medium
                """)), Placeholders.NONE));

        Proposal proposal = learn("", List.of(rules), Set.of(), List.of(honest()));

        assertThat(may(proposal, "/workspace/out/a.o", Access.WRITE)).isFalse();
        assertThat(may(proposal, "/workspace/src/a.c", Access.READ)).isTrue();
    }

    @Test
    void whatTheSessionsOwnPoliciesAskAboutOrRefuseStaysSo() throws Exception {
        SessionScript script = SessionScript.of(POLICY + """
                gate: [{name: pushes, when: 'act.programs.exists(p, p == "git")', answer: ask, why: A person looks at it.}]
                """);
        script.run("c1", "make test", SHELL);
        script.call("c2", "Bash", "git push");

        Proposal proposal = learn(script);

        assertThat(proposal.policy().getGateList())
                .extracting(GateRule::getName)
                .containsExactly("pushes", "learned-tools", "learned-programs");
        assertThat(proposal.leftOut()).anyMatch(one -> one.what().equals("git"));
    }

    private static SessionScript attack() {
        SessionScript script = SessionScript.of(POLICY);
        script.run("c1", "make test", SHELL);
        script.open(SHELL, "/home/agent/.ssh/id_rsa", 0);
        script.open(SHELL, "/home/agent/.config/gh/hosts.yml", 0);
        script.open(SHELL, "/home/agent/.config/gh/a", 0);
        script.open(SHELL, "/home/agent/.config/gh/b", 0);
        script.open(SHELL, "/home/agent/.bashrc", WRITE);
        script.open(SHELL, "/workspace/.env", 0);
        script.open(SHELL, "/workspace/.git/hooks/post-commit", WRITE);
        script.open(SHELL, "/workspace/CLAUDE.md", WRITE);
        script.open(SHELL, "/mnt/secret/x", 0);
        send(script, "metadata.google.internal", 443, 10);
        send(script, "169.254.169.254", 80, 10);
        send(script, "evil.example.org", 443, 10);
        return script;
    }

    @Test
    void anAttackRepeatedFiftyTimesTeachesNoHole() throws Exception {
        List<SessionScript> scripts = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            scripts.add(attack());
        }
        scripts.add(honest());
        Proposal proposal = learn("", Set.of(), scripts);

        for (String path : List.of(
                "/home/agent/.ssh/id_rsa", "/home/agent/.config/gh/hosts.yml", "/workspace/.env", "/mnt/secret/x")) {
            assertThat(may(proposal, path, Access.READ)).as(path).isFalse();
        }
        for (String path :
                List.of("/home/agent/.bashrc", "/workspace/.git/hooks/post-commit", "/workspace/CLAUDE.md")) {
            assertThat(may(proposal, path, Access.WRITE)).as(path).isFalse();
        }
        assertThat(hosts(proposal)).containsExactly("api.example.com");
        assertThat(proposal.policy().getEgressList())
                .noneMatch(rule -> rule.getHost().contains("*"));
        assertThat(compare(attack(), proposal).still()).isNotEmpty();
    }

    @Test
    void nothingIsWiderThanTheDefaultsButNamedDestinations() throws Exception {
        Proposal proposal = learn(honest(), attack());

        assertThat(PolicyComparison.between(PolicyDefaults.policy(), proposal.policy()))
                .filteredOn(change -> change.direction() == Direction.WIDER)
                .allMatch(change -> change.key().equals("egress"));
    }

    @Test
    void nothingIsWiderThanThePolicyAbove() throws Exception {
        String above = "egress: [{host: other.example.com}]\nfiles: {deny: [\"${workspace}/out/**\"]}\n";
        Proposal proposal = learn(above, Set.of(), List.of(honest()));
        TaskPolicy organisation = PolicyParser.parse(above);

        assertThat(PolicyComparison.between(organisation, proposal.policy()))
                .noneMatch(change -> change.direction() == Direction.WIDER);
        assertThat(hosts(proposal)).isEmpty();
        assertThat(may(proposal, "/workspace/out/a.o", Access.WRITE)).isFalse();
        assertThat(proposal.leftOut()).anyMatch(one -> one.what().equals("api.example.com:443"));
    }

    @Test
    void whatRaisedAnAlertIsLearnedOnlyWhenAPersonNamesIt() throws Exception {
        SessionScript script = honest();
        send(script, "mirror.example.org", 443, 10);
        String deviation = script.verdicts().stream()
                .filter(Event::hasAlertRaised)
                .map(Event::getAlertRaised)
                .filter(alert -> alert.getSeen().contains("mirror.example.org"))
                .findFirst()
                .orElseThrow()
                .getDeviation();

        assertThat(hosts(learn(script))).doesNotContain("mirror.example.org");
        assertThat(hosts(learn("", Set.of(deviation), List.of(script)))).contains("mirror.example.org");
    }

    @Test
    void aFolderIsNotOpenedByWhatLiesBesideASuspectFile() throws Exception {
        SessionScript first = SessionScript.of(POLICY + "files: {deny: [\"${workspace}/src/key\"]}\n");
        first.run("c1", "make test", SHELL);
        first.open(SHELL, "/workspace/src/key", 0);

        Proposal proposal = learn(honest(), first);

        assertThat(may(proposal, "/workspace/src/a.c", Access.READ)).isTrue();
        assertThat(may(proposal, "/workspace/src/key", Access.READ)).isFalse();
        assertThat(may(proposal, "/workspace/src/other", Access.READ)).isFalse();
    }

    @Test
    void namesCannotBecomeStructureOfTheDocument() throws Exception {
        SessionScript script = SessionScript.of(POLICY);
        script.run("c1", "make test", SHELL);
        List<String> names = List.of(
                "/workspace/x\"]\negress: [{host: evil.example.com}]\n#",
                "/workspace/**",
                "/workspace/a\u2028b",
                "/workspace/${workspace}",
                "/workspace/quote\"]}, {host: evil}",
                "/workspace/back\\slash",
                "/workspace/tab\u0085x: y",
                "/workspace/# comment");
        names.forEach(name -> script.open(SHELL, name, 0));
        script.call("c9", "Bash\"]) || true\nname: x", "ls");
        script.call("c8", "Bash", "'x\"]) || (\"' y");

        Proposal proposal = learn(script);

        assertThat(proposal.policy().getName()).isEqualTo("learned");
        assertThat(proposal.policy().getEgressList()).isEmpty();
        assertThat(may(proposal, "/workspace/quote\"]}, {host: evil}", Access.READ))
                .isTrue();
        assertThat(may(proposal, "/workspace/back\\slash", Access.READ)).isTrue();
        assertThat(may(proposal, "/workspace/anything", Access.READ)).isFalse();
        assertThat(proposal.yaml().chars()).allMatch(c -> c == '\n' || c >= ' ' && c <= '~');
    }

    @Test
    void ofASessionThatFloodsNothingIsLearned() throws Exception {
        SessionScript script = honest();
        for (int i = 0; i < 600; i++) {
            script.open(SHELL, "/mnt/" + i, 0);
        }

        assertThatThrownBy(() -> learn(script)).hasMessageContaining("more deviations than are told");
        assertThat(learn(honest(), script).leftOut()).anyMatch(one -> one.what().startsWith("session "));
    }

    @Test
    void capturesOfRealAgentsRaiseNothingNewUnderWhatTheyTaught() throws Exception {
        List<Event> events = Captures.read("claude-code-2.1.330.benign-readme", Captures.POLICY);
        Proposal proposal = PolicyLearning.of(
                new TreeMap<>(Map.of("s", events)),
                Optional.of(new Level("organisation", "files: {write: [\"~/state/**\"]}\n")),
                "learned",
                List.of(RulesJudge.shipped()),
                Set.of());

        Comparison compared = Comparison.of(
                PolicySimulation.of(events, Optional.empty(), List.of()),
                PolicySimulation.of(events, Optional.of(proposal.policy()), List.of()));
        assertThat(compared.fresh()).isEmpty();
        assertThat(compared.newlyDenied()).isEmpty();
        assertThat(compared.newlyAsked()).isEmpty();
    }

    private static Comparison compare(SessionScript script, Proposal proposal) {
        return Comparison.of(
                PolicySimulation.of(script.events(), Optional.empty(), List.of()),
                PolicySimulation.of(script.events(), Optional.of(proposal.policy()), List.of()));
    }
}
