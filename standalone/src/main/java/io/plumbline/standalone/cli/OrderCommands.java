package io.plumbline.standalone.cli;

import com.fasterxml.jackson.databind.JsonNode;
import io.plumbline.standalone.CommandException;
import io.plumbline.standalone.ExitCodes;
import io.plumbline.standalone.Layout;
import io.plumbline.standalone.Printable;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Orders to a session: freeze, thaw, kill. Each waits until the runtime has confirmed it. */
final class OrderCommands {
    private static final Duration CONFIRMATION = Duration.ofSeconds(30);

    /** Nothing can happen in such a session any more. */
    private static final Set<String> OVER = Set.of("killed", "exited", "failed");

    private OrderCommands() {}

    /**
     * The host's answer to an order that it has not carried out.
     *
     * @param session as the console's API describes it
     * @param event id of the order, as its answer named it
     * @return one sentence; empty while there is none
     */
    static Optional<String> refusal(JsonNode session, String event) {
        JsonNode refused = session.path("refused");
        return !event.isEmpty() && refused.path("order").asText().equals(event)
                ? Optional.of(Printable.line(refused.path("reason").asText(), 200))
                : Optional.empty();
    }

    abstract static class Order implements Callable<Integer> {
        @Parameters(paramLabel = "SESSION", description = "Id of the session, from plumbline sessions.")
        private String session;

        @Option(names = "--reason", required = true, description = "Why; kept with the order.")
        private String reason;

        @Option(names = "--json", description = "Print one JSON object.")
        private boolean json;

        @Spec
        private CommandSpec spec;

        private final String order;
        private final Set<String> confirmedBy;

        Order(String order, Set<String> confirmedBy) {
            this.order = order;
            this.confirmedBy = confirmedBy;
        }

        @Override
        public Integer call() throws InterruptedException {
            PrintWriter out = spec.commandLine().getOut();
            ConsoleApi api = ConsoleApi.of(Layout.current());
            JsonNode ordered = api.order(session, order, reason, accepted());
            String state = awaitState(api, ordered.path("event").asText());
            if (json) {
                out.println(((com.fasterxml.jackson.databind.node.ObjectNode) ordered).put("state", state));
            } else {
                out.println(session + " " + state);
            }
            out.flush();
            return ExitCodes.OK;
        }

        List<String> accepted() {
            return List.of();
        }

        private String awaitState(ConsoleApi api, String event) throws InterruptedException {
            long deadline = System.nanoTime() + CONFIRMATION.toNanos();
            String state = "";
            while (System.nanoTime() < deadline) {
                JsonNode now = api.session(session);
                state = now.path("state").asText();
                if (confirmedBy.contains(state)) {
                    return state;
                }
                if (OVER.contains(state)) {
                    throw new CommandException(order + " of " + session + ": refused, the session is over (" + state
                            + ": " + Printable.line(now.path("state_reason").asText(), 200) + ")");
                }
                Optional<String> refusal = refusal(now, event);
                if (refusal.isPresent()) {
                    throw new CommandException(order + " of " + session + ": refused by the host: " + refusal.get());
                }
                Thread.sleep(Duration.ofMillis(200));
            }
            throw new CommandException(order + " of " + session + " was ordered but not confirmed in "
                    + CONFIRMATION.toSeconds() + " s; the session is " + state);
        }
    }

    @Command(
            name = "freeze",
            mixinStandardHelpOptions = true,
            description = "Stop a session where it is; nothing of it is lost.")
    static final class Freeze extends Order {
        Freeze() {
            super("freeze", Set.of("frozen"));
        }
    }

    @Command(name = "thaw", mixinStandardHelpOptions = true, description = "Let a frozen session go on.")
    static final class Thaw extends Order {
        @Option(
                names = "--accept",
                paramLabel = "DEVIATION",
                description =
                        "A deviation that counts nothing when it is found again in this session; repeatable. Its id, 32 hex"
                                + " digits, is the cause of its alerts (plumbline alerts --json).")
        private List<String> accept = new ArrayList<>();

        Thaw() {
            super("thaw", Set.of("running", "exited"));
        }

        @Override
        List<String> accepted() {
            return List.copyOf(accept);
        }
    }

    @Command(name = "kill", mixinStandardHelpOptions = true, description = "End a session. Its evidence is kept.")
    static final class Kill extends Order {
        Kill() {
            super("kill", Set.of("killed", "exited", "failed"));
        }
    }
}
