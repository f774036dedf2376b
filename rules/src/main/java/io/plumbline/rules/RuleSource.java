package io.plumbline.rules;

/**
 * A text with rules.
 *
 * @param name of the file or resource, for messages
 * @param text YAML, one document or several
 */
public record RuleSource(String name, String text) {}
