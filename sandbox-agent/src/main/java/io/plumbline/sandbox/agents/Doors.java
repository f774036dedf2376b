package io.plumbline.sandbox.agents;

import io.plumbline.events.v1.EgressRule;
import io.plumbline.events.v1.TaskPolicy;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/**
 * The loopback ports inside a sandbox and the sockets that they lead to.
 *
 * @param services loopback port of each service of the policy, by its name, in the policy's order
 */
public record Doors(Map<String, Integer> services) {
    /** Where the sockets are inside the sandbox. */
    public static final String DIRECTORY = "/run/plumbline";

    public static final int HOOKS_PORT = 4318;
    public static final int PROXY_PORT = 3128;
    public static final String HOOKS_SOCKET = "door.sock";
    public static final String PROXY_SOCKET = "egress.sock";

    private static final int FIRST_SERVICE_PORT = 8081;

    /** The service name that stands for the model provider's API. */
    private static final String MODEL = "model";

    public Doors {
        services = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(services));
    }

    public static Doors of(TaskPolicy policy) {
        Map<String, Integer> services = new LinkedHashMap<>();
        for (EgressRule rule : policy.getEgressList()) {
            if (!rule.getService().isEmpty()) {
                services.putIfAbsent(rule.getService(), FIRST_SERVICE_PORT + services.size());
            }
        }
        return new Doors(services);
    }

    public static String serviceSocket(String service) {
        return "service-" + service + ".sock";
    }

    /** Socket inside the sandbox by loopback port: hooks first, then the proxy, then the services. */
    public Map<Integer, String> relays() {
        Map<Integer, String> relays = new LinkedHashMap<>();
        relays.put(HOOKS_PORT, DIRECTORY + "/" + HOOKS_SOCKET);
        relays.put(PROXY_PORT, DIRECTORY + "/" + PROXY_SOCKET);
        services.forEach((name, port) -> relays.put(port, DIRECTORY + "/" + serviceSocket(name)));
        return relays;
    }

    /** Loopback port of the model provider's API, when the policy has one. */
    OptionalInt modelPort() {
        Integer port = services.get(MODEL);
        return port == null ? OptionalInt.empty() : OptionalInt.of(port);
    }
}
