package io.plumbline.intent.training;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.corpus.Feedback;
import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.text.Encoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * One training from the corpus to a file, the work of {@code plumbline model train}.
 *
 * @param acts of the corpus
 * @param texts that were encoded
 * @param feedback records of feedback that were learned from
 */
public record TrainedModel(Head head, int acts, int texts, int feedback) {
    /** How often a record of feedback is seen for one of a generated record: it is about what the corpus has not. */
    private static final int FEEDBACK_WEIGHT = 4;

    /**
     * @param encoder that the head is to fit
     * @param vectors file that keeps the encoder's work between runs, if wanted
     * @param feedback reviewed records to learn from beside the corpus; what is in another split is left out
     */
    public static TrainedModel train(Encoder encoder, Optional<Path> vectors, List<Feedback> feedback)
            throws IntentModelException, IOException {
        List<LabelledAct> corpus = Training.corpus();
        VectorStore store = new VectorStore(encoder);
        if (vectors.isPresent()) {
            store.load(vectors.get());
        }
        Training training = Training.of(encoder, store, corpus);
        List<Training.Row> rows = new ArrayList<>(training.rows(corpus, Split.TRAIN));
        int learned = 0;
        for (LabelledAct record : ownSplit(feedback, corpus)) {
            Training.Row row = training.row(record);
            rows.addAll(Collections.nCopies(FEEDBACK_WEIGHT, row));
            learned++;
        }
        Head head = training.train(rows, training.rows(corpus, Split.DEVELOPMENT));
        if (vectors.isPresent()) {
            store.save(vectors.get());
        }
        return new TrainedModel(head, corpus.size(), store.size(), learned);
    }

    /** Records whose task and act are not in the splits that the model is chosen and measured by. */
    static List<LabelledAct> ownSplit(List<Feedback> feedback, List<LabelledAct> corpus) {
        Set<String> others = new HashSet<>();
        for (LabelledAct record : corpus) {
            if (record.split() != Split.TRAIN) {
                others.add(record.intent().task());
                others.add(record.act().text());
            }
        }
        return feedback.stream()
                .filter(record -> !others.contains(record.task())
                        && !others.contains(record.act().text()))
                .map(Feedback::labelled)
                .toList();
    }

    /** Writes {@code head.bin} and its digest {@code head.sha256} into a folder. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        byte[] bytes = head.bytes();
        Files.write(folder.resolve("head.bin"), bytes);
        Files.writeString(folder.resolve("head.sha256"), Head.sha256(bytes) + "\n");
    }
}
