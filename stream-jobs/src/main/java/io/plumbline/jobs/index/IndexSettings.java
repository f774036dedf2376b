package io.plumbline.jobs.index;

import java.io.Serializable;
import java.net.URI;
import java.util.List;
import java.util.Map;

/**
 * Where the index job reads and writes, and its limits.
 *
 * @param kafkaBootstrap host:port pairs, comma separated
 * @param kafkaProperties further properties of the Kafka clients; empty for a plain loopback broker
 * @param group consumer group that the read positions are reported under
 * @param elasticsearchUrl base URL of the cluster
 * @param apiKey Elasticsearch API key, encoded form; empty when the cluster asks for none. A secret
 * @param replicas replicas of every index; 0 on one node
 */
public record IndexSettings(
        String kafkaBootstrap,
        Map<String, String> kafkaProperties,
        String group,
        URI elasticsearchUrl,
        String apiKey,
        int replicas)
        implements Serializable {
    /** The topics that are indexed. */
    static final List<String> TOPICS = List.of(
            io.plumbline.events.Topics.TELEMETRY,
            io.plumbline.events.Topics.CONTROL,
            io.plumbline.events.Topics.VERDICTS);

    public IndexSettings {
        kafkaProperties = Map.copyOf(kafkaProperties);
        if (elasticsearchUrl.getHost() == null) {
            throw new IllegalArgumentException(
                    "elasticsearchUrl: " + elasticsearchUrl + " (expected: http://host:port)");
        }
        if (replicas < 0 || replicas > 5) {
            throw new IllegalArgumentException("replicas: " + replicas + " (expected: 0..5)");
        }
    }

    /** One broker and one node on loopback, as the standalone process tree starts them. */
    public static IndexSettings local(String kafkaBootstrap, URI elasticsearchUrl) {
        return new IndexSettings(kafkaBootstrap, Map.of(), "plumbline-index", elasticsearchUrl, "", 0);
    }

    @Override
    public String toString() {
        return "IndexSettings[kafkaBootstrap=" + kafkaBootstrap + ", group=" + group + ", elasticsearchUrl="
                + elasticsearchUrl + ", apiKey=" + (apiKey.isEmpty() ? "none" : "set") + ", replicas=" + replicas + "]";
    }
}
