package io.plumbline.sandbox.posix;

import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;

/**
 * Folders of the host that a sandbox sees.
 *
 * @param seenInside by the path inside
 */
public record BoundFolders(Map<String, Path> seenInside) {
    public static final BoundFolders NONE = new BoundFolders(Map.of());

    /** As many as the kernel follows, and as long as its paths. */
    private static final int MAX_LINKS = 40;

    private static final int MAX_PATH = 4_096;

    /**
     * Where a file lies on the host, to be opened as a {@link BeneathFile}.
     *
     * @param name relative to the folder; empty: what is bound is the file itself
     */
    public record Place(Path folder, String name) {}

    public BoundFolders {
        seenInside = Map.copyOf(seenInside);
    }

    /**
     * A folder as it is called inside when no link is on the way. Links are followed where they stay beneath the bound folders; absolute
     * ones lead where they do inside. Empty: they do not, or there is no such folder, or it exists inside only.
     *
     * @param inside absolute
     */
    public Optional<String> real(String inside) {
        String name = inside;
        for (int followed = 0; followed <= MAX_LINKS && name.length() <= MAX_PATH; followed++) {
            Optional<Place> found = place(name);
            if (found.isEmpty()) {
                return Optional.empty();
            }
            Place place = found.get();
            String prefix = name.substring(0, name.length() - place.name().length());
            String bound = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
            Optional<String> real = BeneathFolder.real(place.folder(), place.name());
            if (real.isPresent()) {
                return real.map(relative -> relative.isEmpty() ? bound : bound + "/" + relative);
            }
            // Absolute links are names of the inside, which the host's kernel would look for on the host.
            Optional<String> next = BeneathFolder.firstLink(place.folder(), place.name())
                    .map(link -> (link.target().startsWith("/")
                                    ? ""
                                    : bound + "/" + (link.before().isEmpty() ? "" : link.before() + "/"))
                            + link.target()
                            + link.after());
            if (next.isEmpty()) {
                return Optional.empty();
            }
            name = next.get();
        }
        return Optional.empty();
    }

    /** By the innermost folder; empty when the file exists inside only. */
    public Optional<Place> place(String inside) {
        return seenInside.entrySet().stream()
                .filter(bind -> inside.equals(bind.getKey()) || inside.startsWith(bind.getKey() + "/"))
                .max(Comparator.comparingInt(bind -> bind.getKey().length()))
                .map(bind -> new Place(
                        bind.getValue(),
                        inside.substring(Math.min(inside.length(), bind.getKey().length() + 1))));
    }
}
