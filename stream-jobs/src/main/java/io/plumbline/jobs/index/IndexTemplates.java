package io.plumbline.jobs.index;

import co.elastic.clients.elasticsearch.ElasticsearchClient;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.util.List;

/** The mappings of each kind of index. They list every field that can be searched; others are kept but not indexed. */
final class IndexTemplates {
    private static final ObjectMapper JSON = new ObjectMapper();

    static final List<String> NAMES = List.of("events", "sessions", "alerts", "causes", "approvals", "suppressions");

    private IndexTemplates() {}

    /** Creates or replaces the templates, and the indices that have one name for ever. Repeating it changes nothing. */
    static void install(ElasticsearchClient client, int replicas) throws IOException {
        for (String name : NAMES) {
            String template = template(name, replicas).toString();
            client.indices()
                    .putIndexTemplate(put -> put.name("plumbline-" + name).withJson(new StringReader(template)));
        }
        for (String index : List.of(
                Documents.SESSIONS, Documents.ALERTS, Documents.CAUSES, Documents.APPROVALS, Documents.SUPPRESSIONS)) {
            if (!client.indices().exists(exists -> exists.index(index)).value()) {
                createUnlessThere(client, index);
            }
        }
    }

    private static void createUnlessThere(ElasticsearchClient client, String index) throws IOException {
        try {
            client.indices().create(create -> create.index(index));
        } catch (co.elastic.clients.elasticsearch._types.ElasticsearchException e) {
            // Another subtask was faster.
            if (!"resource_already_exists_exception".equals(e.error().type())) {
                throw e;
            }
        }
    }

    static ObjectNode template(String name, int replicas) throws IOException {
        String resource = name + "-template.json";
        try (InputStream in = IndexTemplates.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IOException(resource + " is missing on the class path");
            }
            ObjectNode template = (ObjectNode) JSON.readTree(in);
            template.withObject("/template/settings/index").put("number_of_replicas", replicas);
            return template;
        }
    }
}
