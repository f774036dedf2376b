package io.plumbline.watcher;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.events.v1.AgentConfiguration;
import io.plumbline.events.v1.AlertRaised;
import io.plumbline.events.v1.ApprovalRequested;
import io.plumbline.events.v1.Channel;
import io.plumbline.events.v1.Event;
import io.plumbline.events.v1.FileOpened;
import io.plumbline.events.v1.McpServer;
import io.plumbline.events.v1.ProcessRef;
import io.plumbline.events.v1.Severity;
import io.plumbline.events.v1.ToolCall;
import io.plumbline.events.v1.ToolResult;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What the server of an MCP tool does belongs to the call that asked for it. */
class ServerCallsTest {
    private static final String KEY = "/home/agent/.ssh/id_rsa";
    private static final int O_WRONLY_CREAT = 0x41;
    private static final ProcessRef SERVER = SessionScript.process(10, 5);
    private static final ProcessRef ONE = SessionScript.process(11, 6);
    private static final ProcessRef TWO = SessionScript.process(12, 7);

    @Test
    void anActOfTheServerBelongsToTheOnlyCallThatIsUnderWay() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__find");

        AlertRaised alert = Alerts.of(session.open(SERVER, KEY, 0)).getFirst();

        assertThat(alert.getCall()).isEqualTo("m1");
        assertThat(alert.getSeen()).startsWith("node (10) of the MCP server my files opened " + KEY);
    }

    @Test
    void ofSeveralCallsItIsNotKnownWhoseItIs() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__find");
        ask(session, "m2", "mcp__my_files__list");
        ask(session, "m3", "mcp__others__list");

        AlertRaised alert = Alerts.of(session.open(SERVER, KEY, 0)).getFirst();

        assertThat(alert.getCall()).isEmpty();
        assertThat(alert.getSeen()).contains("of the MCP server my files, for one of the calls m1, m2 opened");
    }

    @Test
    void theNameOfAServerMayHoldWhatJoinsItToTheToolsName() {
        SessionScript claude = serving("{}", "a__b", "a");
        ask(claude, "m1", "mcp__a__b__run");
        SessionScript gemini = serving("{}", "my_files", "my");
        ask(gemini, "m1", "mcp_my_files_find", "my", "files_find");

        assertThat(Alerts.of(claude.open(SERVER, KEY, 0)).getFirst().getCall()).isEqualTo("m1");
        assertThat(Alerts.of(gemini.open(SERVER, KEY, 0)).getFirst().getCall()).isEqualTo("m1");
    }

    /** A project that several agents work in names its server in the file of each. */
    @Test
    void aServerThatTwoFilesConfigureIsOne() {
        SessionScript session = serving("tools: {deny: [mcp__files__write]}", "files", "files");
        ask(session, "m1", "mcp__files__run");
        assertThat(Alerts.of(session.open(SERVER, KEY, 0)).getFirst().getCall()).isEqualTo("m1");
        answered(session, "m1");

        ask(session, "m2", "mcp__files__write");
        assertThat(Alerts.of(session.open(SERVER, "/workspace/a", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getTitle)
                .contains("The server of a refused call acts");
    }

    /** Agents write both names in the same way. */
    @Test
    void ofTwoServersThatAreNamedAlikeItIsNotKnownWhoseTheCallIs() {
        SessionScript session = serving("tools: {deny: [mcp__a_b__write]}", "a.b", "a_b");
        ask(session, "m1", "mcp__a_b__run");
        session.fork(SERVER, ONE);
        session.exec(ONE, "sh", "job.sh");

        AlertRaised alert = Alerts.of(session.open(ONE, KEY, 0)).getFirst();
        answered(session, "m1");
        ask(session, "m2", "mcp__a_b__write");

        assertThat(alert.getCall()).isEmpty();
        assertThat(alert.getSeen()).contains("of the MCP server a.b, for one of the calls m1 opened");
        assertThat(Alerts.of(session.open(SERVER, "/workspace/a", O_WRONLY_CREAT)))
                .isEmpty();
    }

    @Test
    void whatComesLateBelongsToTheCallOfItsTime() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__find");
        Event late = session.next(Channel.EVIDENCE, opened(KEY));
        answered(session, "m1");
        ask(session, "m2", "mcp__my_files__list");

        assertThat(Alerts.of(session.take(late)).getFirst().getCall()).isEqualTo("m1");
    }

    @Test
    void betweenTwoCallsTheServerActsForItself() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__find");
        answered(session, "m1");

        AlertRaised alert = Alerts.of(session.open(SERVER, KEY, 0)).getFirst();

        assertThat(alert.getCall()).isEmpty();
        assertThat(alert.getSeen()).contains("of the MCP server my files opened");
    }

    @Test
    void whatWasExecutedForACallMayGoOnForItWhenOthersAreUnderWay() {
        SessionScript session = serving("ladder: {alert: 100, ask: 100, freeze: 100}");
        ask(session, "m1", "mcp__my_files__run");
        session.fork(SERVER, ONE);
        session.exec(ONE, "sh", "job.sh");
        answered(session, "m1");
        session.fork(ONE, TWO);

        AlertRaised after =
                Alerts.of(session.open(TWO, "/home/agent/.aws/credentials", 0)).getFirst();
        ask(session, "m2", "mcp__my_files__run");
        AlertRaised beside = Alerts.of(session.open(TWO, KEY, 0)).getFirst();

        assertThat(after.getCall()).isEqualTo("m1");
        assertThat(beside.getCall()).isEmpty();
        assertThat(beside.getSeen()).contains("for one of the calls m2, m1 opened");
    }

    @Test
    void anActThatThePolicyNamesIsHeldAgainstTheCallOfTheServer() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__run");
        session.fork(SERVER, ONE);

        assertThat(Alerts.of(session.exec(ONE, "npm", "publish")))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("scopes.publishing");
                    assertThat(alert.getCall()).isEqualTo("m1");
                    assertThat(alert.getRiskAdded()).isEqualTo(20);
                });
    }

    /** Who approves it is told that it may do anything. */
    @Test
    void aCallOfTheServerThatAPersonApprovedMayDoIt() {
        SessionScript session = serving("tools: {ask: [mcp__my_files__run]}");
        approve(session, "m1");
        session.fork(SERVER, ONE);

        assertThat(Alerts.of(session.exec(ONE, "npm", "publish"))).isEmpty();
    }

    @Test
    void whatThePolicyRefusesNobodyHasApprovedWithTheCall() {
        SessionScript session = serving("tools: {ask: [mcp__my_files__run]}\nscopes: {publishing: deny}");
        approve(session, "m1");
        session.fork(SERVER, ONE);

        assertThat(Alerts.of(session.exec(ONE, "npm", "publish")))
                .extracting(AlertRaised::getClause)
                .containsExactly("scopes.publishing");
    }

    @Test
    void anApprovalEndsWithTheCall() {
        SessionScript session = serving("tools: {ask: [mcp__my_files__run]}");
        approve(session, "m1");
        session.fork(SERVER, ONE);
        session.exec(ONE, "sh", "job.sh");
        answered(session, "m1");

        assertThat(Alerts.of(session.exec(ONE, "npm", "publish")))
                .extracting(AlertRaised::getClause)
                .containsExactly("scopes.publishing");
    }

    @Test
    void aSecretThatOneProcessReadsForACallGoesWithTheOthersOfThatCall() {
        SessionScript session = serving("egress: [{host: api.example.com}]\nscopes: {credentials: allow}");
        ask(session, "m1", "mcp__my_files__send");
        session.fork(SERVER, ONE);
        session.exec(ONE, "cat", KEY);
        session.fork(SERVER, TWO);
        session.exec(TWO, "curl", "-d", "@-", "https://api.example.com");
        session.open(ONE, KEY, 0);
        session.proxy(TWO);

        assertThat(Alerts.of(session.connect("api.example.com", 443)))
                .filteredOn(alert -> alert.getClause().equals("taint"))
                .singleElement()
                .satisfies(alert -> assertThat(alert.getCall()).isEqualTo("m1"));
    }

    @Test
    void whatTheServerOfARefusedCallDoesIsFoundOnceAndFreezesNobody() {
        SessionScript session = serving("tools: {deny: [mcp__my_files__write]}");
        ask(session, "m1", "mcp__my_files__write");

        List<AlertRaised> first = Alerts.of(session.open(SERVER, "/workspace/a", O_WRONLY_CREAT));
        List<AlertRaised> second = Alerts.of(session.open(SERVER, "/workspace/b", O_WRONLY_CREAT));

        assertThat(first).singleElement().satisfies(alert -> {
            assertThat(alert.getTitle()).isEqualTo("The server of a refused call acts");
            assertThat(alert.getCall()).isEqualTo("m1");
            assertThat(alert.getSeverity()).isEqualTo(Severity.LOW);
        });
        assertThat(second).isEmpty();
        assertThat(session.verdicts()).noneMatch(Event::hasFreezeOrdered);
    }

    /** Neither of them has a command, which makes them no equal calls. */
    @Test
    void thatAnotherToolIsAllowedMeanwhileSaysNothingOfTheRefusedOne() {
        SessionScript session = serving("tools: {deny: [mcp__my_files__write]}");
        ask(session, "m1", "mcp__my_files__write");
        ask(session, "m2", "mcp__others__list");

        assertThat(Alerts.of(session.open(SERVER, "/workspace/a", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getTitle)
                .containsExactly("The server of a refused call acts");
    }

    /** Which of its calls it was makes no difference: none of them said so. */
    @Test
    void anActThatThePolicyNamesIsFoundAlsoWhereTheCallIsNotCertain() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__run");
        ask(session, "m2", "mcp__my_files__run");
        session.fork(SERVER, ONE);

        assertThat(Alerts.of(session.exec(ONE, "npm", "publish")))
                .singleElement()
                .satisfies(alert -> {
                    assertThat(alert.getClause()).isEqualTo("scopes.publishing");
                    assertThat(alert.getCall()).isEmpty();
                    assertThat(alert.getSeen()).contains("for one of the calls m1, m2");
                });
    }

    @Test
    void whatWasExecutedForOneOfTwoCallsIsNotTheLastOnesForCertain() {
        SessionScript session = serving("ladder: {alert: 100, ask: 100, freeze: 100}");
        ask(session, "m1", "mcp__my_files__run");
        ask(session, "m2", "mcp__my_files__run");
        session.fork(SERVER, ONE);
        session.exec(ONE, "sh", "job.sh");
        answered(session, "m1");

        assertThat(Alerts.of(session.open(ONE, KEY, 0)).getFirst().getCall()).isEmpty();
    }

    /** Not every agent tells each result. */
    @Test
    void aCallWithoutAResultIsOverWithTheNextPrompt() {
        SessionScript session = serving("{}");
        ask(session, "m1", "mcp__my_files__find");
        session.prompt("and now the other one");
        ask(session, "m2", "mcp__my_files__find");

        assertThat(Alerts.of(session.open(SERVER, KEY, 0)).getFirst().getCall()).isEqualTo("m2");
    }

    @Test
    void aHelperOfAnEarlierCallDoesNotHideTheRefusalOfALaterOne() {
        SessionScript session = serving("tools: {deny: [mcp__my_files__write]}");
        ask(session, "m1", "mcp__my_files__run");
        session.fork(SERVER, ONE);
        session.exec(ONE, "sh", "job.sh");
        answered(session, "m1");
        ask(session, "m2", "mcp__my_files__write");

        assertThat(Alerts.of(session.open(ONE, "/workspace/a", O_WRONLY_CREAT)))
                .extracting(AlertRaised::getTitle)
                .contains("The server of a refused call acts");
    }

    @Test
    void whileAPersonThinksAServersOwnWorkFreezesNobody() {
        SessionScript session = serving("unannounced: freeze\ntools: {ask: [mcp__my_files__run]}");
        ask(session, "m1", "mcp__my_files__run");
        session.fork(SERVER, ONE);

        assertThat(session.exec(ONE, "ls")).noneMatch(Event::hasFreezeOrdered);
        assertThat(Alerts.of(session.verdicts()))
                .extracting(AlertRaised::getWhy)
                .anyMatch(why -> why.contains("is not approved yet"));
    }

    @Test
    void itFreezesWhereWhatNobodyAnnouncedDoes() {
        SessionScript session = serving("unannounced: freeze\ntools: {deny: [mcp__my_files__run]}");
        ask(session, "m1", "mcp__my_files__run");
        session.fork(SERVER, ONE);

        assertThat(session.exec(ONE, "ls")).anyMatch(Event::hasFreezeOrdered);
    }

    @Test
    void beneathAnAllowedCallOfTheSameServerARefusedOneSaysNothing() {
        SessionScript session = serving("tools: {deny: [mcp__my_files__write]}\negress: [{host: api.example.com}]");
        ask(session, "m1", "mcp__my_files__find");
        ask(session, "m2", "mcp__my_files__write");
        session.fork(SERVER, ONE);

        assertThat(Alerts.of(session.exec(ONE, "ls"))).isEmpty();
        assertThat(Alerts.of(session.open(ONE, "/workspace/a", O_WRONLY_CREAT))).isEmpty();
        session.proxy(SERVER);
        assertThat(Alerts.of(session.connect("api.example.com", 443))).isEmpty();
    }

    @Test
    void aConnectionThatTheServerOfARefusedCallAsksForIsFound() {
        SessionScript session = serving("tools: {deny: [mcp__my_files__send]}\negress: [{host: api.example.com}]");
        ask(session, "m1", "mcp__my_files__send");
        session.proxy(SERVER);

        assertThat(Alerts.of(session.connect("api.example.com", 443)))
                .extracting(AlertRaised::getSeen)
                .containsExactly("node (10) of the MCP server my files asked for a connection to api.example.com:443");
    }

    /** A session whose configuration names a server, which runs. */
    private static SessionScript serving(String policy) {
        return serving(policy, "my files");
    }

    /** Of several servers the first one runs. */
    private static SessionScript serving(String policy, String... servers) {
        SessionScript session = SessionScript.of(policy);
        List<McpServer> configured = Stream.of(servers)
                .map(name -> McpServer.newBuilder()
                        .setName(name)
                        .addAllArgv(List.of("node", name.equals(servers[0]) ? "/srv/files.js" : "/srv/other.js"))
                        .build())
                .toList();
        session.evidence(Event.newBuilder()
                .setAgentConfiguration(AgentConfiguration.newBuilder()
                        .setAgent("claude-code")
                        .setAgentVersion("2.1.330")
                        .setMoment("start")
                        .addAllMcpServers(configured)));
        session.fork(SessionScript.agent(), SERVER);
        session.exec(SERVER, "node", "/srv/files.js");
        Set<String> told =
                Alerts.of(session.verdicts()).stream().map(AlertRaised::getSeen).collect(Collectors.toSet());
        assertThat(told).isEmpty();
        return session;
    }

    private static List<Event> ask(SessionScript session, String call, String tool) {
        String[] names = tool.split("__");
        return ask(session, call, tool, names[1], names[2]);
    }

    private static List<Event> ask(SessionScript session, String call, String tool, String server, String serverTool) {
        return session.send(
                Channel.CLAIMS,
                Event.newBuilder()
                        .setToolCall(ToolCall.newBuilder()
                                .setCall(call)
                                .setTool(tool)
                                .setMcpServer(server)
                                .setMcpTool(serverTool)
                                .setArgumentsJson("{\"path\":\"a\"}")
                                .setGated(true)));
    }

    private static void approve(SessionScript session, String call) {
        ApprovalRequested question = ask(session, call, "mcp__my_files__run").stream()
                .filter(Event::hasApprovalRequested)
                .findFirst()
                .orElseThrow()
                .getApprovalRequested();
        session.decide(question.getApproval(), true, question.getSubjectSha256(), 1);
    }

    private static void answered(SessionScript session, String call) {
        session.result(ToolResult.newBuilder().setCall(call).setOutcome("success"));
    }

    private static Event.Builder opened(String path) {
        return Event.newBuilder()
                .setFileOpened(FileOpened.newBuilder()
                        .setActor(SessionScript.actor(SERVER))
                        .setPath(path));
    }
}
