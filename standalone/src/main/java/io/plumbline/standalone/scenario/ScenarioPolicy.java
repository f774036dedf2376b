package io.plumbline.standalone.scenario;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.plumbline.events.policy.PolicyException;
import io.plumbline.events.policy.PolicyParser;
import io.plumbline.events.policy.ShippedPolicies;
import io.plumbline.events.yaml.YamlFields;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The policy of a scenario's session.
 *
 * @param keys of the policy document with their values: maps, lists and texts
 */
public record ScenarioPolicy(Map<String, Object> keys) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** The document in which a {@link #COLLECTOR} stands is given the port of the host that takes what is sent. */
    static final String COLLECTOR = "${collector}";

    private static final String GATE_DEADLINE = "30s";

    public ScenarioPolicy {
        keys = new LinkedHashMap<>(keys);
    }

    /** A shipped policy, and what a scenario says instead of some of its keys. */
    static ScenarioPolicy of(String shipped, Map<String, Object> instead) {
        Map<String, Object> keys = YamlFields.document(
                        shipped, ShippedPolicies.yaml(shipped), PolicyParser.MAX_CHARACTERS, "name")
                .plain();
        keys.putAll(instead);
        return new ScenarioPolicy(keys);
    }

    /** @throws PolicyException when it is not one that a session could have */
    void check() throws PolicyException {
        PolicyParser.parse(yaml(1));
        PolicyParser.parse(yaml(1, 1));
    }

    /** The document, with the agent's model as a further destination: a service on loopback. */
    public String yaml(int modelPort, int collectorPort) {
        List<Object> egress = new ArrayList<>();
        if (keys.get("egress") instanceof List<?> listed) {
            egress.addAll(listed);
        }
        egress.add(Map.of(
                "host", "127.0.0.1", "port", String.valueOf(modelPort), "service", "model", "allow-private", "true"));
        return text(egress, collectorPort);
    }

    /** For an agent without a model. */
    String yaml(int collectorPort) {
        return text(keys.getOrDefault("egress", List.of()), collectorPort);
    }

    private String text(Object egress, int collectorPort) {
        Map<String, Object> all = new LinkedHashMap<>(keys);
        all.put("egress", egress);
        // What is rehearsed is the answer, not how busy the machine is.
        all.putIfAbsent("gate-deadline", GATE_DEADLINE);
        try {
            // JSON is YAML.
            return JSON.writeValueAsString(all).replace(COLLECTOR, String.valueOf(collectorPort));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a policy of maps, lists and texts", e);
        }
    }
}
