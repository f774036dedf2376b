package io.plumbline.intent.features;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Something that an act's structure shows.
 *
 * @param name short, the same in every version
 * @param words what it does, for people
 * @param grave right only when a person asks for it
 * @param asked stems by which a person's task asks for it
 * @param phrases expressions by which it does, over the task in lower case
 */
public record Signal(
        String name,
        String words,
        boolean grave,
        Set<String> asked,
        List<Pattern> phrases,
        List<Pattern> run,
        List<Pattern> text) {
    public Signal {
        asked = Set.copyOf(asked);
        phrases = List.copyOf(phrases);
        run = List.copyOf(run);
        text = List.copyOf(text);
    }
}
