package io.plumbline.events.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GlobTest {
    @ParameterizedTest
    @CsvSource({
        "/a/b, /a/b, true",
        "/a/b, /a/bc, false",
        "/a/b, /a, false",
        "/a/**, /a, true",
        "/a/**, /a/b/c, true",
        "/a/**, /ab, false",
        "/a/*, /a/b/c, false",
        "/a/*/c, /a/b/c, true",
        "/a/?, /a//, false",
        "/a/**/x.key, /a/b/c/x.key, true",
        "/a/**/x.key, /a/x.key, false",
        "**/.env, /w/.env, true",
        "**, /, true",
    })
    void matches(String pattern, String path, boolean expected) {
        assertThat(new Glob(pattern).matches(path)).isEqualTo(expected);
    }

    @Test
    void agreesWithARegularExpression() {
        Random random = new Random(7);
        int matched = 0;
        for (int i = 0; i < 200_000; i++) {
            String pattern = text(random, "ab/*?*");
            String path = text(random, "ab/");
            boolean expected = asRegularExpression(pattern).matcher(path).matches();
            assertThat(new Glob(pattern).matches(path))
                    .as("%s %s", pattern, path)
                    .isEqualTo(expected);
            matched += expected ? 1 : 0;
        }
        assertThat(matched).isGreaterThan(10_000);
    }

    private static String text(Random random, String letters) {
        return IntStream.range(0, random.nextInt(8))
                .mapToObj(
                        i -> letters.substring(random.nextInt(letters.length())).substring(0, 1))
                .collect(Collectors.joining());
    }

    private static Pattern asRegularExpression(String glob) {
        String all = glob.replaceAll("(?<!\\*)\\*(?!\\*)", "1")
                .replace("**", "2")
                .replace("*", "1")
                .replace("?", "[^/]")
                .replace("1", "[^/]*")
                .replace("2", ".*");
        return glob.endsWith("/**")
                ? Pattern.compile(all + "|" + Pattern.quote(glob.substring(0, glob.length() - 3)))
                : Pattern.compile(all);
    }

    @Test
    void aHostilePathCannotMakeItBacktrack() {
        String path = "/" + "a".repeat(4_000) + "b";
        assertThat(new Glob("/" + "a*".repeat(40) + "c").matches(path)).isFalse();
    }
}
