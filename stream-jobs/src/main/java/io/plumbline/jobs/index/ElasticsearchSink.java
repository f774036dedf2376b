package io.plumbline.jobs.index;

import co.elastic.clients.elasticsearch.ElasticsearchAsyncClient;
import co.elastic.clients.elasticsearch._types.ElasticsearchException;
import co.elastic.clients.elasticsearch.core.BulkRequest;
import co.elastic.clients.elasticsearch.core.BulkResponse;
import co.elastic.clients.elasticsearch.core.bulk.BulkOperation;
import co.elastic.clients.elasticsearch.core.bulk.BulkResponseItem;
import co.elastic.clients.json.JsonData;
import co.elastic.clients.util.BinaryData;
import co.elastic.clients.util.ContentType;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.apache.flink.api.connector.sink2.WriterInitContext;
import org.apache.flink.connector.base.sink.AsyncSinkBase;
import org.apache.flink.connector.base.sink.writer.AsyncSinkWriter;
import org.apache.flink.connector.base.sink.writer.AsyncSinkWriterStateSerializer;
import org.apache.flink.connector.base.sink.writer.BufferedRequestState;
import org.apache.flink.connector.base.sink.writer.ResultHandler;
import org.apache.flink.connector.base.sink.writer.config.AsyncSinkWriterConfiguration;
import org.apache.flink.core.io.SimpleVersionedSerializer;
import org.apache.flink.metrics.Counter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bulk writes at least once. Items that the cluster had no room for (429, 503) and requests that did not reach it are sent again;
 * an item that it will never take (a document it cannot map) is counted in {@code rejected}, logged by id, and left out.
 *
 * <p>Writes to one document keep their order when {@code inFlight} is 1: an item that has to be repeated takes the later items of
 * the same document of its batch with it.
 */
final class ElasticsearchSink extends AsyncSinkBase<IndexOperation, IndexOperation> {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LoggerFactory.getLogger(ElasticsearchSink.class);

    /** Documents per bulk request; a request of this many events weighs about 1 MB. */
    static final int MAX_BATCH = 1_000;

    private static final long MAX_BATCH_BYTES = 8L << 20;
    private static final long MAX_RECORD_BYTES = 8L << 20;

    private final IndexSettings settings;

    ElasticsearchSink(IndexSettings settings, int inFlight, Duration buffering) {
        super(
                (operation, context) -> operation,
                MAX_BATCH,
                inFlight,
                20 * MAX_BATCH,
                MAX_BATCH_BYTES,
                buffering.toMillis(),
                MAX_RECORD_BYTES);
        this.settings = settings;
    }

    @Override
    public Writer createWriter(WriterInitContext context) throws IOException {
        return restoreWriter(context, List.of());
    }

    @Override
    public Writer restoreWriter(WriterInitContext context, Collection<BufferedRequestState<IndexOperation>> recovered)
            throws IOException {
        ElasticsearchClients clients = ElasticsearchClients.open(settings);
        try {
            IndexTemplates.install(clients.blocking(), settings.replicas());
        } catch (IOException | RuntimeException e) {
            clients.close();
            throw e;
        }
        AsyncSinkWriterConfiguration configuration = AsyncSinkWriterConfiguration.builder()
                .setMaxBatchSize(getMaxBatchSize())
                .setMaxBatchSizeInBytes(getMaxBatchSizeInBytes())
                .setMaxInFlightRequests(getMaxInFlightRequests())
                .setMaxBufferedRequests(getMaxBufferedRequests())
                .setMaxTimeInBufferMS(getMaxTimeInBufferMS())
                .setMaxRecordSizeInBytes(getMaxRecordSizeInBytes())
                .build();
        return new Writer(this, context, configuration, recovered, clients);
    }

    @Override
    public SimpleVersionedSerializer<BufferedRequestState<IndexOperation>> getWriterStateSerializer() {
        return new StateSerializer();
    }

    static final class Writer extends AsyncSinkWriter<IndexOperation, IndexOperation> {
        private static final long FIRST_WAIT_MS = 100;
        private static final long LONGEST_WAIT_MS = 10_000;

        private final ElasticsearchClients clients;
        private final Counter rejected;
        private final Counter repeated;
        private volatile long waitMs = FIRST_WAIT_MS;

        Writer(
                ElasticsearchSink sink,
                WriterInitContext context,
                AsyncSinkWriterConfiguration configuration,
                Collection<BufferedRequestState<IndexOperation>> recovered,
                ElasticsearchClients clients) {
            super(sink.getElementConverter(), context, configuration, recovered);
            this.clients = clients;
            this.rejected = context.metricGroup().counter("rejected");
            this.repeated = context.metricGroup().counter("repeated");
        }

        @Override
        protected void submitRequestEntries(List<IndexOperation> batch, ResultHandler<IndexOperation> result) {
            send(clients.async(), batch).whenComplete((response, error) -> {
                if (error != null) {
                    failed(batch, error, result);
                } else {
                    answered(batch, response, result);
                }
            });
        }

        private void failed(List<IndexOperation> batch, Throwable error, ResultHandler<IndexOperation> result) {
            Throwable cause =
                    error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
            boolean refused = cause instanceof ElasticsearchException answer
                    && answer.status() >= 400
                    && !isTransient(answer.status());
            if (refused) {
                result.completeExceptionally(new IOException("Elasticsearch refuses bulk requests", cause));
                return;
            }
            LOG.warn("bulk request of {} documents did not get through: {}", batch.size(), cause.toString());
            retryLater(batch, result);
        }

        private void answered(List<IndexOperation> batch, BulkResponse response, ResultHandler<IndexOperation> result) {
            List<IndexOperation> again = response.errors() ? toRepeat(batch, response.items()) : List.of();
            if (again.isEmpty()) {
                waitMs = FIRST_WAIT_MS;
                result.complete();
            } else {
                retryLater(again, result);
            }
        }

        private List<IndexOperation> toRepeat(List<IndexOperation> batch, List<BulkResponseItem> items) {
            List<IndexOperation> again = new ArrayList<>();
            Set<String> documents = new HashSet<>();
            for (int i = 0; i < batch.size(); i++) {
                IndexOperation operation = batch.get(i);
                String document = operation.index() + "/" + operation.id();
                BulkResponseItem item = items.get(i);
                if (isTransient(item.status()) || documents.contains(document)) {
                    again.add(operation);
                    documents.add(document);
                } else if (item.error() != null) {
                    rejected.inc();
                    LOG.warn(
                            "{} was rejected: {} {}",
                            document,
                            item.status(),
                            item.error().reason());
                }
            }
            return again;
        }

        private void retryLater(List<IndexOperation> operations, ResultHandler<IndexOperation> result) {
            repeated.inc(operations.size());
            long wait = waitMs;
            waitMs = Math.min(LONGEST_WAIT_MS, wait * 2);
            CompletableFuture.delayedExecutor(wait, TimeUnit.MILLISECONDS)
                    .execute(() -> result.retryForEntries(operations));
        }

        private static boolean isTransient(int status) {
            return status == 429 || status == 503 || status == 502 || status == 504;
        }

        @Override
        protected long getSizeInBytes(IndexOperation operation) {
            return operation.sizeInBytes();
        }

        @Override
        public void close() {
            super.close();
            clients.close();
        }
    }

    private static CompletableFuture<BulkResponse> send(ElasticsearchAsyncClient client, List<IndexOperation> batch) {
        List<BulkOperation> operations = new ArrayList<>(batch.size());
        for (IndexOperation operation : batch) {
            operations.add(
                    switch (operation.mode()) {
                        case REPLACE ->
                            BulkOperation.of(b -> b.index(index -> index.index(operation.index())
                                    .id(operation.id())
                                    .document(BinaryData.of(
                                            operation.json().getBytes(StandardCharsets.UTF_8),
                                            ContentType.APPLICATION_JSON))));
                        case MERGE ->
                            BulkOperation.of(b -> b.update(update -> update.index(operation.index())
                                    .id(operation.id())
                                    .retryOnConflict(3)
                                    .action(action -> action.doc(JsonData.from(new StringReader(operation.json())))
                                            .docAsUpsert(true))));
                    });
        }
        return client.bulk(BulkRequest.of(b -> b.operations(operations)));
    }

    private static final class StateSerializer extends AsyncSinkWriterStateSerializer<IndexOperation> {
        @Override
        protected void serializeRequestToStream(IndexOperation request, DataOutputStream out) throws IOException {
            IndexOperationSerializer.write(request, out);
        }

        @Override
        protected IndexOperation deserializeRequestFromStream(long requestSize, DataInputStream in) throws IOException {
            return IndexOperationSerializer.read(in);
        }

        @Override
        public int getVersion() {
            return 1;
        }
    }
}
