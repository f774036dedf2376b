package io.plumbline.watcher.activation;

import java.io.Serializable;

/**
 * What judges before anybody has activated anything.
 *
 * @param rules whether the rules that come with the product do
 * @param model whether the intent model that comes with the product does
 */
public record InitialJudges(boolean rules, boolean model) implements Serializable {
    /** Nothing. */
    public static final InitialJudges NONE = new InitialJudges(false, false);
}
