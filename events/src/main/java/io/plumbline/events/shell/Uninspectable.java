package io.plumbline.events.shell;

/**
 * A part of a command text of which nobody can say beforehand what it does.
 *
 * @param at where it begins, in characters from the start of the text (of the outermost one, for a text inside a text)
 * @param detail what stands there, one line, at most {@value #MAX_DETAIL} characters
 */
public record Uninspectable(Reason reason, int at, String detail) {
    /** Characters kept of the place. */
    public static final int MAX_DETAIL = 120;

    /** Why it cannot be told. */
    public enum Reason {
        /** The text is no shell grammar that this parser knows. */
        SYNTAX("the text cannot be parsed"),
        /** The text is longer than is read. */
        TOO_LONG("the text is too long"),
        /** Too many levels in one another. */
        TOO_DEEP("the text is nested too deeply"),
        /** More commands and words than are kept. */
        TOO_LARGE("the text has too many parts"),
        /** The name of the program is computed. */
        COMPUTED_COMMAND("the program's name is computed"),
        /** A computed text is run as shell commands. */
        COMPUTED_TEXT("a computed text is run"),
        /** What a program prints is run. */
        PIPED_TEXT("what a program prints is run"),
        /** What comes from the network is run. */
        DOWNLOADED_CODE("what is downloaded is run"),
        /** An encoded text is decoded and run. */
        DECODED_CODE("an encoded text is run"),
        /** Program text of another language. */
        FOREIGN_CODE("the program text is of another language"),
        /** A variable makes programs load or run something else than they would. */
        CHANGED_ENVIRONMENT("a variable changes what programs do");

        private final String sentence;

        Reason(String sentence) {
            this.sentence = sentence;
        }

        /** For people, without a full stop. */
        public String sentence() {
            return sentence;
        }
    }

    public Uninspectable {
        String line = detail.replaceAll("\\s+", " ").strip();
        detail = line.length() <= MAX_DETAIL ? line : line.substring(0, MAX_DETAIL) + "…";
    }

    @Override
    public String toString() {
        return reason.sentence() + " at " + at + ": " + detail;
    }
}
