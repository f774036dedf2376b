package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlossesTest {
    private static final Glosses GLOSSES = new Glosses();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "grep -v x a | invert | substitute",
                "find . -type d | folders | invert",
                "find . -type f | regular | folders",
                "sed 's/a/b/g' x | substitute | delete",
                "sed -i '/a/d' x | delete | substitute",
                "awk '{s+=$1} END {print s}' x | total | distinct",
                "tar xzf a.tgz | extract | create",
                "tar czf a.tgz a | create | list"
            })
    void knowsWhatProgramsArgumentsAndScriptsAreFor(String command, String word, String other) {
        var invocation = new PlainCommandReader().read(command).invocations().getFirst();

        String words = GLOSSES.words(GLOSSES.parts(invocation).stream().skip(1).toList());

        assertThat(words.split(" ")).contains(word).doesNotContain(other);
    }
}
