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
     * A folder as it is called inside when no link is on the way. Links are followed where they stay beneath the bound folder and are
     * relative; empty: they are not, or there is no such folder, or it exists inside only.
     *
     * @param inside absolute
     */
    public Optional<String> real(String inside) {
        return place(inside).flatMap(place -> {
            String prefix = inside.substring(0, inside.length() - place.name().length());
            String bound = prefix.endsWith("/") ? prefix.substring(0, prefix.length() - 1) : prefix;
            return BeneathFolder.real(place.folder(), place.name())
                    .map(name -> name.isEmpty() ? bound : bound + "/" + name);
        });
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
