package io.plumbline.intent.training;

import io.plumbline.intent.IntentModelException;
import io.plumbline.intent.corpus.LabelledAct;
import io.plumbline.intent.corpus.Split;
import io.plumbline.intent.head.Head;
import io.plumbline.intent.text.Encoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** One training from the corpus to a file, the work of {@code plumbline model train}. */
public record TrainedModel(Head head, int acts, int texts) {
    /** @param vectors file that keeps the encoder's work between runs, if wanted */
    public static TrainedModel train(Optional<Path> vectors) throws IntentModelException, IOException {
        List<LabelledAct> corpus = Training.corpus();
        try (Encoder encoder = Encoder.load()) {
            VectorStore store = new VectorStore(encoder);
            if (vectors.isPresent()) {
                store.load(vectors.get());
            }
            Training training = new Training(encoder, store, corpus);
            Head head = training.train(training.rows(corpus, Split.TRAIN), training.rows(corpus, Split.DEVELOPMENT));
            if (vectors.isPresent()) {
                store.save(vectors.get());
            }
            return new TrainedModel(head, corpus.size(), store.size());
        }
    }

    /** Writes {@code head.bin} and its digest {@code head.sha256} into a folder. */
    public void write(Path folder) throws IOException {
        Files.createDirectories(folder);
        byte[] bytes = head.bytes();
        Files.write(folder.resolve("head.bin"), bytes);
        Files.writeString(folder.resolve("head.sha256"), Head.sha256(bytes) + "\n");
    }
}
