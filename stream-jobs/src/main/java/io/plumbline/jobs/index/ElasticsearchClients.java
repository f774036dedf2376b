package io.plumbline.jobs.index;

import co.elastic.clients.elasticsearch.ElasticsearchAsyncClient;
import co.elastic.clients.elasticsearch.ElasticsearchClient;
import java.io.IOException;
import java.io.UncheckedIOException;

/** One connection to the cluster, in its blocking and its asynchronous form. */
record ElasticsearchClients(ElasticsearchClient blocking, ElasticsearchAsyncClient async) implements AutoCloseable {
    static ElasticsearchClients open(IndexSettings settings) {
        ElasticsearchClient client = ElasticsearchClient.of(b -> {
            b.host(settings.elasticsearchUrl().toString());
            return settings.apiKey().isEmpty() ? b : b.apiKey(settings.apiKey());
        });
        return new ElasticsearchClients(client, new ElasticsearchAsyncClient(client._transport()));
    }

    @Override
    public void close() {
        try {
            blocking.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
