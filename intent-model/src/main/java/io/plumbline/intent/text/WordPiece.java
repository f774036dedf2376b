package io.plumbline.intent.text;

import io.plumbline.intent.IntentModelException;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The uncased WordPiece tokenizer of BERT: lower case, accents stripped, split at white space and punctuation, then the longest
 * known pieces from the left. The vocabulary is that of the base model.
 */
public final class WordPiece {
    private static final int MAX_WORD = 100;
    static final String SHIPPED = "/io/plumbline/intent/model/vocabulary.txt";

    private final Map<String, Integer> vocabulary;
    private final int unknown;
    private final int start;
    private final int end;

    private WordPiece(Map<String, Integer> vocabulary, int unknown, int start, int end) {
        this.vocabulary = vocabulary;
        this.unknown = unknown;
        this.start = start;
        this.end = end;
    }

    /** With the vocabulary beside the encoder. */
    public static WordPiece shipped() throws IntentModelException {
        return read(Encoder.resource(SHIPPED));
    }

    /** @param lines one piece a line, UTF-8; its number is its id @throws IntentModelException when it is no BERT vocabulary */
    static WordPiece read(byte[] lines) throws IntentModelException {
        Map<String, Integer> vocabulary = new HashMap<>();
        for (String piece : new String(lines, StandardCharsets.UTF_8).split("\n")) {
            if (vocabulary.put(piece, vocabulary.size()) != null) {
                throw new IntentModelException("tokenizer: '" + piece + "' twice (expected: each piece once)");
            }
        }
        return new WordPiece(
                vocabulary, special(vocabulary, "[UNK]"), special(vocabulary, "[CLS]"), special(vocabulary, "[SEP]"));
    }

    private static int special(Map<String, Integer> vocabulary, String name) throws IntentModelException {
        Integer id = vocabulary.get(name);
        if (id == null) {
            throw new IntentModelException("tokenizer: no " + name + " (expected: a BERT vocabulary)");
        }
        return id;
    }

    /** Ids of the text's pieces without the special ones, at most {@code limit}. */
    public int[] pieces(String text, int limit) {
        int[] ids = new int[Math.min(limit, text.length() + 1)];
        int count = 0;
        String clean = stripAccents(text.toLowerCase(java.util.Locale.ROOT));
        int i = 0;
        while (i < clean.length() && count < ids.length) {
            int c = clean.codePointAt(i);
            int width = Character.charCount(c);
            if (isSpace(c) || isControl(c)) {
                i += width;
                continue;
            }
            int from = i;
            i += width;
            if (!isAlone(c)) {
                while (i < clean.length()) {
                    int next = clean.codePointAt(i);
                    if (isSpace(next) || isAlone(next)) {
                        break;
                    }
                    i += Character.charCount(next);
                }
            }
            count = split(clean.substring(from, i), ids, count);
        }
        return Arrays.copyOf(ids, count);
    }

    /** With the special ids around. */
    public long[] framed(int[] pieces, int from, int to) {
        long[] ids = new long[to - from + 2];
        ids[0] = start;
        for (int i = from; i < to; i++) {
            ids[i - from + 1] = pieces[i];
        }
        ids[ids.length - 1] = end;
        return ids;
    }

    private int split(String word, int[] ids, int count) {
        int before = count;
        if (word.length() > MAX_WORD) {
            ids[count] = unknown;
            return count + 1;
        }
        int from = 0;
        while (from < word.length() && count < ids.length) {
            int to = word.length();
            Integer id = null;
            while (to > from && id == null) {
                id = vocabulary.get(from == 0 ? word.substring(0, to) : "##" + word.substring(from, to));
                to -= id == null ? 1 : 0;
            }
            if (id == null) {
                ids[before] = unknown;
                return before + 1;
            }
            ids[count++] = id;
            from = to;
        }
        return count;
    }

    private static String stripAccents(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                String apart = Normalizer.normalize(text, Normalizer.Form.NFD);
                StringBuilder kept = new StringBuilder(apart.length());
                apart.codePoints()
                        .filter(c -> Character.getType(c) != Character.NON_SPACING_MARK)
                        .forEach(kept::appendCodePoint);
                return kept.toString();
            }
        }
        return text;
    }

    private static boolean isSpace(int c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || Character.getType(c) == Character.SPACE_SEPARATOR;
    }

    private static boolean isControl(int c) {
        int type = Character.getType(c);
        return c == 0 || c == 0xfffd || type == Character.CONTROL || type == Character.FORMAT;
    }

    /** Punctuation (all ASCII that is neither letter nor digit counts) and Chinese characters are words of their own. */
    private static boolean isAlone(int c) {
        if (c < 0x80) {
            return c > ' ' && !Character.isLetterOrDigit(c);
        }
        return switch (Character.getType(c)) {
            case Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION -> true;
            default -> c >= 0x4e00 && c <= 0x9fff || c >= 0x3400 && c <= 0x4dbf || c >= 0x20000 && c <= 0x2fa1f;
        };
    }
}
