package io.plumbline.intent.encoder;

import static org.assertj.core.api.Assertions.assertThat;

import io.plumbline.intent.corpus.Grammar;
import io.plumbline.intent.encoder.Lessons.Pair;
import io.plumbline.intent.text.Encoder;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class LessonsTest {
    @Test
    void aLessonHasSoManyPairsOfDifferentTexts() {
        Lessons lessons = lessons();

        assertThat(lessons.families()).isGreaterThan(1_000);
        for (List<Pair> lesson : List.of(lessons.acts(64), lessons.wordings(64))) {
            assertThat(lesson).hasSize(64).allSatisfy(pair -> {
                assertThat(pair.said()).isNotBlank().doesNotContainPattern("\\{(file|dir|word|module)}");
                assertThat(pair.done()).isNotBlank();
            });
            assertThat(lesson.stream().map(Pair::said)).doesNotHaveDuplicates();
        }
    }

    @Test
    void theSameSeedGivesTheSameLessons() {
        assertThat(lessons().acts(40)).isEqualTo(lessons().acts(40));
    }

    private static Lessons lessons() {
        return new Lessons(new Grammar(), 7, texts -> {
            SplittableRandom random = new SplittableRandom(1);
            return texts.stream()
                    .map(text -> {
                        float[] vector = new float[Encoder.WIDTH];
                        vector[random.nextInt(Encoder.WIDTH)] = 1;
                        return vector;
                    })
                    .toList();
        });
    }
}
