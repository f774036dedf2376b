package io.plumbline.rules.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Windows, tries and automaton against what String says. */
class TextIndexTest {
    private static final class Atoms implements AtomSink {
        private final BitSet bits = new BitSet();

        @Override
        public void set(int[] atoms) {
            for (int atom : atoms) {
                bits.set(atom);
            }
        }
    }

    private static String text(Random random, int most) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(most + 1); i > 0; i--) {
            text.append("ab\u00e9\u0161".charAt(random.nextInt(4)));
        }
        return text.toString();
    }

    @Test
    void findsWhatStringsHave() {
        Random random = new Random(7);
        for (int round = 0; round < 300; round++) {
            TextIndex.Builder builder = new TextIndex.Builder();
            List<String> literals = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String literal = text(random, 8);
                literals.add(literal);
                builder.exact(literal, i * 4);
                builder.prefix(literal, i * 4 + 1);
                builder.suffix(literal, i * 4 + 2);
                if (!literal.isEmpty()) {
                    builder.contains(literal, i * 4 + 3);
                }
            }
            TextIndex index = builder.build();
            for (int i = 0; i < 20; i++) {
                String text = text(random, 60);
                Atoms atoms = new Atoms();
                index.scan(text.toCharArray(), text.length(), atoms);
                for (int j = 0; j < literals.size(); j++) {
                    String literal = literals.get(j);
                    assertThat(atoms.bits.get(j * 4)).isEqualTo(text.equals(literal));
                    assertThat(atoms.bits.get(j * 4 + 1)).isEqualTo(text.startsWith(literal));
                    assertThat(atoms.bits.get(j * 4 + 2)).isEqualTo(text.endsWith(literal));
                    assertThat(atoms.bits.get(j * 4 + 3)).isEqualTo(!literal.isEmpty() && text.contains(literal));
                }
            }
        }
    }

    @Test
    void theAutomatonFindsTheSame() {
        Random random = new Random(8);
        for (int round = 0; round < 300; round++) {
            Trie trie = new Trie();
            List<String> literals = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                String literal = "a" + text(random, 8);
                if (!literals.contains(literal)) {
                    trie.add(literal, new int[] {literals.size()});
                    literals.add(literal);
                }
            }
            AhoCorasick automaton = new AhoCorasick(trie);
            String text = text(random, 100);
            Atoms atoms = new Atoms();
            automaton.scan(text.toCharArray(), text.length(), atoms);
            for (int i = 0; i < literals.size(); i++) {
                assertThat(atoms.bits.get(i)).as(literals.get(i)).isEqualTo(text.contains(literals.get(i)));
            }
        }
    }

    @Test
    void aWindowThatIsEverywhereIsGivenUpForTheAutomaton() {
        TextIndex.Builder builder = new TextIndex.Builder();
        Map<String, int[]> texts = new TreeMap<>();
        for (int i = 4; i < 400; i++) {
            builder.contains("a".repeat(i), i);
            texts.put("a".repeat(i), new int[] {i});
        }
        Contained table = new Contained(texts);
        char[] text = "a".repeat(100_000).toCharArray();
        assertThat(table.windows(text, text.length, 8L * text.length, new Atoms()))
                .isFalse();

        Atoms atoms = new Atoms();
        builder.build().scan(text, text.length, atoms);
        assertThat(atoms.bits.cardinality()).isEqualTo(396);
    }
}
