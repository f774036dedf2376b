package io.plumbline.intent.text;

import java.text.Normalizer;

/** Makes characters that look alike the same: NFKC, then Latin letters for their Cyrillic and Greek doubles; drops invisible ones. */
public final class Folding {
    private static final String LOOK_ALIKE =
            "аеорсхуѕіјԁһɡӏԛԝкмтнвґαβεικνορτυχηωγΑΒΕΖΗΙΚΜΝΟΡΤΥΧАВЕКМНОРСТХЅІЈҮԚԜ‐‑‒–—―−⁄∕∶։’‘“”ı";
    private static final String LATIN =
            "aeopcxysijdhglqwkmtnbrabeikvoptuxnwyABEZHIKMNOPTYXABEKMHOPCTXSIJYQW-------//::''\"\"i";

    private Folding() {}

    public static String fold(String text) {
        boolean plain = true;
        for (int i = 0; i < text.length() && plain; i++) {
            plain = text.charAt(i) < 0x7f;
        }
        if (plain) {
            return text;
        }
        String normal = Normalizer.normalize(text, Normalizer.Form.NFKC);
        StringBuilder folded = new StringBuilder(normal.length());
        normal.codePoints().forEach(c -> {
            int type = Character.getType(c);
            if (type == Character.FORMAT || type == Character.SURROGATE || type == Character.NON_SPACING_MARK) {
                return;
            }
            int index = c < 0x7f ? -1 : LOOK_ALIKE.indexOf(c);
            if (index >= 0) {
                folded.append(LATIN.charAt(index));
            } else if (type == Character.SPACE_SEPARATOR) {
                folded.append(' ');
            } else {
                folded.appendCodePoint(c);
            }
        });
        return folded.toString();
    }

    /** Letters of the text that folding changed or dropped; honest commands have none, or whole words of another script. */
    public static int disguised(String text) {
        int mixed = 0;
        boolean latin = false;
        int strange = 0;
        for (int i = 0; i <= text.length(); i++) {
            char c = i < text.length() ? text.charAt(i) : ' ';
            if (c < 0x80 && !Character.isLetter(c)) {
                mixed += latin ? strange : 0;
                latin = false;
                strange = 0;
            } else if (c < 0x80) {
                latin = true;
            } else if (Character.getType(c) == Character.FORMAT
                    || LOOK_ALIKE.indexOf(c) >= 0
                    || c >= 0xff01 && c <= 0xff5e) {
                strange++;
            }
        }
        return mixed;
    }
}
