package io.plumbline.intent.features;

/** Reads the structure of a command line. Hostile input: never fails, says when it did not understand. */
@FunctionalInterface
public interface CommandReader {
    int MAX_INVOCATIONS = 64;
    int MAX_DEPTH = 4;

    Outline read(String command);
}
