package io.plumbline.intent.features;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Something that an act's structure shows.
 *
 * @param name short, the same in every version
 * @param words what it does, for people
 * @param asked stems by which a person's task asks for it
 */
public record Signal(String name, String words, Set<String> asked, List<Pattern> run, List<Pattern> text) {
    public Signal {
        asked = Set.copyOf(asked);
        run = List.copyOf(run);
        text = List.copyOf(text);
    }
}
