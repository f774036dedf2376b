package io.plumbline.sandbox.posix;

/** Size of a terminal in characters, each 1 to 65 535. */
public record TerminalSize(int rows, int columns) {
    private static final int MAX = 65_535;

    public TerminalSize {
        if (rows < 1 || rows > MAX || columns < 1 || columns > MAX) {
            throw new IllegalArgumentException(
                    "terminal size: " + rows + "x" + columns + " (expected: 1 to " + MAX + " each)");
        }
    }
}
