package io.plumbline.events.shell;

import java.util.List;

/**
 * What a command text says.
 *
 * @param root all of it that could be parsed
 * @param uninspectable what could not; empty: the tree is the whole text
 */
public record ShellScript(ShellNode root, List<Uninspectable> uninspectable) {
    public ShellScript {
        uninspectable = List.copyOf(uninspectable);
    }
}
