package io.plumbline.watcher.judge;

import io.plumbline.events.v1.TaskAssigned;
import io.plumbline.watcher.footprint.Footprint;
import java.util.Set;

/** What an announced call could cost if it is not what it seems. */
public final class Stakes {
    private static final Set<String> REMOVES = Set.of("rm", "rmdir", "unlink", "shred", "dd", "truncate", "wipe");

    private Stakes() {}

    /**
     * Whether a call needs the network, removes, falls into a named scope, writes outside the workspace, or cannot be told to do none of
     * these.
     */
    public static boolean high(Footprint footprint, TaskAssigned task) {
        boolean unknown = footprint.anyProgram() && footprint.anyHost();
        String workspace = task.getWorkspace() + "/";
        return unknown
                || !footprint.contacts().isEmpty()
                || !footprint.mentions().isEmpty()
                || !footprint.uninspectable().isEmpty()
                || footprint.programs().stream().anyMatch(REMOVES::contains)
                || footprint.files().stream()
                        .anyMatch(file -> file.write() && !file.path().startsWith(workspace));
    }
}
