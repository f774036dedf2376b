package io.plumbline.sandbox.session;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.plumbline.sandbox.container.ContainerControl;
import io.plumbline.sandbox.container.ContainerException;
import io.plumbline.sandbox.container.HostProcesses;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** The kinds of evidence that an attached container leaves when it stands still. */
final class FrozenContainer {
    private static final Duration LIMIT = Duration.ofSeconds(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private FrozenContainer() {}

    static List<EvidenceCollection.Source> of(
            ContainerControl control, Optional<HostProcesses> host, SessionJournal journal) {
        return List.of(processes(control, host), container(control), FrozenSession.egress(journal));
    }

    /** As the host's kernel sees them, and as the runtime does. */
    private static EvidenceCollection.Source processes(ContainerControl control, Optional<HostProcesses> host) {
        return new EvidenceCollection.Source() {
            @Override
            public String kind() {
                return "processes";
            }

            @Override
            public JsonNode take() {
                ObjectNode found = JSON.createObjectNode();
                host.ifPresent(processes -> found.set("processes", processes.describe()));
                try {
                    JsonNode top = control.top(LIMIT);
                    if (!top.isMissingNode()) {
                        found.set("top", top);
                    }
                } catch (ContainerException e) {
                    found.put("top_unavailable", String.valueOf(e.getMessage()));
                }
                return found;
            }
        };
    }

    private static EvidenceCollection.Source container(ContainerControl control) {
        return new EvidenceCollection.Source() {
            @Override
            public String kind() {
                return "container";
            }

            @Override
            public JsonNode take() throws ContainerException {
                return control.details(LIMIT);
            }
        };
    }
}
