package io.plumbline.events.redact;

/**
 * A secret found in a text.
 *
 * @param start index of its first character
 * @param end index after its last character, greater than {@code start}
 * @param kind the word that replaces it; none of the words that {@link Assignments} looks for
 */
record Secret(int start, int end, String kind) {}
