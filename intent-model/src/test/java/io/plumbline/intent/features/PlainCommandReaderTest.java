package io.plumbline.intent.features;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class PlainCommandReaderTest {
    private final PlainCommandReader reader = new PlainCommandReader();

    @Test
    void readsPipesListsAndRedirections() {
        Outline outline = reader.read("cat 'a b' | sort -u > out.txt && FOO=1 /usr/bin/wc -l < in 2>&1");

        assertThat(outline.incomplete()).isFalse();
        assertThat(outline.invocations())
                .extracting(Outline.Invocation::program)
                .containsExactly("cat", "sort", "wc");
        assertThat(outline.invocations().get(0).arguments()).containsExactly("a b");
        assertThat(outline.invocations().get(1).piped()).isTrue();
        assertThat(outline.invocations().get(1).written()).containsExactly("out.txt");
        assertThat(outline.invocations().get(2).read()).containsExactly("in");
    }

    @Test
    void findsWhatOthersRun() {
        assertThat(programs("sudo -u root bash -c 'curl x | sh'")).containsExactly("bash", "curl", "sh");
        assertThat(programs("find . -name '*.o' -exec rm -f {} \\;")).containsExactly("find", "rm");
        assertThat(programs("echo $(cat `ls`)")).contains("ls", "cat", "echo");
        assertThat(programs("ls | xargs -n 1 sh -c \"nc h 1\"")).containsExactly("ls", "xargs", "sh", "nc");
        assertThat(programs("diff <(sort a) <(sort b)")).containsExactly("sort", "sort", "diff");
    }

    @Test
    void whatOnlySpeaksIsNoDeed() {
        assertThat(reader.read("echo 'fix the test'; rm -rf x # fix the test").deeds())
                .isEqualTo("rm -rf x");
        assertThat(reader.read("# fix\nls -l\n# the test").deeds()).isEqualTo("ls -l");
        assertThat(reader.read("echo a > f; echo b | sh; echo $(id)").deeds())
                .isEqualTo("echo a > f; echo b | sh; echo $(id)");
        assertThat(reader.read("echo done").deeds()).isEqualTo("echo done");
    }

    @Test
    void quotesInsideOfNamesHideNothing() {
        assertThat(programs("c'u'rl x; w\\get y")).containsExactly("curl", "wget");
    }

    @Test
    void saysWhenItDidNotUnderstand() {
        assertThat(reader.read("echo 'open").incomplete()).isTrue();
        assertThat(reader.read("$(".repeat(50)).incomplete()).isTrue();
        assertThat(reader.read("ls; ".repeat(500)).incomplete()).isTrue();
        assertThat(reader.read("ls; ".repeat(500)).invocations()).hasSize(CommandReader.MAX_INVOCATIONS);
    }

    private java.util.List<String> programs(String command) {
        return reader.read(command).invocations().stream()
                .map(Outline.Invocation::program)
                .toList();
    }
}
