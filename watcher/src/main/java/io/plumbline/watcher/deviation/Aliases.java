package io.plumbline.watcher.deviation;

import io.plumbline.events.v1.FileChanged;
import io.plumbline.watcher.state.SessionState;
import io.plumbline.watcher.state.StateLimits;
import io.plumbline.watcher.state.v1.WatchState;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The names that the workload made for decoys and forbidden files, and for folders that lead to one: by rename, hard link and
 * symbolic link. Other names are not kept. Links that were there before the session, and {@code ..} behind a link, are not
 * followed.
 */
final class Aliases {
    /** A name of a name of a name: nobody needs more, and a circle ends. */
    private static final int MAX_STEPS = 16;

    /** Below these, names lead anywhere. */
    private static final Pattern ANYWHERE = Pattern.compile(
            "/proc(?:/(?:self|thread-self|[0-9]{1,10})(?:/task(?:/[0-9]{1,10})?)?(?:/(?:root|cwd)(?:/.*)?)?)?",
            Pattern.DOTALL);

    private static final Set<String> NAMING = Set.of("rename", "link", "symlink");

    private final SessionState session;
    private final WatchState.Builder state;

    Aliases(SessionState session) {
        this.session = session;
        this.state = session.values();
    }

    /** Whether the operation makes a second name for what its first name stands for. */
    static boolean makesName(String operation) {
        return NAMING.contains(operation);
    }

    /** What the path stood for before the workload renamed and linked; the path itself when nothing did. */
    String original(String path) {
        if (state.getAliasesCount() == 0) {
            return path;
        }
        String found = path;
        for (int step = 0; step < MAX_STEPS; step++) {
            String next = oneStep(found);
            if (next.equals(found)) {
                break;
            }
            found = next;
        }
        return found;
    }

    private String oneStep(String path) {
        int end = path.length();
        while (end > 0) {
            String known = state.getAliasesMap().get(path.substring(0, end));
            if (known != null) {
                return known.equals("/") ? path.substring(end) : known + path.substring(end);
            }
            end = path.lastIndexOf('/', end - 1);
        }
        return path;
    }

    /**
     * Takes note of a change that succeeded.
     *
     * @return false when a name had to be followed and there was no room for it
     */
    boolean follow(FileChanged change) {
        String from = change.getPath();
        String to = change.getNewPath();
        if (!makesName(change.getOperation())) {
            if (change.getOperation().equals("unlink")) {
                forget(from);
            }
            return true;
        }
        if (!from.startsWith("/") || !to.startsWith("/") || from.equals(to)) {
            return true;
        }
        String original = original(from);
        boolean leads = leadsToProtected(original) || leadsToAlias(from);
        // Where an alias leads below a renamed folder, it is found through the folder's old name.
        String target = leadsToProtected(original) ? original : from;
        forget(to);
        if (change.getOperation().equals("rename")) {
            forget(from);
        }
        if (!leads) {
            return true;
        }
        if (target.equals(to)) {
            return true;
        }
        if (state.getAliasesCount() >= StateLimits.ALIASES) {
            return false;
        }
        state.putAliases(to, target);
        return true;
    }

    /** The name itself is taken away or given to another file; what lies below a folder of that name stays. */
    private void forget(String path) {
        String found = path;
        for (int step = 0; step < MAX_STEPS; step++) {
            if (state.containsAliases(found)) {
                state.removeAliases(found);
                return;
            }
            String next = oneStep(found);
            if (next.equals(found)) {
                return;
            }
            found = next;
        }
    }

    private boolean leadsToAlias(String path) {
        String folder = path.endsWith("/") ? path : path + "/";
        return state.getAliasesMap().keySet().stream().anyMatch(name -> name.startsWith(folder));
    }

    private boolean leadsToProtected(String path) {
        String folder = path.endsWith("/") ? path : path + "/";
        return session.decoys().stream().anyMatch(decoy -> decoy.equals(path) || decoy.startsWith(folder))
                || session.fileRules().leadsToDenied(path)
                || ANYWHERE.matcher(path).matches();
    }

    boolean isDecoy(String path) {
        return session.decoys().contains(path);
    }
}
